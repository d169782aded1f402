"""What the page's metadata says about its blocks."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.body.hints import BodyHints, key
from ingest.extract.body.reading import Reading
from ingest.model import BlockKind

_VOUCHED_MIN = 40  # letters and digits: shorter texts occur in any article by chance
_BODY_MAX = 200_000  # characters of the structured data's text that are compared: every block is looked up in it


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the metadata says about each block of the page."""

    title: list[bool]
    """It is the headline."""
    vouched: list[bool]
    """The structured data has it as a part of the article's text."""


def weigh(reading: Reading, hints: BodyHints) -> Evidence:
    """Compare each block with what the metadata has."""
    title = key(hints.title or "")
    body = key((hints.jsonld_body or "")[:_BODY_MAX])
    titles = [False] * len(reading.blocks)
    vouched = [False] * len(reading.blocks)
    first_rank: list[int] = []
    for at, block in enumerate(reading.blocks):
        if block.kind is BlockKind.HEADING:
            is_first = reading.containers[block.container].tag == "h1"
            text = key(block.text)
            titles[at] = bool(title and text) and (text == title or (is_first and (text in title or title in text)))
            if is_first:
                first_rank.append(at)
        elif body and len(block.text) >= _VOUCHED_MIN:
            text = key(block.text)
            vouched[at] = len(text) >= _VOUCHED_MIN and text in body
    if len(first_rank) == 1 and not any(titles):
        titles[first_rank[0]] = True
    return Evidence(titles, vouched)
