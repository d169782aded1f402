"""What kind of article a page says it is, and whether everybody may read the whole of it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import resources
from urllib.parse import unquote, urlsplit

from ingest.model import ArticleType, FieldCandidate

_FALSE = frozenset({"false", "no", "0", "locked", "premium", "paid", "metered", "subscriber", "subscribers", "paywall"})
_TRUE = frozenset({"true", "yes", "1", "free", "open"})


def _load() -> tuple[dict[str, ArticleType], dict[str, ArticleType]]:
    table = tomllib.loads(resources.files(__package__ or "").joinpath("article_types.toml").read_text("utf-8"))
    types, places = ({word: ArticleType(kind) for kind, words in table[group].items() for word in words} for group in ("types", "places"))
    for word in (*types, *places):
        if word != word.lower():
            raise ValueError(f"article_types.toml: {word!r} is not in lower case")
    return types, places


_TYPES, _PLACES = _load()


def choose_type(
    candidates: Sequence[FieldCandidate], section: FieldCandidate | None, page_url: str | None
) -> tuple[ArticleType, FieldCandidate] | None:
    """The kind of article with the place that says so.

    A type that says more than "news" counts first, but not that of a film beside an article; then the section, then the URL's path.
    """
    stated = [(kind, c) for c in candidates if (kind := _TYPES.get(c.value.lower().replace(" ", "")))]
    is_article = any(c.origin == "jsonld:@type" or (c.origin == "meta:og:type" and c.value == "article") for c in candidates)
    for kind, candidate in stated:
        beside = is_article and candidate.origin.startswith("jsonld:media")
        if kind is not ArticleType.NEWS and not beside:
            return kind, candidate
    if section and (kind := _PLACES.get(section.value.lower())):
        return kind, section
    for part in _path_parts(page_url):
        if kind := _PLACES.get(part):
            return kind, FieldCandidate("url", part)
    return next(iter(stated), None) if stated and stated[0][0] is ArticleType.NEWS else None


def choose_access(candidates: Sequence[FieldCandidate]) -> tuple[bool, FieldCandidate] | None:
    """Whether everybody may read the whole text, with the first place that says so intelligibly."""
    for candidate in candidates:
        value = candidate.value.rpartition("/")[2].lower()  # "http://schema.org/False"
        if value in _FALSE:
            return False, candidate
        if value in _TRUE:
            return True, candidate
    return None


def _path_parts(url: str | None) -> list[str]:
    """The parts of a URL's path that name places: all but the last, which names the article."""
    try:
        path = urlsplit(url or "").path
    except ValueError:
        return []
    return [unquote(part).lower() for part in path.split("/")[1:-1] if part]
