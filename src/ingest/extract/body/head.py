"""What stands before a story's first sentence: headline, standfirst, byline, date."""

from __future__ import annotations

import re

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.hints import BodyHints, key
from ingest.extract.body.prose import ends_sentence
from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.region import Region
from ingest.extract.body.surroundings import LABEL_MAX, Reasons
from ingest.model import BlockKind, DropReason

_STORY_BELOW = 0.6  # of the prose: a headline has at least that much of the story below it
_STANDFIRST_MIN = 40  # characters, and letters and digits that it shares with the page's summary
_STANDFIRST_LINKED_MAX = 0.4  # of its letters
_STANDFIRST_WITHIN = 6  # blocks after the headline: byline, date and share buttons may come between
_STANDFIRST_MISTAKEN = frozenset({None, DropReason.OUTSIDE, DropReason.RELATED, DropReason.SITE_CHROME})
"""Reasons that give way where a text repeats the page's own summary."""
_YEAR_OR_TIME = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[:.h]\d{2}\b")


def judge_head(reading: Reading, region: Region, evidence: Evidence, reasons: Reasons, hints: BodyHints) -> None:
    """Keep the standfirst, which belongs to the text, and nothing else before the first sentence."""
    blocks, containers = reading.blocks, reading.containers
    headline = _headline(reading, region, evidence, reasons)
    for at in range(headline or 0):
        reasons[at] = reasons[at] or DropReason.OUTSIDE
    first = next((at for at, raw in enumerate(blocks) if reasons[at] is None and (region.prose[at] or _is_sentence(raw))), None)
    if first is None:
        return
    summary, subtitle = key(hints.summary or ""), key(hints.subtitle or "")
    opening = containers[blocks[first].container].parent
    for at in range(headline or 0, first):
        raw = blocks[at]
        container = containers[raw.container]
        if at == headline:
            reasons[at] = DropReason.TITLE
        elif headline is not None and _may_be_standfirst(raw) and reasons[at] in _STANDFIRST_MISTAKEN:
            unmarked = reasons[at] in (None, DropReason.OUTSIDE)
            near = at - headline <= _STANDFIRST_WITHIN and _reads_as_standfirst(raw)
            if (unmarked and (container.mark.lead or near)) or _sums_up(raw.text, summary, subtitle):
                reasons[at] = None
            elif container.parent != opening:
                reasons[at] = reasons[at] or DropReason.SUBTITLE
        elif raw.kind is BlockKind.HEADING:
            reasons[at] = reasons[at] or DropReason.SUBTITLE
        elif container.parent != opening:
            reasons[at] = reasons[at] or DropReason.SECTION


def _headline(reading: Reading, region: Region, evidence: Evidence, reasons: Reasons) -> int | None:
    """The last heading of the first rank, or one that repeats the title, with most of the story below it."""
    kept = [amount if reason is None else 0.0 for amount, reason in zip(region.prose, reasons, strict=True)]
    below = total = sum(kept)
    headline = None
    for at, raw in enumerate(reading.blocks):
        if below < _STORY_BELOW * total or not total:
            break
        below -= kept[at]
        if raw.kind is BlockKind.HEADING and (reading.containers[raw.container].tag == "h1" or evidence.title[at]):
            headline = at
    return headline


def _is_sentence(raw: RawBlock) -> bool:
    return raw.kind is BlockKind.PARAGRAPH and len(raw.text) >= LABEL_MAX and ends_sentence(raw.text)


def _may_be_standfirst(raw: RawBlock) -> bool:
    return len(raw.text) >= _STANDFIRST_MIN and raw.link_letters < _STANDFIRST_LINKED_MAX * len(raw.text)


def _reads_as_standfirst(raw: RawBlock) -> bool:
    return (ends_sentence(raw.text) or raw.kind is BlockKind.HEADING) and _YEAR_OR_TIME.search(raw.text) is None


def _sums_up(text: str, summary: str, subtitle: str) -> bool:
    """Whether the text is the page's summary or its subtitle, or the longer or shorter half of one."""
    folded = key(text)
    if len(folded) < _STANDFIRST_MIN:
        return False
    return folded in summary or folded == subtitle or (len(summary) >= _STANDFIRST_MIN and folded.startswith(summary))
