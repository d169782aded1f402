"""One pass over the tree: its text as blocks, its elements as a list of containers. Changes nothing.

Parts that boilerplate names (a menu, a footer, a share bar) and that hold no run of text as long as a sentence are read as one block:
nothing in them could be the article's, and they are most of a page.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.extract.body.folding import fold, fold_lines
from ingest.extract.body.marks import NO_MARK, Mark, mark_of
from ingest.extract.body.sentences import is_label
from ingest.extract.body.tags import (
    BLOCK,
    BREAK,
    CELL,
    CLAIMS,
    CUSTOM,
    EMPHASIS,
    FORMATTED,
    INLINE,
    KINDS,
    LINK,
    ROLES,
    SKIPPED,
    TEXT,
    WHOLES,
    P,
)
from ingest.model import BlockKind, DropReason

_PARAGRAPH_BREAKS = 2  # <br> in a row: one is a line's end, two are a paragraph's
_WHOLE = 0.8  # of a block's letters: an inline element with that much of them speaks for the block
_STRONG = 0.9  # of a label's letters in bold: a sub-heading that its author did not mark up as one
_LONG_CELL = 160  # letters: a table cell above that is a paragraph of a page laid out by tables, below it is a cell of a table row
_RUN = 140  # characters between two tags: a paragraph has at least one run as long, menus hardly ever
_RUN_WIDE = 56  # the same where the text is not ASCII: Chinese and Japanese say as much in fewer characters
_LONGEST_BOILERPLATE = 8_000  # characters; longer menus are read part by part
_MOST_SCANNED = 500_000  # characters looked through for such runs: a hostile page nests parts thousands deep, each scanned again

_SENTENCE = re.compile(r"""[.!?…。！？؟۔।॥](?<=\w\w.)["”’»)\]」』]*(?:\n|\Z)""")
_INHERITED = frozenset({BlockKind.QUOTE, BlockKind.LIST_ITEM, BlockKind.CAPTION})
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_NAMING = frozenset(
    {"class", "id", "role", "itemprop", "data-testid", "data-component", "data-module", "data-type", "data-qa", "aria-label"}
)


# Named tuples, because a page has hundreds and a frozen dataclass takes four times as long to make.


class Container(NamedTuple):
    """A block element: its place in the tree and what its attributes claim."""

    parent: int
    """Index of the enclosing container, always below its own; the root is its own parent."""
    tag: int
    names: str
    mark: Mark
    claim: DropReason | None
    """Why its text would be out, by its own tag, names and style."""
    kind: BlockKind
    """What text directly in it is."""


class RawBlock(NamedTuple):
    """A run of text between two block boundaries."""

    kind: BlockKind
    text: str
    container: int
    link_letters: int
    """How many of the text's characters are in links."""
    mark: Mark
    """Of the inline elements that hold (nearly) the whole text."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The page as values: everything that verdicts are decided on."""

    containers: list[Container]
    blocks: list[RawBlock]
    parents: list[int]
    """Of each container: the index of the one around it."""
    holders: list[int]
    """Of each block: the container it stands in."""
    ends: list[int]
    """Of each container: one more than the last of those inside it, which follow it."""


def read(tree: LexborHTMLParser, headlines: Sequence[str] = ()) -> Reading:
    """The blocks of a page in reading order, with the containers that hold them; time grows linearly with the tree.

    Args:
        tree: The page.
        headlines: What may be the article's headline: a part of the page that has one of them is read in full whatever it is called.
    """
    reader = _Reader(headlines)
    if tree.body is not None:
        reader.walk(tree.body)
    return Reading(
        reader.containers,
        reader.blocks,
        [container.parent for container in reader.containers],
        [block.container for block in reader.blocks],
        reader.ends,
    )


class _Reader:
    """The state of one walk: the containers open around the current node, and the text gathered since the last boundary."""

    def __init__(self, headlines: Sequence[str]) -> None:
        self.headlines = headlines
        self.containers: list[Container] = []
        self.ends: list[int] = []
        self.blocks: list[RawBlock] = []
        self.current = 0
        self.parts: list[str] = []
        self.letters = 0
        self.link_letters = 0
        self.strong_letters = 0
        self.inlines: list[tuple[LexborNode, int]] = []
        self.unscanned = _MOST_SCANNED

    def walk(self, body: LexborNode) -> None:
        """Visit all nodes below ``body`` without recursion: pages may nest thousands deep.

        One function, because a call for each of some 2,000 nodes costs more than all that is done at them.
        """
        parts, roles = self.parts, ROLES
        breaks = links_open = strong_open = 0
        self.open_block(body, body.tag_id)
        open_elements: list[tuple[LexborNode, int, int]] = []
        node = body.child
        while True:
            if node is None:
                if not open_elements:
                    break
                node, role, saved = open_elements.pop()
                if role >= CELL:
                    if parts and (role == BLOCK or self.letters > _LONG_CELL):
                        self.flush()
                        breaks = 0
                    self.ends[self.current] = len(self.containers)
                    self.current = saved
                elif role == LINK:
                    links_open -= 1
                elif role >= FORMATTED:
                    if role <= EMPHASIS:
                        strong_open -= 1
                    if role >= EMPHASIS and self.letters > saved:
                        self.inlines.append((node, self.letters - saved))
                node = node.next
                continue
            tag = node.tag_id
            if tag == TEXT:
                text = node.text_content
                if not text:
                    pass
                elif text.isspace():
                    if parts:
                        parts.append(" ")
                else:
                    breaks = 0
                    parts.append(text)
                    letters = len(text)
                    self.letters += letters
                    if links_open:
                        self.link_letters += letters
                    if strong_open:
                        self.strong_letters += letters
                node = node.next
                continue
            role = roles.get(tag, INLINE)
            if role == SKIPPED:
                node = node.next
                continue
            if role == BREAK:
                breaks += 1
                if breaks == _PARAGRAPH_BREAKS:
                    self.flush()
                    breaks = 0
                else:
                    parts.append(" ")
                node = node.next
                continue
            child = node.child
            if child is None:
                node = node.next
                continue
            if role >= CELL or (tag > CUSTOM and self.containers[self.current].tag != P):
                if parts:
                    if role == CELL:
                        parts.append(" ")
                    else:
                        self.flush()
                        breaks = 0
                saved = self.current
                if self.open_block(node, tag):
                    open_elements.append((node, role if role >= CELL else BLOCK, saved))
                    node = child
                else:
                    self.current = saved
                    node = node.next
                continue
            if role == LINK:
                links_open += 1
            elif FORMATTED <= role <= EMPHASIS:
                strong_open += 1
            open_elements.append((node, role, self.letters))
            node = child
        self.flush()
        self.ends[0] = len(self.containers)

    def open_block(self, node: LexborNode, tag: int) -> bool:
        """Note a container; False where it is boilerplate as a whole, and was read as one block."""
        outer = self.current
        around = self.containers[outer].kind if self.containers else BlockKind.PARAGRAPH
        kind = KINDS.get(tag)
        if kind is None:
            is_part = tag not in WHOLES
            kind = around if around in _INHERITED else BlockKind.PARAGRAPH
        else:
            is_part = False
            if kind is BlockKind.LIST_ITEM and around is BlockKind.QUOTE:
                kind = BlockKind.QUOTE
        names, mark, claim = "", NO_MARK, CLAIMS.get(tag)
        if attributes := node.attributes:
            names = _names(attributes)
            if names:
                mark = mark_of(names)
                claim = claim or mark.reason
            if _hides(attributes):
                claim = DropReason.HIDDEN
        self.current = len(self.containers)
        self.ends.append(self.current + 1)
        self.containers.append(Container(outer, tag, names, mark, claim, kind))
        if claim is None or not is_part or mark.body:
            return True
        text = self.boilerplate(node)
        if text:
            self.blocks.append(RawBlock(BlockKind.PARAGRAPH, text, self.current, len(text), NO_MARK))
        return text is None

    def boilerplate(self, node: LexborNode) -> str | None:
        """The text of a part that calls itself boilerplate, None where some of it may be the article's all the same."""
        if self.unscanned <= 0:
            return None
        text = node.text(separator="\n", strip=True, skip_empty=True)
        self.unscanned -= len(text)
        if (
            len(text) > _LONGEST_BOILERPLATE
            or _SENTENCE.search(text)
            or len(max(text.split("\n"), key=len)) >= (_RUN if text.isascii() else _RUN_WIDE)
        ):
            return None
        folded = fold(text)
        return None if any(headline in folded for headline in self.headlines) else folded

    def inline_mark(self) -> Mark:
        """The mark of an inline element that holds (nearly) all of the block."""
        for node, letters in self.inlines:
            if letters >= self.letters * _WHOLE and (attributes := node.attributes):
                mark = mark_of(_names(attributes))
                if mark.reason is not None:
                    return mark
        return NO_MARK

    def flush(self) -> None:
        """Close the block whose text has been gathered."""
        if not self.letters:
            self.parts.clear()
            return
        kind = self.containers[self.current].kind
        text = (fold_lines if kind is BlockKind.PREFORMATTED else fold)("".join(self.parts))
        if text:
            if kind is BlockKind.TABLE_ROW and len(text) > _LONG_CELL:
                kind = BlockKind.PARAGRAPH
            elif kind is BlockKind.PARAGRAPH and self.strong_letters > _STRONG * self.letters and is_label(text):
                kind = BlockKind.HEADING
            # White space inside links was counted as letters, too.
            links = self.link_letters * len(text) // self.letters
            self.blocks.append(RawBlock(kind, text, self.current, links, self.inline_mark() if self.inlines else NO_MARK))
        self.parts.clear()
        self.inlines.clear()
        self.letters = self.link_letters = self.strong_letters = 0


def _names(attributes: dict[str, str | None]) -> str:
    """The values of the attributes that name an element's purpose."""
    return " ".join([value for name, value in attributes.items() if name in _NAMING and value])


def _hides(attributes: dict[str, str | None]) -> bool:
    """Whether an element's own attributes keep it from being shown."""
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return style is not None and _HIDING_STYLE.search(style) is not None
