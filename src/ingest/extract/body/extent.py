"""How far the article reaches around the container with most of its prose: articles lie in pieces, with advertisements between them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ingest.extract.body.chrome import family
from ingest.extract.body.evidence import Evidence
from ingest.extract.body.prose import is_linked_heading
from ingest.extract.body.reading import Reading
from ingest.extract.body.sums import SumsBelow
from ingest.extract.body.tags import ARTICLE, MAIN, TEXT_TAGS
from ingest.model import BlockKind, DropReason

STORY_MIN = 400.0
"""Letters' worth: less prose with a headline may be a teaser, or the headline with its standfirst."""
_PROSE_SHARE = 0.5  # of a container's letters: below that it lists links with a few words each
_PROSE_SHARE_ALIKE = 0.3  # the same for containers that are called like the one that holds the story
_JOINED_SHARE = 0.1  # of the story so far: a sibling of another name has to hold more to be a part of it
_JOINED_PARAGRAPHS = 2  # and at least as many paragraphs: one alone is a footer or a teaser as often


@dataclass(frozen=True, slots=True)
class Extent:
    """The container that holds the whole article, and what in it does not belong."""

    root: int
    cut: frozenset[int]
    """Containers below the root that are not part of the article."""


@dataclass(frozen=True, slots=True)
class _Figures:
    """Of each container, over all blocks in it that are not out."""

    prose: SumsBelow
    letters: SumsBelow
    paragraphs: SumsBelow
    linked_heads: SumsBelow
    own_heads: SumsBelow
    """Headings that are no links."""
    links: SumsBelow
    """Characters in links."""


def extent_of(reading: Reading, prose: list[float], reasons: list[DropReason | None], evidence: Evidence, seed: int) -> Extent:
    """Climb from the seed: take in the siblings that continue the story, cut off those that do not, stop where the headline is in."""
    tags = reading.tags
    figures = _figures(reading, prose, reasons)
    titled = SumsBelow(reading, evidence.title)
    root, cut, pending = seed, set[int](), set[int]()
    index = seed
    while index and not (titled[root] and figures.prose[root] >= STORY_MIN):
        if tags[index] == MAIN or (tags[index] == ARTICLE and not titled[0]):
            break
        parent = reading.parents[index]
        siblings = [child for child in _children(reading, parent) if child != index and not reasons[child]]
        continues, others = _sort_siblings(reading, figures, siblings, index, figures.prose[root])
        pending |= others
        if continues or titled[parent]:
            root = parent
            cut |= pending
            pending = set()
        index = parent
    return Extent(root, frozenset(cut))


def _children(reading: Reading, parent: int) -> Iterator[int]:
    """The containers directly inside one."""
    child, end = parent + 1, reading.ends[parent]
    while child < end:
        yield child
        child = reading.ends[child]


def _figures(reading: Reading, prose: list[float], reasons: list[DropReason | None]) -> _Figures:
    blocks = reading.blocks
    return _Figures(
        SumsBelow(reading, prose),
        SumsBelow(reading, [0 if reasons[block.container] else len(block.text) for block in blocks]),
        SumsBelow(reading, [amount > 0 for amount in prose]),
        SumsBelow(reading, [block.kind is BlockKind.HEADING and is_linked_heading(block) for block in blocks]),
        SumsBelow(reading, [block.kind is BlockKind.HEADING and not block.link_letters for block in blocks]),
        SumsBelow(reading, [block.link_letters for block in blocks]),
    )


def _sort_siblings(reading: Reading, figures: _Figures, siblings: list[int], own: int, story: float) -> tuple[bool, set[int]]:
    """Whether one of the siblings continues the story, and those that do not belong to it.

    Siblings of one name are judged together: the twentieth piece of an article may be a single line, as any teaser is.
    """
    tags, names = reading.tags, reading.names
    own_kind = (tags[own], family(names[own]))
    alike: dict[tuple[int, str], list[int]] = {}
    for sibling in siblings:
        alike.setdefault((tags[sibling], family(names[sibling])), []).append(sibling)
    continues = False
    others: set[int] = set()
    for kind, members in alike.items():
        prose = sum([figures.prose[member] for member in members])
        letters = sum([figures.letters[member] for member in members])
        paragraphs = sum([figures.paragraphs[member] for member in members])
        linked_heads = sum([figures.linked_heads[member] for member in members])
        share = _PROSE_SHARE_ALIKE if kind == own_kind else _PROSE_SHARE
        teaser = 0 < prose < share * letters or linked_heads * 2 > paragraphs
        enough = prose > _JOINED_SHARE * story and paragraphs >= _JOINED_PARAGRAPHS
        is_text = kind[0] in TEXT_TAGS
        belongs = kind == own_kind or is_text or enough or any(reading.marks[member].body for member in members)
        if prose and belongs and not teaser:
            continues = True
        elif not is_text and (kind != own_kind or teaser) and not _are_sub_headings(figures, members):
            others.update(members)
    return continues, others


def _are_sub_headings(figures: _Figures, members: list[int]) -> bool:
    """Whether the siblings wrap the story's sub-headings and nothing else."""
    return all(figures.own_heads[member] and not figures.links[member] and not figures.prose[member] for member in members)
