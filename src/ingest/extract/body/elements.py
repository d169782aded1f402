"""What an element's tag, names and text say about it, for both ways of walking the tree (``walk`` and the compiled ``ingest_lexbor``)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ingest.extract.body.folding import fold
from ingest.model import BlockKind

PARAGRAPH_BREAKS = 2
"""<br> in a row: one is a line's end, two are a paragraph's."""
WHOLE = 0.8
"""Of a block's letters: an inline element with that much of them speaks for the block."""
STRONG = 0.9
"""Of a label's letters in bold: a sub-heading that its author did not mark up as one."""
LONG_CELL = 160
"""Letters: a table cell above that is a paragraph of a page laid out by tables, below it is a cell of a table row."""
MOST_SCANNED = 500_000
"""Characters looked through for whole parts of boilerplate: a hostile page nests parts thousands deep, each scanned again."""
LONGEST_NAMES = 400
"""Characters of attribute values looked at: real ones stay below, generated utility classes say nothing."""
NAMING = frozenset(
    {"class", "id", "role", "itemprop", "data-testid", "data-component", "data-module", "data-type", "data-qa", "aria-label"}
)
"""The attributes that name an element's purpose."""

RUN = 140
"""Characters between two tags: as long as that, a text is prose even without a full stop."""
RUN_WIDE = 56
"""The same where the text is not ASCII: Chinese and Japanese say as much in fewer characters."""
LONGEST_BOILERPLATE = 8_000
"""Characters; longer menus are read part by part."""
SENTENCE = re.compile(r"""[.!?…。！？؟۔।॥](?<=\w\w.)["”’»)\]」』]*(?:\n|\Z)""")
"""The end of a sentence at the end of a line."""

_CACHED = 8_192
_INHERITED = frozenset({BlockKind.QUOTE, BlockKind.LIST_ITEM, BlockKind.CAPTION})
_HIDING_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
# What is only read out ("opens in a new tab"), and what only shows when a pointer rests on a name.
_READ_OUT = re.compile(
    r"\b(?:sr-only|visually-?hidden|screen-?reader)|\b(?:tooltip|popover|rollover)[\w-]*(?:block|box|body|card|content|panel|text)\b",
    re.IGNORECASE,
)
_CLIPPED = re.compile(r"\bclip\s*:\s*rect\(\s*[01](?:px)?[\s,]", re.IGNORECASE)


def kind_within(around: BlockKind, own: BlockKind | None) -> BlockKind:
    """What text in an element is, by the element around it and its own tag."""
    if own is None:
        return around if around in _INHERITED else BlockKind.PARAGRAPH
    return BlockKind.QUOTE if own is BlockKind.LIST_ITEM and around is BlockKind.QUOTE else own


@lru_cache(maxsize=_CACHED)
def is_read_out(names: str | None, style: str | None) -> bool:
    """Whether an inline element of that class and style holds words that a reader of the page does not see."""
    return bool((names and _READ_OUT.search(names)) or (style and _CLIPPED.search(style)))


@lru_cache(maxsize=_CACHED)
def hides(style: str) -> bool:
    """Whether a style keeps its element from being shown."""
    return _HIDING_STYLE.search(style) is not None


def boilerplate_text(text: str, headlines: Sequence[str]) -> str | None:
    """The folded text of a part that calls itself boilerplate, None where some of it may be the article's all the same.

    ``text`` has a line for each piece of text between two tags.
    """
    if len(text) > LONGEST_BOILERPLATE or SENTENCE.search(text) or "{" in text or ");" in text or '="' in text:
        return None  # sentences, or the text of a script, which is skipped where elements are read one by one
    longest = RUN if text.isascii() else RUN_WIDE
    if len(text) >= longest and len(max(text.split("\n"), key=len)) >= longest:
        return None
    folded = fold(text)
    for headline in headlines:
        if headline in folded:
            return None
    return folded
