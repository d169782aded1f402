"""Sentences that a page's construction breaks in two: a widget in the middle of a paragraph ends one block and begins another."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.extract.body.sentences import ends_sentence
from ingest.model import Block, BlockKind

_GOES_ON = (",", ";", ")", ". ", "’s ", "'s ", "، ", "，", "、")
"""What no paragraph begins with."""
_BROKEN = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.LIST_ITEM})


def join_broken(blocks: Sequence[Block]) -> tuple[Block, ...]:
    """The blocks, with those that go on in the middle of a sentence at the end of the one that they continue."""
    joined: list[Block] = []
    last: int | None = None  # the last block of the body
    for block in blocks:
        if last is not None and block.kept and block.text.startswith(_GOES_ON) and _is_open(joined[last], block):
            joined[last] = joined[last]._replace(text=joined[last].text + block.text)
            continue
        if block.kept:
            last = len(joined)
        joined.append(block)
    return tuple(joined)


def _is_open(before: Block, after: Block) -> bool:
    return before.kind is after.kind and before.kind in _BROKEN and not ends_sentence(before.text)
