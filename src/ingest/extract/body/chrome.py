"""Which containers are boilerplate by their own account, and which of those accounts the page refutes."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.reading import Reading
from ingest.extract.body.sums import SumsBelow
from ingest.extract.body.tags import P
from ingest.model import BlockKind, DropReason

_SHARE_REFUTED = 0.35  # of the page's prose: containers of one name with that much are not what a boilerplate name says
_SHARE_TOLD, _CHAPTERS_MIN = 0.25, 3  # a gallery with that much of the prose, and that many headings, tells the story
_SHARE_VOUCHED = 0.3  # of the page's prose: where the structured data repeats that much, it says what is the article's
_OWN_NUMBER = re.compile(r"(?:__|--|-|_)?[A-Za-z]*\d[\w-]*")
_NAMES_CACHED = 8_192
_NO_PARAGRAPHS = frozenset({DropReason.WIDGET, DropReason.NAVIGATION})
"""Reasons that a paragraph of prose refutes by being one: what a script calls its elements."""
_IRREFUTABLE = frozenset({DropReason.COMMENT, DropReason.CAPTION, DropReason.FORM})
"""Reasons that hold however much prose a container has: readers write more than reporters."""


def container_reasons(reading: Reading, prose: list[float], evidence: Evidence) -> list[DropReason | None]:
    """Of each container: why its own tag and names, or those of one around it, put its text out."""
    ends, marks = reading.ends, reading.marks
    sums = SumsBelow(reading, prose)
    titled = SumsBelow(reading, evidence.title)
    vouched = SumsBelow(reading, [amount if said else 0.0 for amount, said in zip(prose, evidence.vouched, strict=True)])
    chapters: SumsBelow | None = None
    has_title, has_vouched = any(evidence.title), vouched[0] > 0
    by_names = _prose_by_names(reading, sums)
    reasons: list[DropReason | None] = [None] * len(ends)
    for index, reason in reading.claimed.items():
        if reasons[index] is not None:
            continue
        end, amount = ends[index], sums[index]
        if reason is not DropReason.SITE_RULE:
            if reading.chosen and any(index <= chosen < end for chosen in reading.chosen):
                continue
            if (
                (amount and reason in _NO_PARAGRAPHS and reading.tags[index] == P)
                or (marks[index].body and reason is not DropReason.COMMENT)
                or (has_title and titled[index])
                or (has_vouched and vouched[index] > amount / 2)
            ):
                continue
            if reason is DropReason.CAPTION and amount > _SHARE_TOLD * sums[0]:
                chapters = chapters or SumsBelow(
                    reading, [raw.kind is BlockKind.HEADING and not raw.link_letters for raw in reading.blocks]
                )
                if chapters[index] >= _CHAPTERS_MIN:
                    continue
            if amount and reason not in _IRREFUTABLE and vouched[0] < _SHARE_VOUCHED * sums[0]:
                amount = max(amount, by_names.get(family(reading.names[index]), 0.0))
                if amount > _SHARE_REFUTED * sums[0]:
                    continue
        reasons[index:end] = [reason] * (end - index)
    return reasons


def _prose_by_names(reading: Reading, sums: SumsBelow) -> dict[str, float]:
    """The prose of all containers of one name together: an article may lie in twenty pieces that are called the same."""
    by_names: dict[str, float] = {}
    for index in reading.claimed:
        if reading.marks[index].reason is not None and (amount := sums[index]):
            name = family(reading.names[index])
            by_names[name] = by_names.get(name, 0.0) + amount
    return by_names


@lru_cache(maxsize=_NAMES_CACHED)
def family(names: str) -> str:
    """The names without the numbers and hashes that make them one element's own."""
    return _OWN_NUMBER.sub("", names)
