"""A saved page's text as units: the paragraphs, headings and labels that somebody saw, whatever became of their line breaks."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import cached_property

from ingest.extract.body.prose import weight
from ingest.extract.body.sentences import ends_sentence, ends_unpointed
from ingest.extract.phrases import matching_reason
from ingest.model import BlockKind, DropReason
from ingest.normalise.dates import is_date_line

SHORTEST_PROSE = 60.0
"""Letters' worth: a sentence as long as that is prose; shorter ones may be slogans."""
_LINE_ENDS = re.compile(r"\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_WIDEST_WRAP = 100  # characters: mail clients, terminals and typewriters break lines before that; saved paragraphs do not
_NARROWEST_WRAP = 40  # characters: columns narrower than that are poems and lists
_FULL_LINES = 3  # lines that reach the margin make a wrapped text
_WRAPPED_SHARE = 0.8  # of the line breaks inside sentences: verse breaks where it likes
_BULLET = re.compile(r"(?:[•·●▪◦‣∙*–—-]|\(?\d{1,2}[.)])\s+(?=\S)")
_QUOTE_MARK = re.compile(r">\s?")
_PROSE_SURE = 160.0  # letters' worth: as long as that, a text is prose even without a full stop
_PROSE_UNPOINTED = 100.0  # letters' worth: the same in scripts that have no full stop; headlines stay below


@dataclass(frozen=True)
class Unit:
    """One run of text of the page."""

    text: str
    kind: BlockKind = BlockKind.PARAGRAPH

    @cached_property
    def weight(self) -> float:
        """Length in Latin letters' worth."""
        return weight(self.text)

    @cached_property
    def ends_sentence(self) -> bool:
        """Whether it ends as a sentence does."""
        return ends_sentence(self.text)

    @cached_property
    def wording(self) -> DropReason | None:
        """What its wording says it is, where it is short."""
        return matching_reason(self.text)

    @cached_property
    def words(self) -> int:
        """Number of words; in scripts without spaces, of four characters each."""
        return max(len(self.text.split()), int(self.weight / 10))

    @cached_property
    def is_prose(self) -> bool:
        """Whether it is running text by itself."""
        if self.wording is not None:
            return False
        if self.ends_sentence:
            return self.weight >= SHORTEST_PROSE
        return self.weight >= (_PROSE_UNPOINTED if ends_unpointed(self.text) else _PROSE_SURE)


def read_units(text: str) -> list[Unit]:
    """The units of a text in order. Inside a unit only white space is changed."""
    lines = [_folded(line) for line in _LINE_ENDS.split(text)]
    margin = _margin(lines)
    units: list[Unit] = []
    paragraph: list[str] = []
    for line in lines:
        if paragraph and not (line and margin and _continues(paragraph[-1], line, margin)):
            units.append(_unit(" ".join(paragraph)))
            paragraph = []
        if line:
            paragraph.append(line)
    if paragraph:
        units.append(_unit(" ".join(paragraph)))
    return [unit for unit in units if any(c.isalnum() for c in unit.text)]


def _folded(line: str) -> str:
    return " ".join((line if line.isascii() else _INVISIBLE.sub("", line)).split())


def _margin(lines: list[str]) -> int | None:
    """The column where lines were broken, None where each line is a paragraph of its own."""
    filled = sorted(len(line) for line in lines if line)
    if not filled or not _NARROWEST_WRAP <= filled[-1] <= _WIDEST_WRAP:
        return None
    margin = filled[-1]
    breaks = [_continues(a, b, margin) for a, b in itertools.pairwise(lines) if a and b and not ends_sentence(a)]
    return margin if sum(breaks) >= max(_FULL_LINES, _WRAPPED_SHARE * len(breaks)) else None


def _continues(line: str, following: str, margin: int) -> bool:
    """Whether a line was broken because the next word did not fit."""
    if _BULLET.match(following):
        return False
    return len(line) + 1 + len(following.split(" ", 1)[0]) > margin


def _unit(text: str) -> Unit:
    bullet = _BULLET.match(text)
    if bullet and is_date_line(text):  # "14. März 2019"
        bullet = None
    if bullet and not bullet[0][0].isdigit() and bullet[0][0] != "(":
        # A dash before a sentence of dialogue is punctuation in most of Europe's languages; a bullet is layout.
        return Unit(text if bullet[0][0] in "–—" else text[bullet.end() :], BlockKind.LIST_ITEM)
    if bullet:
        return Unit(text, BlockKind.LIST_ITEM)
    quoted = _QUOTE_MARK.match(text)
    return Unit(text[quoted.end() :], BlockKind.QUOTE) if quoted else Unit(text)
