"""Which of the titles on offer is the article's headline."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from ingest.model import FieldCandidate

_SEPARATOR = re.compile(r"\s+[|–—\-·•»:/]+\s+|\s*[|｜]\s*|\s+[«<>›]\s+")
_ORDER = ("jsonld:headline", "h1", "microdata:headline", "meta:og:title", "title")


def title_key(text: str) -> str:
    """What two spellings of a headline have in common that differ in case, punctuation and spacing only."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def choose_title(candidates: Sequence[FieldCandidate], publisher: str | None) -> tuple[str, FieldCandidate] | None:
    """The headline with the candidate it comes from."""
    for origin in _ORDER:
        for c in candidates:
            if c.origin == origin:
                return c.value, c
    return (candidates[0].value, candidates[0]) if candidates else None
