"""How far the article reaches around the container with most of its prose: articles lie in pieces, with advertisements between them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

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


class _Figures(NamedTuple):
    """Of one container, over the blocks in it; a named tuple, because a page asks for dozens."""

    prose: float
    letters: int
    """Of blocks that are not out."""
    paragraphs: int
    linked_heads: int
    own_heads: int
    """Headings that are no links."""
    links: int
    """Characters in links."""
    quotes: int
    """Paragraphs that are quotations by their markup."""


def extent_of(reading: Reading, prose: list[float], reasons: list[DropReason | None], evidence: Evidence, seed: int) -> Extent:
    """Climb from the seed: take in the siblings that continue the story, cut off those that do not, stop where the headline is in."""
    tags = reading.tags
    sums = SumsBelow(reading, prose)
    titled = SumsBelow(reading, evidence.title)
    root, cut, pending = seed, set[int](), set[int]()
    index = seed
    while index and not (titled[root] and sums[root] >= STORY_MIN):
        if tags[index] == MAIN or (tags[index] == ARTICLE and not titled[0]):
            break
        parent = reading.parents[index]
        siblings = [child for child in _children(reading, parent) if child != index and not reasons[child]]
        figures = {sibling: _figures(reading, prose, reasons, sibling) for sibling in siblings}
        continues, others = _sort_siblings(reading, figures, index, sums[root])
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


def _figures(reading: Reading, prose: list[float], reasons: list[DropReason | None], container: int) -> _Figures:
    """Siblings of one another, and of what is climbed from, have no block in common: all of them together take time linear in the page."""
    amount = 0.0
    letters = paragraphs = linked_heads = own_heads = links = quotes = 0
    for at in range(reading.first_blocks[container], reading.end_blocks[container]):
        block = reading.blocks[at]
        amount += prose[at]
        paragraphs += prose[at] > 0
        links += block.link_letters
        quotes += block.kind is BlockKind.QUOTE and prose[at] > 0
        if not reasons[block.container]:
            letters += len(block.text)
        if block.kind is BlockKind.HEADING:
            linked_heads += is_linked_heading(block)
            own_heads += not block.link_letters
    return _Figures(amount, letters, paragraphs, linked_heads, own_heads, links, quotes)


def _sort_siblings(reading: Reading, figures: Mapping[int, _Figures], own: int, story: float) -> tuple[bool, set[int]]:
    """Whether one of the siblings continues the story, and those that do not belong to it.

    Siblings of one name are judged together: the twentieth piece of an article may be a single line, as any teaser is.
    """
    tags, names = reading.tags, reading.names
    own_kind = (tags[own], family(names[own]))
    alike: dict[tuple[int, str], list[int]] = {}
    for sibling in figures:
        alike.setdefault((tags[sibling], family(names[sibling])), []).append(sibling)
    continues = False
    others: set[int] = set()
    for kind, members in alike.items():
        prose, letters, paragraphs, linked_heads, _, links, quotes = map(sum, zip(*[figures[member] for member in members], strict=True))
        share = _PROSE_SHARE_ALIKE if kind == own_kind else _PROSE_SHARE
        teaser = 0 < prose < share * letters or linked_heads * 2 > paragraphs
        enough = prose > _JOINED_SHARE * story and paragraphs >= _JOINED_PARAGRAPHS
        is_text = kind[0] in TEXT_TAGS or (0 < paragraphs == quotes and not links)
        belongs = kind == own_kind or is_text or enough or any(reading.marks[member].body for member in members)
        if prose and belongs and not teaser:
            continues = True
        elif not is_text and (kind != own_kind or teaser) and not all(_is_sub_heading(figures[member]) for member in members):
            others.update(members)
    return continues, others


def _is_sub_heading(figures: _Figures) -> bool:
    """Whether a container wraps one of the story's sub-headings and nothing else."""
    return bool(figures.own_heads) and not figures.links and not figures.prose
