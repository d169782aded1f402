"""One pass over the tree: its text as blocks, its elements as a list of containers. Decides nothing, changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.extract.body.folding import fold, fold_lines
from ingest.extract.body.marks import NO_MARK, Mark, mark_of
from ingest.extract.body.sentences import is_label
from ingest.extract.body.tags import BLOCKS, BR, CELLS, CUSTOM, FORMATTED, KINDS, NAMED_INLINES, SKIPPED, TEXT, A
from ingest.model import BlockKind

_PARAGRAPH_BREAKS = 2  # <br> in a row: one is a line's end, two are a paragraph's
_WHOLE = 0.8  # of a block's letters: an inline element with that much of them speaks for the block
_STRONG = 0.9  # of a label's letters in bold: a sub-heading that its author did not mark up as one
_LONG_CELL = 160  # letters: a table cell above that is a paragraph of a page laid out by tables, below it is a cell of a table row

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
    tag: str
    names: str
    mark: Mark
    hidden: bool
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


def read(tree: LexborHTMLParser) -> Reading:
    """The blocks of a page in reading order, with the containers that hold them; time grows linearly with the tree."""
    reader = _Reader()
    if tree.body is not None:
        reader.walk(tree.body)
    return Reading(reader.containers, reader.blocks, [container.parent for container in reader.containers])


class _Reader:
    """The state of one walk: the containers open around the current node, and the text gathered since the last boundary."""

    def __init__(self) -> None:
        self.containers: list[Container] = []
        self.blocks: list[RawBlock] = []
        self.current = 0
        self.parts: list[str] = []
        self.breaks = 0
        self.links_open = 0
        self.strong_open = 0
        self.link_letters = 0
        self.strong_letters = 0
        self.inlines: list[tuple[LexborNode, int]] = []
        self.letters = 0

    def walk(self, body: LexborNode) -> None:
        """Visit all nodes below ``body`` without recursion: pages may nest thousands deep."""
        self.enter_block(body, body.tag_id)
        open_elements: list[tuple[LexborNode, int, int]] = []
        node = body.child
        while True:
            if node is None:
                if not open_elements:
                    break
                element, tag, saved = open_elements.pop()
                self.leave(element, tag, saved)
                node = element.next
                continue
            tag = node.tag_id
            if tag == TEXT:
                text = node.text_content
                if text:
                    self.add_text(text)
            elif tag == BR:
                self.add_break()
            elif tag not in SKIPPED and (child := node.child) is not None:
                open_elements.append((node, tag, self.enter(node, tag)))
                node = child
                continue
            node = node.next
        self.flush()

    def enter(self, node: LexborNode, tag: int) -> int:
        """Open an element; returns what closes it: the container to return to, or -1 - the letters before an inline element."""
        if tag in BLOCKS or (tag > CUSTOM and self.containers[self.current].tag != "p"):
            return self.enter_block(node, tag)
        if tag == A:
            self.links_open += 1
        elif tag in FORMATTED:
            self.strong_open += 1
        return -1 - self.letters

    def enter_block(self, node: LexborNode, tag: int) -> int:
        """Open a block."""
        outer = self.current
        if tag in CELLS and self.parts:
            self.parts.append(" ")
        elif self.parts:
            self.flush()
        around = self.containers[outer].kind if self.containers else BlockKind.PARAGRAPH
        kind = KINDS.get(tag)
        if kind is None:
            kind = around if around in _INHERITED else BlockKind.PARAGRAPH
        elif around is BlockKind.QUOTE and kind is BlockKind.LIST_ITEM:
            kind = BlockKind.QUOTE
        mark, hidden, names = NO_MARK, False, ""
        if attributes := node.attributes:
            names = _names(attributes)
            if names:
                mark = mark_of(names)
                hidden = len(attributes) > 1 and _hides(attributes)
            else:
                hidden = _hides(attributes)
        self.current = len(self.containers)
        self.containers.append(Container(outer, node.tag or "", names, mark, hidden, kind))
        return outer

    def leave(self, node: LexborNode, tag: int, saved: int) -> None:
        if saved >= 0:
            if self.parts and (tag not in CELLS or self.letters > _LONG_CELL):
                self.flush()
            self.current = saved
            return
        if tag == A:
            self.links_open -= 1
        elif tag in FORMATTED:
            self.strong_open -= 1
        if tag in NAMED_INLINES and self.letters > -1 - saved:
            self.inlines.append((node, self.letters + 1 + saved))

    def add_text(self, text: str) -> None:
        letters = len(text)
        if text.isspace():
            self.parts.append(" ")
            return
        self.breaks = 0
        self.parts.append(text)
        self.letters += letters
        if self.links_open:
            self.link_letters += letters
        if self.strong_open:
            self.strong_letters += letters

    def add_break(self) -> None:
        self.breaks += 1
        if self.breaks == _PARAGRAPH_BREAKS:
            self.flush()
        else:
            self.parts.append(" ")

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
        self.breaks = 0
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
            self.blocks.append(RawBlock(kind, text, self.current, links, self.inline_mark()))
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
