"""What stands before a story's first sentence: headline, standfirst, byline, date."""

from __future__ import annotations

import re

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.hints import BodyHints
from ingest.extract.body.marks import Mark
from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.region import Region
from ingest.extract.body.sentences import LABEL_MAX, ends_sentence
from ingest.extract.body.surroundings import Reasons
from ingest.extract.body.tags import H1
from ingest.extract.keys import key
from ingest.extract.tag_numbers import numbers_of
from ingest.model import BlockKind, DropReason
from ingest.normalise.names import introduced_parts

_STORY_BELOW = 0.6  # of the prose: a headline has at least that much of the story below it
_STANDFIRST_MIN = 40  # characters, and letters and digits that it shares with the page's summary
_STANDFIRST_LINKED_MAX = 0.4  # of its letters
_STANDFIRST_WITHIN = 6  # blocks after the headline: byline, date and share buttons may come between
_DATED_MAX = 120  # characters: a longer text with a year in it is no date line
_STANDFIRST_MISTAKEN = frozenset({None, DropReason.OUTSIDE, DropReason.RELATED, DropReason.SITE_CHROME})
"""Reasons that give way where a text repeats the page's own summary."""
_TOLD_MIN = 2  # sentences before a heading: one alone may be the standfirst
_OF_LISTS = numbers_of("ul ol dl li dd dt")
_LIST_HEIGHT = 4  # elements of lists around a text: hostile pages nest thousands
_YEAR_OR_TIME = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b")


def judge_head(reading: Reading, region: Region, evidence: Evidence, reasons: Reasons, hints: BodyHints) -> None:
    """Keep the standfirst, which belongs to the text, and nothing else before the first sentence."""
    blocks = reading.blocks
    headline = _headline(reading, region, evidence, reasons)
    for at in range(headline or 0):
        reasons[at] = reasons[at] or DropReason.OUTSIDE
    sentences = [at for at, raw in enumerate(blocks) if reasons[at] is None and (region.prose[at] or _is_sentence(raw))]
    if not sentences:
        return
    summary, subtitle = key(hints.summary or ""), key(hints.subtitle or "")
    first, opening = _opening(reading, region, sentences)
    judged = set(sentences)
    told = 0
    for at in range(headline or 0, first):
        raw = blocks[at]
        if at == headline or evidence.title[at]:
            reasons[at] = DropReason.TITLE
        elif at in judged:
            told += 1
        else:
            after = -1 if headline is None else at - headline
            in_story = _is_part_of(reading, raw, opening)
            if reasons[at] in _STANDFIRST_MISTAKEN and _is_standfirst(
                raw, reading.marks[raw.container], reasons[at], after, (summary, subtitle)
            ):
                reasons[at] = None
            elif raw.kind is BlockKind.HEADING:
                reasons[at] = reasons[at] or (DropReason.SUBTITLE if told < _TOLD_MIN else None)
            elif not in_story:
                reasons[at] = reasons[at] or DropReason.SECTION
            elif len(raw.text) <= _DATED_MAX and introduced_parts(raw.text):
                reasons[at] = reasons[at] or DropReason.AUTHOR


def _is_standfirst(raw: RawBlock, mark: Mark, reason: DropReason | None, after: int, summaries: tuple[str, str]) -> bool:
    """Whether a block that stands ``after`` blocks below the headline sums the story up."""
    if after < 0 or len(raw.text) < _STANDFIRST_MIN or raw.link_letters >= _STANDFIRST_LINKED_MAX * len(raw.text):
        return False
    if _sums_up(raw.text, *summaries):
        return True
    near = after <= _STANDFIRST_WITHIN and _reads_as_standfirst(raw)
    return reason in (None, DropReason.OUTSIDE) and (mark.lead or near)


def _headline(reading: Reading, region: Region, evidence: Evidence, reasons: Reasons) -> int | None:
    """The heading with most of the story below it: the first of the first rank that repeats the title, else the last that may be one."""
    kept = [amount if reason is None else 0.0 for amount, reason in zip(region.prose, reasons, strict=True)]
    below = total = sum(kept)
    headline = None
    for at, raw in enumerate(reading.blocks):
        if below < _STORY_BELOW * total or not total:
            break
        below -= kept[at]
        if raw.kind is BlockKind.HEADING:
            is_first_rank = reading.tags[raw.container] == H1
            if is_first_rank and evidence.title[at]:
                return at
            if is_first_rank or evidence.title[at]:
                headline = at
    return headline


def _opening(reading: Reading, region: Region, sentences: list[int]) -> tuple[int, int]:
    """The first sentence of the story itself, which a standfirst may precede, and the container that holds it with most others."""
    holders = [reading.parents[reading.holders[at]] for at in sentences]
    sums: dict[int, float] = {}
    for at, holder in zip(sentences, holders, strict=True):
        sums[holder] = sums.get(holder, 0.0) + region.prose[at]
    most = max(sums, key=sums.__getitem__)
    first = sentences[holders.index(most)]
    if first - sentences[0] <= _STANDFIRST_WITHIN:
        return first, most
    return sentences[0], holders[0]


def _is_part_of(reading: Reading, raw: RawBlock, opening: int) -> bool:
    """Whether a paragraph, or the list that an item belongs to, lies directly in the story's container, or in a piece called like it."""
    around = reading.parents[raw.container]
    for _ in range(_LIST_HEIGHT):
        if reading.tags[around] not in _OF_LISTS:
            break
        around = reading.parents[around]
    names = reading.names
    return around == opening or (reading.tags[around] == reading.tags[opening] and bool(names[around]) and names[around] == names[opening])


def _is_sentence(raw: RawBlock) -> bool:
    return raw.kind is BlockKind.PARAGRAPH and len(raw.text) >= LABEL_MAX and ends_sentence(raw.text)


def _reads_as_standfirst(raw: RawBlock) -> bool:
    return (ends_sentence(raw.text) or raw.kind is BlockKind.HEADING) and (
        len(raw.text) > _DATED_MAX or _YEAR_OR_TIME.search(raw.text) is None
    )


def _sums_up(text: str, summary: str, subtitle: str) -> bool:
    """Whether the text is the page's summary or its subtitle, or the longer or shorter half of one."""
    folded = key(text)
    if len(folded) < _STANDFIRST_MIN:
        return False
    return folded in summary or folded == subtitle or (len(summary) >= _STANDFIRST_MIN and folded.startswith(summary))
