"""One pass over the tree: its text as blocks, its elements as a list of containers. Changes nothing.

Parts that boilerplate names (a menu, a footer, a share bar) and that hold no sentence are read as one block: nothing in them could be
the article's, and they are most of a page.
"""

from __future__ import annotations

from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.extract.body.elements import (
    LONG_CELL,
    LONGEST_NAMES,
    MOST_SCANNED,
    NAMING,
    PARAGRAPH_BREAKS,
    STRONG,
    WHOLE,
    boilerplate_text,
    hides,
    is_read_out,
    kind_within,
)
from ingest.extract.body.folding import fold, fold_lines
from ingest.extract.body.marks import NO_MARK, Mark, mark_of
from ingest.extract.body.reading import RawBlock, Reading
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
    NAMED,
    ROLES,
    SKIPPED,
    TEXT,
    WHOLES,
    P,
)
from ingest.extract.native import native_tree
from ingest.model import BlockKind, DropReason

RULE = "data-ingest-rule"
"""The attribute by which a site rule marks elements: ``body`` for the article's, ``drop`` for what is not to be in it."""


def read(tree: LexborHTMLParser, headlines: Sequence[str] = (), *, ruled: bool = False) -> Reading:
    """The blocks of a page in reading order, with the containers that hold them; time grows linearly with the tree.

    Args:
        tree: The page.
        headlines: What may be the article's headline: a part of the page that has one of them is read in full whatever it is called.
        ruled: Whether a site rule has marked elements of the page.
    """
    if native_tree is None or ruled:
        return read_in_python(tree, headlines, ruled=ruled)
    reading: Reading = native_tree.read(tree, headlines)
    return reading


def read_in_python(tree: LexborHTMLParser, headlines: Sequence[str] = (), *, ruled: bool = False) -> Reading:
    """The same where the compiled reader is not at hand, or rules have marked the page."""
    reading = Reading()
    if tree.body is not None:
        _Walk(reading, headlines, ruled=ruled).visit(tree.body)
    return reading


class _Walk:
    """The state of one walk: the container open around the current node, and the text gathered since the last boundary."""

    def __init__(self, reading: Reading, headlines: Sequence[str], *, ruled: bool) -> None:
        self.reading = reading
        self.headlines = headlines
        self.ruled = ruled
        self.unscanned = MOST_SCANNED
        self.current = 0
        self.kinds: list[BlockKind] = []  # of each container: what text directly in it is
        self.parts: list[str] = []
        self.letters = 0
        self.link_letters = 0
        self.strong_letters = 0
        self.inlines: list[tuple[LexborNode, int]] = []

    def visit(self, body: LexborNode) -> None:  # noqa: C901, PLR0912, PLR0915  # a call for each of some 1,000 nodes costs more than the work
        """Visit all nodes below ``body``, without recursion: pages may nest thousands deep."""
        parts, roles, ruled, tags = self.parts, ROLES, self.ruled, self.reading.tags
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
                    if parts and (role == BLOCK or self.letters > LONG_CELL):
                        self.flush()
                        breaks = 0
                    self.close_block(saved)
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
                text = node.text_content or ""
                if text.isspace():
                    if parts:
                        parts.append(" ")
                elif text:
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
            if role == BREAK:
                breaks += 1
                if breaks == PARAGRAPH_BREAKS:
                    self.flush()
                    breaks = 0
                else:
                    parts.append(" ")
            child = node.child
            if child is None or role == SKIPPED:
                node = node.next
                continue
            if (tag > CUSTOM and tags[self.current] != P) or (ruled and role < CELL and RULE in node.attributes):
                role = BLOCK
            if role >= CELL:
                if parts:
                    if role == CELL:
                        parts.append(" ")
                    else:
                        self.flush()
                        breaks = 0
                saved = self.current
                if not self.open_block(node, tag):
                    self.close_block(saved)
                    node = node.next
                    continue
                open_elements.append((node, role, saved))
            elif role == NAMED and is_read_out((attributes := node.attributes).get("class"), attributes.get("style")):
                node = node.next
                continue
            else:
                if role == LINK:
                    links_open += 1
                elif FORMATTED <= role <= EMPHASIS:
                    strong_open += 1
                open_elements.append((node, role, self.letters))
            node = child
        self.flush()
        self.close_block(0)

    def open_block(self, node: LexborNode, tag: int) -> bool:
        """Note a container; False where it is boilerplate as a whole, and was read as one block."""
        reading, outer = self.reading, self.current
        index = self.current = len(reading.tags)
        mark, names, claim, kind = NO_MARK, "", CLAIMS.get(tag), KINDS.get(tag)
        is_part = kind is None and tag not in WHOLES
        if attributes := node.attributes:
            names = _names(attributes)
            if names:
                mark = mark_of(names)
                claim = claim or mark.reason
            if "hidden" in attributes or ((style := attributes.get("style")) and hides(style)):
                claim = DropReason.HIDDEN
            if self.ruled and (rule := attributes.get(RULE)):
                claim = DropReason.SITE_RULE if rule == "drop" else None
                if rule == "body":
                    reading.chosen.append(index)
        around = self.kinds[outer] if index else BlockKind.PARAGRAPH
        self.kinds.append(kind_within(around, kind))
        reading.parents.append(outer)
        reading.ends.append(index + 1)
        reading.first_blocks.append(len(reading.blocks))
        reading.end_blocks.append(0)
        reading.tags.append(tag)
        reading.names.append(names)
        reading.marks.append(mark)
        if claim is None or not index:
            return True
        reading.claimed[index] = claim
        if not is_part or mark.body or self.ruled:
            return True
        text = self.boilerplate(node)
        if text:
            self.add(RawBlock(BlockKind.PARAGRAPH, text, index, len(text), NO_MARK))
        return text is None

    def close_block(self, outer: int) -> None:
        reading, index = self.reading, self.current
        reading.ends[index] = len(reading.tags)
        reading.end_blocks[index] = len(reading.blocks)
        self.current = outer

    def add(self, block: RawBlock) -> None:
        self.reading.blocks.append(block)
        self.reading.holders.append(block.container)

    def boilerplate(self, node: LexborNode) -> str | None:
        """The text of a part that calls itself boilerplate, None where some of it may be the article's all the same."""
        if self.unscanned <= 0:
            return None
        text = node.text(separator="\n", strip=True, skip_empty=True)
        self.unscanned -= len(text)
        return boilerplate_text(text, self.headlines)

    def inline_mark(self) -> Mark:
        """The mark of an inline element that holds (nearly) all of the block."""
        for node, letters in self.inlines:
            if letters >= self.letters * WHOLE and (attributes := node.attributes):
                mark = mark_of(_names(attributes))
                if mark.reason is not None:
                    return mark
        return NO_MARK

    def flush(self) -> None:
        """Close the block whose text has been gathered."""
        if not self.letters:
            self.parts.clear()
            return
        kind = self.kinds[self.current]
        text = (fold_lines if kind is BlockKind.PREFORMATTED else fold)("".join(self.parts))
        if text:
            if kind is BlockKind.TABLE_ROW and len(text) > LONG_CELL:
                kind = BlockKind.PARAGRAPH
            elif kind is BlockKind.PARAGRAPH and self.strong_letters > STRONG * self.letters and is_label(text):
                kind = BlockKind.HEADING
            # White space inside links was counted as letters, too.
            links = self.link_letters * len(text) // self.letters
            self.add(RawBlock(kind, text, self.current, links, self.inline_mark() if self.inlines else NO_MARK))
        self.parts.clear()
        self.inlines.clear()
        self.letters = self.link_letters = self.strong_letters = 0


def _names(attributes: dict[str, str | None]) -> str:
    """The values of the attributes that name an element's purpose."""
    return " ".join([value for name, value in attributes.items() if name in NAMING and value])[:LONGEST_NAMES]
