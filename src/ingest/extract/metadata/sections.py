"""Which section of its publication an article stands in."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.extract.metadata.titles import title_key
from ingest.model import FieldCandidate

_LONGEST = 60  # characters; longer ones are headlines
_HOME = frozenset({"home", "homepage", "start", "startseite", "accueil", "inicio", "início", "portada", "hjem", "forside", "hem", "etusivu", "strona główna", "главная", "головна", "anasayfa", "ana sayfa", "ホーム", "トップ", "首页", "首頁", "홈", "news", "index", "beranda"})


def choose_section(candidates: Sequence[FieldCandidate], title: str | None, publisher: str | None) -> FieldCandidate | None:
    """The most trusted name that is not the home page, the publisher or the article."""
    named = {title_key(title or ""), title_key(publisher or "")}
    first_home: FieldCandidate | None = None
    for candidate in candidates:
        value = candidate.value
        if len(value) > _LONGEST or title_key(value) in named or "://" in value:
            continue
        if value.casefold() not in _HOME:
            return candidate
        first_home = first_home or candidate
    return first_home if first_home and first_home.value.casefold() == "news" else None
