"""Pages that somebody saved as text: lines to units, units to roles, roles to verdicts and metadata.

There is no markup to go by, only order and wording. Inside the story, between its first and its last prose, a unit is kept unless its
wording gives it away; outside, it is dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ingest.errors import PageError
from ingest.extract.plain_text.header import date_in, label_of, labels_in, without_date
from ingest.extract.plain_text.units import SHORTEST_PROSE, Unit, read_units
from ingest.extract.plain_text.verdicts import BIOGRAPHY, block_of, find_story, judge
from ingest.extract.read_page import ReadPage
from ingest.model import DropReason, FieldCandidate, Stage

__all__ = ["read_plain_text"]

_MOST_LINES = 200_000  # 1.5 s; a text of 10 MB with 80,000 paragraphs and blank lines between them has 160,000
_MOST_LABELS = 10_000  # lines too short for prose: looking at one as a date, a byline, a label takes 0.1 ms; pages have hundreds
_STEP = re.compile(r">|»|›|→|::|/|\|")

_FIELDS = {
    DropReason.TITLE: "title",
    DropReason.SUBTITLE: "subtitle",
    DropReason.PUBLISHER: "publisher",
    DropReason.SECTION: "section",
    DropReason.BREADCRUMB: "section",
    DropReason.AUTHOR: "authors",
    DropReason.SITE_CHROME: "canonical_url",
}


def read_plain_text(text: str) -> ReadPage:
    """The blocks of a saved page with their verdicts, and what its header lines say about it.

    Raises:
        PageError: ``too_many_elements`` for a list of more lines than any page has.
    """
    if text.count("\n") + text.count("\r") > _MOST_LINES:
        raise PageError(Stage.EXTRACT, "too_many_elements", f"The text has more than {_MOST_LINES:,} lines.")
    units = read_units(text)
    if len(units) > _MOST_LABELS and sum(unit.weight < SHORTEST_PROSE for unit in units) > _MOST_LABELS:
        raise PageError(Stage.EXTRACT, "too_many_elements", f"The text has more than {_MOST_LABELS:,} lines that are no sentences.")
    verdicts = judge(units)
    following = [*units[1:], None]
    blocks = tuple(map(block_of, units, verdicts, following))
    span = find_story(units)
    above = span.start if span else 0
    return ReadPage(blocks, _candidates(units, verdicts, above))


def _candidates(units: Sequence[Unit], verdicts: Sequence[DropReason | None], above: int) -> dict[str, tuple[FieldCandidate, ...]]:
    """Header lines as candidates; a date or byline below the story counts where none stands above it."""
    found: dict[str, dict[FieldCandidate, None]] = {}
    for place, indices in (("header", range(above)), ("footer", range(above, len(units)))):
        for i in indices:
            reason, unit = verdicts[i], units[i]
            if reason in {DropReason.DATE, DropReason.AUTHOR, DropReason.WIDGET} and (date := date_in(unit)):
                found.setdefault("published_at", {})[FieldCandidate(f"text:{place}", date)] = None
            for field, value in _facts(unit, reason):
                if place == "header" or field in {"authors", "publisher"}:
                    found.setdefault(field, {})[FieldCandidate(f"text:{place}", value)] = None
    return {field: tuple(candidates) for field, candidates in found.items()}


def _facts(unit: Unit, reason: DropReason | None) -> list[tuple[str, str]]:
    """Fields and what a line says for them: the last step of ``Home > World > Asia``, the name in ``Jane Roe is a reporter``."""
    field = _FIELDS.get(reason) if reason else None
    if field is None:
        return []
    if (labelled := label_of(unit)) is not None:
        return [(field, labelled[1])]
    if reason is DropReason.BREADCRUMB:
        return [(field, _STEP.split(unit.text)[-1].strip())]
    if reason is DropReason.AUTHOR and (biography := BIOGRAPHY.match(unit.text)):
        return [(field, biography["name"])]
    if reason is DropReason.AUTHOR and unit.wording is not None:
        return []  # credits for help, and boxes about the author, name others too
    if reason is DropReason.AUTHOR:
        return [(field, without_date(unit.text))]
    if reason is DropReason.PUBLISHER:
        labels = labels_in(unit)
        if any(is_section for _, is_section in labels) and len(labels) > 1:
            return [("section" if is_section else field, label) for label, is_section in labels]
    return [(field, unit.text)]
