"""Which units of a saved page are its story, and why the others are not."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.extract.plain_text.header import choose_title, fixed_role, is_title_like, name_the_rest
from ingest.extract.plain_text.units import Unit
from ingest.model import Block, BlockKind, DropReason

_HEADER_REACH = 25  # units: no page has more lines than that above its story
_STANDFIRST_MOST = 450.0  # letters' worth of prose that may stand above the date line or byline
_NO_TEASER = 130.0  # letters' worth: the sentence under a related headline is shorter
_HEADING_WORDS = 14
_LABEL_WORDS = 4  # of a label above a list: "À lire aussi", "You may also like"
_SHORT_STORY = 30  # words: a text without a paragraph of prose is kept from this length on, where it is sentences or verse
_SENTENCE_SHARE = 0.3  # of the units of such a text
_BOOK = re.compile(r"\S.*\s[-–—]\s+by\s+[A-Z]\S+(?:\s+\S+){1,4}$")
BIOGRAPHY = re.compile(
    r"(?P<name>[A-Z][\w.'’-]+(?:\s+[A-Z][\w.'’-]*){1,3})\s+(?:is|was|covers|writes|reports|has covered)\b.*\b"
    r"(?:reporter|correspondent|editor|writer|journalist|columnist|author|professor|contributor|fellow|freelancer?|staff|covers|writes|reports)\b"
)
_SIGNED = re.compile(r"[-–—(\[]\s*[A-Z][\w/. ]{1,30}[)\]]?$")
_INTERRUPTS = frozenset({DropReason.ADVERTISEMENT, DropReason.CAPTION})
_ENDS_STORY = frozenset({DropReason.RELATED, DropReason.COMMENT, DropReason.LINK_LIST})


@dataclass(frozen=True, slots=True)
class Span:
    """The story's first unit and the one after its last."""

    start: int
    end: int


def judge(units: Sequence[Unit]) -> list[DropReason | None]:
    """A verdict for each unit: None where it is part of the story."""
    span = find_story(units)
    if span is None:
        return [fixed_role(u) or DropReason.OUTSIDE for u in units]
    imprint = " ".join(u.text.casefold() for u in units[span.end :] if u.wording is DropReason.COPYRIGHT)
    verdicts = [*_header(units[: span.start], imprint), *_story(units[span.start : span.end])]
    last = units[span.end - 1].text.casefold()
    if any(reason is DropReason.PUBLISHER and unit.text.casefold() == last for unit, reason in zip(units, verdicts, strict=False)):
        verdicts[span.end - 1] = DropReason.PUBLISHER  # signed by its publisher
    return [*verdicts, *_footer(units, span.end, verdicts)]


def find_story(units: Sequence[Unit]) -> Span | None:
    """The run of units that holds the story: from its first prose to its last, without standfirst and list of other stories."""
    prose = [i for i, u in enumerate(units) if u.is_prose]
    if not prose:
        return _verse(units)
    start = _start(units, prose)
    end = _end(units, start)
    while start > 0 and _opens_story(units, start):
        start -= 1
    return Span(start, end)


def _start(units: Sequence[Unit], prose: Sequence[int]) -> int:
    """The first prose below the last header line; what little stands above that is a headline or a standfirst."""
    header_end, above = 0, 0.0
    for i, unit in enumerate(units[:_HEADER_REACH]):
        if unit.is_prose:
            above += unit.weight
            if above > _STANDFIRST_MOST:
                break
        elif fixed_role(unit) in {DropReason.DATE, DropReason.AUTHOR, DropReason.WIDGET}:
            header_end = i + 1
    return next((i for i in prose if i >= header_end), prose[0])


def _opens_story(units: Sequence[Unit], start: int) -> bool:
    """Whether the unit above the story belongs to it: a short sentence directly below a header line or at the top of the text."""
    unit = units[start - 1]
    if fixed_role(unit) is not None or not unit.ends_sentence or unit.words < 2:  # noqa: PLR2004  # "Boom!" alone is a label
        return False
    if start == 1:
        return unit.text.endswith((".", "。", "।"))  # headlines ask and exclaim, but hardly end in a full stop
    return fixed_role(units[start - 2]) in {DropReason.DATE, DropReason.AUTHOR}


def _end(units: Sequence[Unit], start: int) -> int:
    """Behind the last unit of the story: later prose counts until a list of other stories or the comments begin."""
    end = start + 1
    for i in range(start + 1, len(units)):
        unit = units[i]
        if _announces_list(unit) and not _goes_on(units, i):
            break
        if _is_biography(unit) and not any(u.is_prose for u in units[i + 1 :]):
            break
        if (unit.is_prose or _closes_story(units, i, end)) and fixed_role(unit) is None:
            end = i + 1
    return end


def _announces_list(unit: Unit) -> bool:
    """Whether a line is a label with a list below it: "Related stories", but not "See also: Ferry fares to rise"."""
    behind = re.split(r"[:：]", unit.text, maxsplit=1)[1:]
    return unit.wording in _ENDS_STORY and unit.words <= _LABEL_WORDS and not any(part.strip() for part in behind)


def _goes_on(units: Sequence[Unit], at: int) -> bool:
    """Whether the story goes on below an interlude: two paragraphs of prose stand close to each other there, or one long one."""
    if any(u.wording is DropReason.COMMENT for u in units[: at + 1]):
        return False
    below = [u for u in units[at + 1 : at + 8] if u.is_prose]
    return len(below) > 1 or any(u.weight >= _NO_TEASER for u in below)


def _closes_story(units: Sequence[Unit], at: int, end: int) -> bool:
    """A short unit at the story's end that is part of it: "He declined to comment.", an item of a list."""
    unit = units[at]
    if unit.wording is not None or any(u.wording not in _INTERRUPTS for u in units[end:at]):
        return False
    if unit.kind is BlockKind.LIST_ITEM:
        return True
    return unit.ends_sentence and unit.words >= 2 and not _is_advertisement(unit)  # noqa: PLR2004  # as above


def _verse(units: Sequence[Unit]) -> Span | None:
    """A story without any paragraph of prose: short sentences, verse, a list."""
    inside = [i for i, u in enumerate(units) if fixed_role(u) is None]
    if not inside:
        return None
    first = inside[0]
    if len(inside) > 1 and is_title_like(units[first]) and not units[first].ends_sentence:
        first = inside[1]
    kept = [units[i] for i in inside if i >= first]
    sentences = sum(u.ends_sentence or u.text.endswith(",") for u in kept)
    if all(u.ends_sentence for u in kept):
        return Span(first, inside[-1] + 1)
    if sum(u.words for u in kept) < _SHORT_STORY or sentences < _SENTENCE_SHARE * len(kept):
        return None
    return Span(first, inside[-1] + 1)


def _header(units: Sequence[Unit], imprint: str) -> list[DropReason | None]:
    roles: dict[int, DropReason | None] = {i: fixed_role(u) for i, u in enumerate(units)}
    free = [i for i, role in roles.items() if role is None]
    named = next((i for i, role in roles.items() if role is DropReason.TITLE), None)
    title = choose_title(units, free) if named is None else named
    roles |= name_the_rest(units, free, title, imprint)
    return [roles[i] for i in range(len(units))]


def _story(units: Sequence[Unit]) -> list[DropReason | None]:
    verdicts: list[DropReason | None] = []
    listing: DropReason | None = None
    for unit in units:
        role = None if unit.is_prose else unit.wording
        if role is None and not unit.is_prose and _is_advertisement(unit):
            role = DropReason.ADVERTISEMENT
        if role in _ENDS_STORY:
            # A bare label announces a list; one with a headline behind it, on its line, is all there is.
            listing = role if _announces_list(unit) else None
        elif unit.is_prose or unit.ends_sentence:
            listing = None
        verdicts.append(role or listing)
    return verdicts


def _footer(units: Sequence[Unit], start: int, above: Sequence[DropReason | None]) -> list[DropReason | None]:
    known = {
        units[i].text.casefold(): reason
        for i, reason in enumerate(above)
        if reason in {DropReason.PUBLISHER, DropReason.TITLE, DropReason.SECTION}
    }
    verdicts: list[DropReason | None] = []
    listing: DropReason | None = None
    for unit in units[start:]:
        reason = fixed_role(unit) or known.get(unit.text.casefold())
        if reason in _ENDS_STORY:
            listing = reason
        elif _is_biography(unit) or (reason is None and _SIGNED.fullmatch(unit.text)):
            reason = DropReason.AUTHOR
        elif reason is None:
            reason = DropReason.ADVERTISEMENT if _is_advertisement(unit) else listing or _label(unit)
        verdicts.append(reason)
    return verdicts


def _label(unit: Unit) -> DropReason:
    return DropReason.ADVERTISEMENT if unit.words > _HEADING_WORDS else DropReason.OUTSIDE


def _is_biography(unit: Unit) -> bool:
    return unit.wording is DropReason.AUTHOR or BIOGRAPHY.match(unit.text) is not None


def _is_advertisement(unit: Unit) -> bool:
    """A book or product on offer: ``One Billion Americans - by Matthew Yglesias``."""
    return not unit.ends_sentence and _BOOK.fullmatch(unit.text) is not None


def block_of(unit: Unit, verdict: DropReason | None, following: Unit | None) -> Block:
    """The unit with its verdict; a short unit of the story that is no sentence and stands above prose is a sub-heading."""
    kind = unit.kind
    asks = unit.text.endswith("?") and unit.text[0].isupper() and ":" not in unit.text
    label = not unit.is_prose and (asks or not unit.ends_sentence) and unit.words <= _HEADING_WORDS
    if verdict is None and kind is BlockKind.PARAGRAPH and label and following is not None and following.is_prose:
        kind = BlockKind.HEADING
    if verdict is DropReason.TITLE:
        kind = BlockKind.HEADING
    return Block(kind, unit.text, verdict)
