"""What the blocks around a block say about it. Each function fills in reasons where there are none yet."""

from __future__ import annotations

import re
from itertools import accumulate

from ingest.extract.body.reading import RawBlock, Reading
from ingest.extract.body.region import Region
from ingest.extract.body.sentences import ends_sentence, is_label
from ingest.extract.body.sums import SumsBelow, nearest
from ingest.extract.body.tags import BLOCK, LISTS, ROLES, TEXT_TAGS
from ingest.extract.phrases import invitation_reason, matching_reason
from ingest.model import BlockKind, DropReason

Reasons = list[DropReason | None]
"""One entry a block: why it is out so far."""

_LISTED_MAX = 0.4  # of a list's letters: more, and it is a list of links
_LABELS_MAX = 6  # labels after the last sentence: more of them are results or a table
_INVITING_MIN = 0.4  # of a line's letters in a link: "Also read this: Headline"
_INVITATION = re.compile(r"\w[^:：|»>–—]{6,38}[:：|»>–—]")
_INVITED_OFTEN = 2  # times on a page
_FIRST_BLOCKS, _LAST_BLOCKS = 3, 7  # of the text: where such paragraphs stand
_REPEATED_LONG = 60  # characters: shorter sentences are said twice in a story
_REPEATED_OFTEN = 3  # times on a page: no story says a long sentence as often
_TELLS_FIGURES = re.compile(r"\w\s?(?::\s|：).*\d|：\w+、")  # "Gold: $2,090", a list of places
_NEWS_IN_BRIEF = 2  # such lines: one alone is an editor's name or the time of a broadcast
# The time of a live blog's entry, perhaps with who wrote it: "20:24 Ada Brightwater", "2 hours ago 10:05 Tomas Quill".
_ENTRY = re.compile(
    r"(?:\d{1,2} [^\W\d]+ ago\s*)?\d{1,2}[:.h]\d{2}(?:\s?[ap]\.?m\.?)?(?:\s*[^\W\d_]\S*(?: [^\W\d_]\S*){1,3})?", re.IGNORECASE
)
_BOXES = frozenset(tag for tag, role in ROLES.items() if role == BLOCK) - TEXT_TAGS
_INVITES = frozenset({DropReason.MAILING_LIST, DropReason.SUBSCRIPTION})
_BOX_MAX, _BOX_SHARE = 700, 0.3  # characters of a box beside the invitation's own, and their share of all that is kept
_LAST_LIVES, _LIFE_MAX = 3, 500  # paragraphs at the end; characters
_LEADS_AWAY = frozenset({DropReason.LINK_LIST, DropReason.RELATED, DropReason.READ_MORE, DropReason.MAILING_LIST, DropReason.OUTSIDE})
_BOXED = _LEADS_AWAY - {DropReason.LINK_LIST, DropReason.OUTSIDE}
_BOX_BLOCKS = 50  # of a box between a heading and its paragraphs
_PASSED_OVER = frozenset({DropReason.CAPTION, DropReason.ADVERTISEMENT, DropReason.SHARE, DropReason.WIDGET})


def judge_lists(reading: Reading, reasons: Reasons) -> None:
    """A list of links goes out with those of its items that are none."""
    items = [at for at, raw in enumerate(reading.blocks) if raw.kind is BlockKind.LIST_ITEM]
    if all(reasons[at] for at in items):
        return
    list_of: dict[int, int] = {}
    lists: dict[int, list[int]] = {}
    for at in items:
        lists.setdefault(nearest(reading, reading.blocks[at].container, LISTS, list_of), []).append(at)
    for members in lists.values():
        letters = sum([len(reading.blocks[at].text) for at in members])
        links = sum([reading.blocks[at].link_letters for at in members])
        if links > _LISTED_MAX * letters:
            for at in members:
                reasons[at] = reasons[at] or DropReason.LINK_LIST


def judge_repeats(blocks: list[RawBlock], reasons: Reasons) -> None:
    """A sentence that stands twice is kept once; one that stands again and again beside a story belongs to a box."""
    places: dict[str, list[int]] = {}
    for at, reason in enumerate(reasons):
        if reason is None and len(blocks[at].text) >= _REPEATED_LONG and ends_sentence(blocks[at].text):
            places.setdefault(blocks[at].text, []).append(at)
    told_once = sum([len(blocks[found[0]].text) for found in places.values() if len(found) == 1])
    for found in places.values():
        in_a_box = len(found) >= _REPEATED_OFTEN and told_once > len(blocks[found[0]].text)
        for at in found if in_a_box else found[1:]:
            reasons[at] = DropReason.DUPLICATE


def judge_invitations(blocks: list[RawBlock], reasons: Reasons) -> None:
    """Paragraphs at either end of the text that speak to the reader: newsletters, donations, rules for comments, who earns by it."""
    kept = [at for at, reason in enumerate(reasons) if reason is None]
    ends = kept if len(kept) <= _FIRST_BLOCKS + _LAST_BLOCKS else (*kept[:_FIRST_BLOCKS], *kept[-_LAST_BLOCKS:])
    for at in ends:
        if blocks[at].kind is not BlockKind.HEADING:
            reasons[at] = invitation_reason(blocks[at].text)


def judge_interludes(blocks: list[RawBlock], reasons: Reasons) -> None:
    """Lines that begin with the same words and lead elsewhere are invitations to read more, in whatever language."""
    starts: dict[str, list[int]] = {}
    for at, reason in enumerate(reasons):
        raw = blocks[at]
        may_invite = reason is None and raw.kind is BlockKind.PARAGRAPH and raw.link_letters > _INVITING_MIN * len(raw.text)
        if may_invite and (invitation := _INVITATION.match(raw.text)):
            starts.setdefault(invitation[0], []).append(at)
    for found in starts.values():
        if len(found) >= _INVITED_OFTEN:
            for at in found:
                reasons[at] = DropReason.READ_MORE


def judge_entries(blocks: list[RawBlock], reasons: Reasons) -> None:
    """The time of a live blog's entry, and who wrote it, stand above its heading or text; times of a programme stand above each other."""
    kept = [at for at, reason in enumerate(reasons) if reason is None]
    timed = [
        blocks[at].kind is BlockKind.PARAGRAPH and is_label(blocks[at].text) and bool(_ENTRY.fullmatch(blocks[at].text)) for at in kept
    ]
    for above, is_timed, below, at, after in zip([False, *timed], timed, timed[1:], kept, kept[1:], strict=False):
        if is_timed and not above and not below and (blocks[after].kind is BlockKind.HEADING or len(blocks[after].text) >= _REPEATED_LONG):
            reasons[at] = DropReason.DATE


def judge_lives(blocks: list[RawBlock], reasons: Reasons, authors: tuple[str, ...]) -> None:
    """A last paragraph that begins with an author's whole name tells the author's life, unless the story names the author, too."""
    persons = [name for name in authors if " " in name]
    kept = [at for at, reason in enumerate(reasons) if reason is None] if persons else []
    for at in kept[-_LAST_LIVES:]:
        text = blocks[at].text
        named = [name for name in persons if text.startswith(name)]
        if blocks[at].kind is not BlockKind.PARAGRAPH or not named or len(text) > _LIFE_MAX or text[len(named[0]) :][:1] == ":":
            continue
        if not any(named[0].split()[-1] in blocks[other].text for other in kept if other < at):
            reasons[at] = DropReason.AUTHOR


def judge_boxes(reading: Reading, region: Region, reasons: Reasons) -> None:
    """What follows an invitation to a newsletter or a subscription in a small part of the page that it begins belongs to it."""
    if _INVITES.isdisjoint(reasons):
        return
    blocks = reading.blocks
    kept = [len(raw.text) if reason is None else 0 for raw, reason in zip(blocks, reasons, strict=True)]
    letters = SumsBelow(reading, kept)
    told = list(
        accumulate([amount if raw.kind is not BlockKind.HEADING else 0 for raw, amount in zip(blocks, kept, strict=True)], initial=0)
    )
    largest = min(_BOX_MAX, _BOX_SHARE * letters[0])
    boxes: dict[int, int] = {}
    done = 0
    for at, reason in enumerate(reasons):
        if at < done or reason not in _INVITES or region.reasons[blocks[at].container]:
            continue
        box = nearest(reading, blocks[at].container, _BOXES, boxes)
        first, end = reading.first_blocks[box], reading.end_blocks[box]
        if 0 < letters[box] <= largest and told[at] == told[first]:
            for within in range(first, end):
                reasons[within] = reasons[within] or reason
            done = end


def judge_headings(reading: Reading, region: Region, reasons: Reasons) -> None:
    """A heading over links, or over nothing, goes with them; a box between a heading and its paragraphs is passed over."""
    blocks = reading.blocks
    after: DropReason | None = DropReason.OUTSIDE
    for at in range(len(blocks) - 1, -1, -1):
        if reasons[at] is None and blocks[at].kind is BlockKind.HEADING and after in _LEADS_AWAY:
            if not (after in _BOXED and _heads_paragraphs(reading, region, reasons, at)):
                reasons[at] = DropReason.RELATED
            after = after if after is DropReason.OUTSIDE else None
        elif reasons[at] not in _PASSED_OVER:
            after = reasons[at]


def _heads_paragraphs(reading: Reading, region: Region, reasons: Reasons, heading: int) -> bool:
    """Whether what lies next directly in the container of a heading, boxes aside, is a paragraph that stays."""
    blocks, parents = reading.blocks, reading.parents
    around = parents[blocks[heading].container]
    for at in range(heading + 1, min(heading + 1 + _BOX_BLOCKS, len(blocks))):
        raw = blocks[at]
        if parents[raw.container] == around and (reasons[at] is None or not region.reasons[raw.container]):
            is_told = reasons[at] is None and raw.kind is BlockKind.PARAGRAPH and region.prose[at] > 0
            return is_told and matching_reason(blocks[heading].text) is None
    return False


def judge_tail(blocks: list[RawBlock], region: Region, reasons: Reasons) -> None:
    """A few labels after the last sentence are not part of the story."""
    labels: list[int] = []
    for at in range(len(blocks) - 1, -1, -1):
        if reasons[at] is None:
            raw = blocks[at]
            is_item = raw.kind in (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
            if region.prose[at] or is_item or not is_label(raw.text):
                break
            labels.append(at)
    news = [at for at in labels if _TELLS_FIGURES.search(blocks[at].text)]
    if len(news) >= _NEWS_IN_BRIEF:
        labels = [at for at in labels if at > news[0]]
    if len(labels) <= _LABELS_MAX:
        for at in labels:
            reasons[at] = DropReason.OUTSIDE
