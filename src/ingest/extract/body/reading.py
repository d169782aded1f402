"""The page as values: its text as blocks, its block elements as a list of containers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ingest.extract.body.marks import Mark
from ingest.model import BlockKind, DropReason

# Named tuples, because a page has hundreds and a frozen dataclass takes four times as long to make.


class Container(NamedTuple):
    """A block element: its place in the tree and what its attributes claim."""

    parent: int
    """Index of the enclosing container, always below its own; the root is its own parent."""
    tag: int
    names: str
    mark: Mark
    claim: DropReason | None
    """Why its text would be out, by its own tag, names and style."""
    kind: BlockKind
    """What text directly in it is."""


class RawBlock(NamedTuple):
    """A run of text between two block boundaries."""

    kind: BlockKind
    text: str
    container: int
    link_letters: int
    """How many of the text's characters are in links."""
    mark: Mark
    """Of the inline elements that hold (nearly) the whole text."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The page as values: everything that verdicts are decided on."""

    containers: list[Container]
    blocks: list[RawBlock]
    parents: list[int]
    """Of each container: the index of the one around it."""
    holders: list[int]
    """Of each block: the container it stands in."""
    ends: list[int]
    """Of each container: one more than the last of those inside it, which follow it."""
    chosen: list[int]
    """The containers that a site rule names as the article's body."""
