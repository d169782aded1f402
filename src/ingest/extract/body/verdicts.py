"""The verdict on each block, from plain values: why it is out, or that it stays.

Each block is judged for itself first, then by what stands around it. A learned model would take the place of ``verdicts``: it has
everything that is known of the page as its arguments.
"""

from __future__ import annotations

import re

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.head import judge_head
from ingest.extract.body.hints import BodyHints
from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.region import Region
from ingest.extract.body.sentences import is_label
from ingest.extract.body.surroundings import (
    Reasons,
    judge_boxes,
    judge_entries,
    judge_headings,
    judge_interludes,
    judge_invitations,
    judge_lists,
    judge_lives,
    judge_repeats,
    judge_tail,
)
from ingest.extract.keys import key
from ingest.extract.phrases import matching_reason
from ingest.model import Block, BlockKind, DropReason

_LINKED_MAX = 0.7  # of a block's letters: more, and it is a link, not a sentence with one
_UNLINKED_MIN = 8  # characters outside the link: "It also" rather than "More:"
_MARKED_MAX = 210  # characters: a longer block is a paragraph that an inline element styles, whatever that is called
_DIGITS_SHARE = 0.15  # of a date line's characters; "Since May 2022 in charge" is a sub-heading
_NAME_MAX = 300  # characters: no headline and no name is longer
_PUNCTUATION_MAX = 60  # characters of a headline that are spaces and signs
_INTRODUCES = (":", "：")  # "The agency reports:" may be a link as a whole, and what it announces stays
_CREDITED = re.compile(r"(?:[记記]者.{1,12}|[／/].{0,4})[摄攝][)）】]?$|撮影[)）】]?$")
_CREDITED_MAX = 120  # characters
_RULE = re.compile(r"[\W_]+")
_CLOCK = re.compile(r"\d{1,2}[:.]\d{2}(?!\d)")
_DATE = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|\d月\d{1,2}日|[\u0660-\u0669\u06f0-\u06f9]{4}")


def verdicts(reading: Reading, region: Region, evidence: Evidence, hints: BodyHints) -> tuple[Block, ...]:
    """Every block with its verdict."""
    blocks = reading.blocks
    title = key(hints.title or "")
    names = {key(name): DropReason.AUTHOR for name in hints.authors} | {
        key(hints.publisher or ""): DropReason.PUBLISHER,
        title: DropReason.TITLE,
    }
    longest_name = min(_NAME_MAX, _PUNCTUATION_MAX + max(map(len, names)))
    places = [reason if reason or inside else DropReason.OUTSIDE for reason, inside in zip(region.reasons, region.inside, strict=True)]
    reasons: Reasons = []
    for raw, vouched in zip(blocks, evidence.vouched, strict=True):
        place = places[raw.container]
        if place is None or (vouched and place is not DropReason.HIDDEN):
            reasons.append(_own_reason(raw) or _metadata_reason(raw, names, longest_name))
        else:
            reasons.append(place)
    judge_lists(reading, reasons)
    judge_repeats(blocks, reasons)
    judge_invitations(blocks, reasons)
    judge_interludes(blocks, reasons)
    judge_boxes(reading, region, reasons)
    judge_lives(blocks, reasons, hints.authors)
    judge_entries(blocks, reasons)
    judge_headings(reading, region, reasons)
    judge_head(reading, region, evidence, reasons, hints)
    judge_tail(blocks, region, reasons)
    return tuple([Block(raw.kind, raw.text, reason) for raw, reason in zip(blocks, reasons, strict=True)])


def _own_reason(raw: RawBlock) -> DropReason | None:
    """What a block says by its kind, its links and its letters."""
    kind, text, _, link_letters, mark = raw
    if mark.reason is not None and len(text) < _MARKED_MAX:
        return mark.reason
    if kind is BlockKind.CAPTION or (len(text) <= _CREDITED_MAX and not text.isascii() and _CREDITED.search(text)):
        return DropReason.CAPTION
    if link_letters > _LINKED_MAX * len(text) and not text.endswith(_INTRODUCES) and not _is_linked_sentence(raw):
        return DropReason.LINK_LIST
    if text.startswith("©"):
        return DropReason.COPYRIGHT
    if _RULE.fullmatch(text):
        return DropReason.WIDGET
    return matching_reason(text) if len(text) < _NAME_MAX and kind is not BlockKind.HEADING else None


def _is_linked_sentence(raw: RawBlock) -> bool:
    """Whether the block is a sentence of the story that is a link but for its first words."""
    outside = len(raw.text) - raw.link_letters
    return raw.kind is BlockKind.PARAGRAPH and outside >= _UNLINKED_MIN and raw.text.endswith((".", "。", "۔", "।"))


def _metadata_reason(raw: RawBlock, names: dict[str, DropReason], longest_name: int) -> DropReason | None:
    """What a block says that the metadata says too: the headline, a name, a date."""
    if len(raw.text) < longest_name and (reason := names.get(key(raw.text))):
        return reason
    if raw.kind is not BlockKind.PARAGRAPH or not is_label(raw.text):
        return None
    digits = sum([c.isdigit() for c in raw.text])
    return DropReason.DATE if digits >= _DIGITS_SHARE * len(raw.text) and (_DATE.search(raw.text) or _CLOCK.match(raw.text)) else None
