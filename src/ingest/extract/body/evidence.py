"""What the page's metadata says about its blocks."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.body.hints import BodyHints
from ingest.extract.body.reading import Reading
from ingest.extract.body.tags import H1
from ingest.extract.keys import key
from ingest.model import BlockKind

_VOUCHED_MIN = 40  # letters and digits: shorter texts occur in any article by chance
_TITLE_MAX = 1_000  # characters: no headline is longer, and folding a text of megabytes takes seconds
_BODY_MAX = 200_000  # characters of the structured data's text that are compared: every block is looked up in it


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the metadata says about each block of the page."""

    title: list[int]
    """1 where it is the headline, else 0."""
    vouched: list[bool]
    """The structured data has it as a part of the article's text."""


def weigh(reading: Reading, hints: BodyHints) -> Evidence:
    """Compare each block with what the metadata has."""
    return Evidence(_titles(reading, hints), _vouched(reading, (hints.jsonld_body or "")[:_BODY_MAX]))


def _titles(reading: Reading, hints: BodyHints) -> list[int]:
    title = key(hints.title or "")
    titles = [0] * len(reading.blocks)
    first_rank: list[int] = []
    for at, block in enumerate(reading.blocks):
        if block.kind is BlockKind.HEADING and len(block.text) < _TITLE_MAX:
            is_first = reading.tags[block.container] == H1
            text = key(block.text)
            titles[at] = int(bool(title and text) and (text == title or (is_first and (text in title or title in text))))
            if is_first:
                first_rank.append(at)
    if len(first_rank) == 1 and not any(titles):
        titles[first_rank[0]] = 1
    return titles


def _vouched(reading: Reading, body: str) -> list[bool]:
    if not body:
        return [False] * len(reading.blocks)
    folded_body = key(body)
    vouched = []
    for block in reading.blocks:
        text = block.text
        said = False
        if len(text) >= _VOUCHED_MIN and block.kind is not BlockKind.HEADING:
            folded = key(text)
            said = len(folded) >= _VOUCHED_MIN and folded in folded_body
        vouched.append(said)
    return vouched
