"""Which section of its publication an article stands in."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.extract.metadata.page_words import HOME_NAMES
from ingest.extract.metadata.titles import title_key
from ingest.model import FieldCandidate

_MOST_PARTS = 2  # of one section's name, by commas
_LONGEST = 60  # characters; longer ones are headlines


def choose_section(candidates: Sequence[FieldCandidate], title: str | None, publisher: str | None) -> FieldCandidate | None:
    """The most trusted name that is not the home page, the publisher or the article."""
    named = {title_key(title or ""), title_key(publisher or "")}
    for stated in candidates:
        value = _first_of_list(stated.value)
        candidate = FieldCandidate(stated.origin, value)
        if len(value) > _LONGEST or title_key(value) in named or "://" in value:
            continue
        if value.casefold() not in HOME_NAMES:
            return candidate
    return None


def _first_of_list(value: str) -> str:
    """The first of several sections in one value; ``Arts, Culture`` is one section, ``World,Asia`` and ``World, Asia, China`` are lists."""
    parts = value.split(",")
    is_list = len(parts) > _MOST_PARTS or any(part and not part[0].isspace() for part in parts[1:])
    return parts[0].strip() if is_list and parts[0].strip() else value
