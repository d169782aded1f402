"""The body of an HTML page: its tree to blocks, each kept or dropped with a reason.

``walk`` turns the tree into plain values in one pass, ``region`` finds the part of the page that holds the article,
``verdicts`` decides on each block.
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from ingest.extract.body.evidence import weigh
from ingest.extract.body.hints import BodyHints
from ingest.extract.body.joining import join_broken
from ingest.extract.body.prose import is_linked_heading
from ingest.extract.body.reading import Reading
from ingest.extract.body.region import find_region
from ingest.extract.body.sentences import ends_sentence
from ingest.extract.body.verdicts import verdicts
from ingest.extract.body.walk import read
from ingest.extract.phrases import matching_reason
from ingest.model import Block, BlockKind, DropReason

__all__ = ["BodyHints", "read_body"]

_SMALL_PAGE = 40  # blocks: section fronts and home pages have hundreds
_LINKED_MAX = 0.3  # of a sentence's letters
_TEXT = frozenset({BlockKind.PARAGRAPH, BlockKind.QUOTE, BlockKind.LIST_ITEM})
_NOWHERE = frozenset({DropReason.OUTSIDE, DropReason.DUPLICATE})


def read_body(tree: LexborHTMLParser, hints: BodyHints) -> tuple[Block, ...]:
    """All blocks of the page in reading order, with their verdicts; none is kept where the page holds no article."""
    if tree.body is None:  # a page of frames has none
        return ()
    reading = read(tree, [headline for headline in hints.headlines if headline], ruled=hints.ruled)
    evidence = weigh(reading, hints)
    blocks = verdicts(reading, find_region(reading, evidence), evidence, hints)
    if reading.chosen or any(block.kept for block in blocks) or len(blocks) > _SMALL_PAGE or any(map(is_linked_heading, reading.blocks)):
        return join_broken(blocks)
    return join_broken(_sentences_kept(reading, blocks))


def _sentences_kept(reading: Reading, blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """On a page too small for a front page, without headlines that lead elsewhere, sentences are what the page has to say."""
    said: set[str] = set()
    judged = []
    for raw, block in zip(reading.blocks, blocks, strict=True):
        reason = block.reason
        if reason in _NOWHERE and block.kind in _TEXT and ends_sentence(block.text) and block.text not in said:
            linked = raw.link_letters > _LINKED_MAX * len(block.text)
            reason = matching_reason(block.text) or (reason if linked else None)
            said.add(block.text)
        judged.append(Block(block.kind, block.text, reason))
    return tuple(judged)
