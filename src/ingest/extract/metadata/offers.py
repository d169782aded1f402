"""Candidates as they are collected: cleaned, bounded in number and length, in page order."""

from __future__ import annotations

from collections.abc import Mapping

from ingest.model import FieldCandidate
from ingest.normalise.text import clean_text

Candidates = Mapping[str, tuple[FieldCandidate, ...]]

MOST_CANDIDATES = 60  # of one field; the fullest real pages offer some 40 topics and 12 dates
LONGEST_VALUE = 5_000  # characters; longer ones are whole articles in a description
LONGEST_BODY = 500_000  # characters of a JSON-LD articleBody
BODY = "article_body"


class Offers:
    """Collects candidates by field."""

    def __init__(self) -> None:
        self._by_field: dict[str, dict[FieldCandidate, None]] = {}

    def add(self, field: str, origin: str, value: object) -> None:
        """Note what a place offers; anything but a string or a number offers nothing."""
        if not isinstance(value, str):
            if isinstance(value, bool) or not isinstance(value, int | float):
                return
            value = repr(value)
        known = self._by_field.setdefault(field, {})
        if len(known) >= MOST_CANDIDATES:
            return
        if field == BODY:
            text = "\n".join([line for part in value[:LONGEST_BODY].split("\n") if (line := clean_text(part))])
        else:
            text = clean_text(value[:LONGEST_VALUE])
        if text:
            known[FieldCandidate(origin, text)] = None

    def append(self, candidates: Candidates) -> None:
        """Note candidates that were collected before."""
        for field, offered in candidates.items():
            known = self._by_field.setdefault(field, {})
            known.update(dict.fromkeys(offered[: max(0, MOST_CANDIDATES - len(known))]))

    def result(self) -> dict[str, tuple[FieldCandidate, ...]]:
        """What was collected, for the fields that have any candidate."""
        return {field: tuple(known) for field, known in self._by_field.items() if known}
