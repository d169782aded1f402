"""The page as values: its text as blocks, its block elements as a list of containers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from ingest.extract.body.marks import Mark
from ingest.model import BlockKind, DropReason


class RawBlock(NamedTuple):
    """A run of text between two block boundaries; a named tuple, because a page has a hundred."""

    kind: BlockKind
    text: str
    container: int
    link_letters: int
    """How many of the text's characters are in links."""
    mark: Mark
    """Of the inline elements that hold (nearly) the whole text."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The page as values: everything that verdicts are decided on.

    Containers are the page's block elements, numbered in the order in which they open: 0 is the page's body, and those inside one are
    the numbers that follow it. What is known of them lies in one list a fact, which is several times as fast as one object a container.
    """

    blocks: list[RawBlock] = field(default_factory=list)
    holders: list[int] = field(default_factory=list)
    """Of each block: the container it stands in."""
    parents: list[int] = field(default_factory=list)
    """Of each container: the one around it; the root is its own parent."""
    ends: list[int] = field(default_factory=list)
    """Of each container: one more than the last of those inside it."""
    first_blocks: list[int] = field(default_factory=list)
    """Of each container: the first block in it, or the one that follows it where it has none."""
    end_blocks: list[int] = field(default_factory=list)
    """Of each container: one more than the last block in it."""
    tags: list[int] = field(default_factory=list)
    """Of each container: the number of its element (see ``tags``)."""
    names: list[str] = field(default_factory=list)
    """Of each container: its class, id, role and the like, separated by spaces."""
    marks: list[Mark] = field(default_factory=list)
    """Of each container: what its names claim it holds."""
    claimed: dict[int, DropReason] = field(default_factory=dict)
    """The containers whose text is out by their own tag, names or style, and why."""
    chosen: list[int] = field(default_factory=list)
    """The containers that a site rule names as the article's body."""
