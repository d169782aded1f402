"""The body of an HTML page: its tree to blocks, each kept or dropped with a reason.

``reading`` turns the tree into plain values in one pass, ``region`` finds the part of the page that holds the article,
``verdicts`` decides on each block.
"""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser

from ingest.extract.body.evidence import weigh
from ingest.extract.body.hints import BodyHints
from ingest.extract.body.reading import read
from ingest.extract.body.region import find_region
from ingest.extract.body.verdicts import verdicts
from ingest.model import Block

__all__ = ["BodyHints", "read_body"]


def read_body(tree: LexborHTMLParser, hints: BodyHints) -> tuple[Block, ...]:
    """All blocks of the page in reading order, with their verdicts; none is kept where the page holds no article."""
    reading = read(tree)
    evidence = weigh(reading, hints)
    return verdicts(reading, find_region(reading, evidence), evidence, hints)
