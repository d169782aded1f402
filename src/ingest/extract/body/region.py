"""Which part of the page holds the article: containers weighed by the prose in them."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.extract.body.chrome import container_reasons
from ingest.extract.body.evidence import Evidence
from ingest.extract.body.extent import STORY_MIN, extent_of
from ingest.extract.body.marks import Mark
from ingest.extract.body.prose import PROSE_SURE, is_linked_heading, prose_of
from ingest.extract.body.reading import Reading
from ingest.extract.body.sums import SumsBelow, nearest
from ingest.extract.body.tags import ARTICLE, H1, MAIN, TEXT_TAGS
from ingest.model import BlockKind, DropReason

_REACH = 3  # containers that a block's prose counts for, each half as much as the one inside it
_VOUCHED_FACTOR = 3.0  # prose that the structured data repeats is hardly ever a teaser
_OPENING_FACTOR = 3.0  # the first prose after the headline opens the story more often than not
_OPENING_MIN = 100.0  # letters' worth: a short opening still counts as that much
_BODY_FACTOR = 1.5  # for a container that claims to be the article's body
_ARTICLE_FACTOR = 1.2  # for one that claims to be an article: teasers claim it too
_FADED = 0.1  # of its weight: what is left of an article that the page scrolls on into
_CLAIMED_MIN = 80.0  # letters that are no links, links counted against
_TEASERS_MIN = 3  # headings that are links: an article may have a related one or two
_TEASERS_SHARE = 0.6  # linked headings a paragraph: articles of the corpus have at most 0.5, lists of teasers about 1


@dataclass(frozen=True, slots=True)
class Region:
    """What was found out about the page as a whole."""

    reasons: list[DropReason | None]
    """Of each container: why all its text is out."""
    prose: list[float]
    """Of each block: its prose in letters' worth, 0 where its container is out or the same was said before."""
    inside: list[bool]
    """Of each container: whether it belongs to the part of the page that holds the article."""


def find_region(reading: Reading, evidence: Evidence) -> Region:
    """Weigh the page's containers and find those that hold the article; none of them where the page holds none."""
    prose = _fresh_prose(reading)
    reasons = container_reasons(reading, prose, evidence)
    prose = [0.0 if reasons[block.container] else amount for block, amount in zip(reading.blocks, prose, strict=True)]
    inside = [False] * len(reading.tags)
    for index in reading.chosen:
        end = reading.ends[index]
        inside[index:end] = [True] * (end - index)
    seed = None if reading.chosen else _seed(reading, _weighed(reading, prose, evidence))
    if seed is None and not reading.chosen:
        seed = _claimed(reading, reasons)
    if seed is not None:
        extent = extent_of(reading, prose, reasons, evidence, seed)
        end = reading.ends[extent.root]
        inside[extent.root : end] = [True] * (end - extent.root)
        for index in extent.cut:
            end = reading.ends[index]
            inside[index:end] = [False] * (end - index)
        if _lists_teasers(reading, prose, reasons, inside):
            inside = [False] * len(inside)
    return Region(reasons, prose, inside)


def _lists_teasers(reading: Reading, prose: list[float], reasons: list[DropReason | None], inside: list[bool]) -> bool:
    """Whether what was found is a page of teasers: headings that lead elsewhere, each with a sentence or two."""
    within = [at for at, block in enumerate(reading.blocks) if inside[block.container] and not reasons[block.container]]
    linked_heads = sum([is_linked_heading(reading.blocks[at]) for at in within])
    paragraphs = sum([prose[at] > 0 for at in within])
    return linked_heads >= _TEASERS_MIN and linked_heads > _TEASERS_SHARE * paragraphs


def _fresh_prose(reading: Reading) -> list[float]:
    """Of each block: its prose, where no block before it says the same."""
    said: set[str] = set()
    prose: list[float] = []
    for block in reading.blocks:
        amount = prose_of(block)
        if amount:
            if block.text in said:
                amount = 0.0
            else:
                said.add(block.text)
        prose.append(amount)
    return prose


def _weighed(reading: Reading, prose: list[float], evidence: Evidence) -> list[float]:
    """Of each block: how much it says for its container being the article's."""
    weighed = [amount * _VOUCHED_FACTOR if vouched else amount for amount, vouched in zip(prose, evidence.vouched, strict=True)]
    heads = [at for at, block in enumerate(reading.blocks) if block.kind is BlockKind.HEADING and reading.tags[block.container] == H1]
    own = next((at for at in heads if evidence.title[at]), None)
    if own is not None:
        # Pages that scroll on into the next article have its headline in the first rank too.
        end = next((at for at in heads if at > own and not evidence.title[at]), len(weighed))
        if sum(weighed[own:end]) >= STORY_MIN:
            weighed[end:] = [amount * _FADED for amount in weighed[end:]]
    title = next((at for at, is_title in enumerate(evidence.title) if is_title), len(weighed))
    opening = next((at for at in range(title, len(weighed)) if prose[at]), None)
    if opening is not None:
        weighed[opening] = max(weighed[opening], _OPENING_MIN) * _OPENING_FACTOR
    return weighed


def _seed(reading: Reading, weighed: list[float]) -> int | None:
    """The container with most prose close to it."""
    parts = frozenset(set(reading.tags) - TEXT_TAGS)
    holders: dict[int, int] = {}
    scores: dict[int, float] = {}
    for block, amount in zip(reading.blocks, weighed, strict=True):
        if amount:
            index, left = nearest(reading, block.container, parts, holders), amount
            for _ in range(_REACH):
                scores[index] = scores.get(index, 0.0) + left
                if not index:
                    break
                index, left = reading.parents[index], left / 2
    claimed = {index: score * _claim_factor(reading.tags[index], reading.marks[index]) for index, score in sorted(scores.items())}
    best = max(claimed, key=claimed.__getitem__, default=None)
    return best if best is not None and claimed[best] >= PROSE_SURE else None


def _claim_factor(tag: int, mark: Mark) -> float:
    if mark.body:
        return _BODY_FACTOR
    return _ARTICLE_FACTOR if tag in (ARTICLE, MAIN) or mark.article else 1.0


def _claimed(reading: Reading, reasons: list[DropReason | None]) -> int | None:
    """On a page without prose (results, lists of winners, notes of a line): the container that claims to be the article's body."""
    letters = SumsBelow(reading, [0 if reasons[block.container] else len(block.text) - 2 * block.link_letters for block in reading.blocks])
    claimed = [index for index, mark in enumerate(reading.marks) if mark.body and letters[index] >= _CLAIMED_MIN]
    return max(claimed, key=letters.__getitem__, default=None)
