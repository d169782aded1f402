"""The verdict on each block, from plain values: why it is out, or that it stays.

Each block is judged for itself first, then by what stands around it. A learned model would take the place of ``verdicts``: it has
everything that is known of the page as its arguments.
"""

from __future__ import annotations

import re

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.head import judge_head
from ingest.extract.body.hints import BodyHints, key
from ingest.extract.body.prose import ends_sentence
from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.region import Region
from ingest.extract.body.surroundings import LABEL_MAX, Reasons, judge_headings, judge_lists, judge_repeats, judge_tail
from ingest.model import Block, BlockKind, DropReason

_LINKED_MAX = 0.7  # of a block's letters: more, and it is a link, not a sentence with one
_MARKED_MAX = 210  # characters: a longer block is a paragraph that an inline element styles, whatever that is called
_NAME_MAX = 300  # characters: no headline and no name is longer
_INTRODUCES = (":", "：")  # "The agency reports:" may be a link as a whole, and what it announces stays
_RULE = re.compile(r"[\W_]+")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\b\d{1,2}[:h]\d{2}\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d月\d{1,2}日|[\u0660-\u0669\u06f0-\u06f9]{4}"
)


def verdicts(reading: Reading, region: Region, evidence: Evidence, hints: BodyHints) -> tuple[Block, ...]:
    """Every block with its verdict."""
    blocks = reading.blocks
    title = key(hints.title or "")
    names = frozenset(key(name) for name in hints.authors)
    reasons: Reasons = []
    for raw, vouched in zip(blocks, evidence.vouched, strict=True):
        place = _place_reason(raw, region)
        if vouched and place is not DropReason.HIDDEN:
            place = None
        reasons.append(place or _own_reason(raw) or _metadata_reason(raw, title, names))
    judge_lists(reading, reasons)
    judge_repeats(blocks, reasons)
    judge_headings(blocks, reasons)
    judge_head(reading, region, evidence, reasons, hints)
    judge_tail(blocks, region, reasons)
    return tuple(Block(raw.kind, raw.text, reason) for raw, reason in zip(blocks, reasons, strict=True))


def _place_reason(raw: RawBlock, region: Region) -> DropReason | None:
    """What the place of a block says."""
    return region.reasons[raw.container] or (None if region.inside[raw.container] else DropReason.OUTSIDE)


def _own_reason(raw: RawBlock) -> DropReason | None:
    """What a block says by its kind, its links and its letters."""
    if raw.mark.reason is not None and len(raw.text) < _MARKED_MAX:
        return raw.mark.reason
    if raw.kind is BlockKind.CAPTION:
        return DropReason.CAPTION
    if raw.link_letters > _LINKED_MAX * len(raw.text) and not raw.text.endswith(_INTRODUCES):
        return DropReason.LINK_LIST
    return DropReason.WIDGET if _RULE.fullmatch(raw.text) else None


def _metadata_reason(raw: RawBlock, title: str, names: frozenset[str]) -> DropReason | None:
    """What a block says that the metadata says too: the headline, an author's name, a date."""
    if len(raw.text) >= _NAME_MAX:
        return None
    folded = key(raw.text)
    if folded == title:
        return DropReason.TITLE
    if folded in names:
        return DropReason.AUTHOR
    is_label = len(raw.text) < LABEL_MAX and raw.kind is BlockKind.PARAGRAPH and not ends_sentence(raw.text)
    return DropReason.DATE if is_label and _DATE.search(raw.text) else None
