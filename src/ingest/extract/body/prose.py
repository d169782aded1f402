"""How much running text a block is, in any script."""

from __future__ import annotations

import re
from collections.abc import Callable

from ingest.extract.body.reading import RawBlock
from ingest.extract.body.sentences import ends_sentence, ends_unpointed
from ingest.model import BlockKind
from ingest.native import native_text

PROSE_SURE = 140.0
"""Letters' worth: a block as long as that is prose even without a full stop."""
_LINKED_MAX = 0.5  # of a block's letters: more, and the block is a link rather than a sentence with a link
_PROSE_MIN = 40.0  # letters' worth: shorter blocks are labels and teasers more often than sentences of a story
WIDE = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
_WIDE_FACTOR = 2.5  # Latin letters that say as much as one Chinese, Japanese or Korean character (translations of the same news)
_UNPOINTED_MIN = 100.0  # letters' worth: a sentence in scripts that have no full stop; headlines stay below
wide_letters: Callable[[str], int] = native_text.wide_letters if native_text else lambda text: len(WIDE.findall(text))
_LETTERS_MIN = _PROSE_MIN / _WIDE_FACTOR


def prose_of(block: RawBlock) -> float:
    """The prose in a block, in letters' worth; 0 for labels, links, captions and headings."""
    kind, text, _, link_letters, _ = block
    letters = len(text)
    if letters < _LETTERS_MIN or link_letters > _LINKED_MAX * letters or kind is BlockKind.HEADING or kind is BlockKind.CAPTION:
        return 0.0
    size = weight(text)
    if size < _PROSE_MIN or (size < PROSE_SURE and not ends_sentence(text) and not _is_unpointed_sentence(text, size)):
        return 0.0
    return size - link_letters


def _is_unpointed_sentence(text: str, size: float) -> bool:
    return size >= _UNPOINTED_MIN and ends_unpointed(text)


def is_linked_heading(block: RawBlock) -> bool:
    """Whether the block is a heading that leads elsewhere, as a teaser's does."""
    return block.kind is BlockKind.HEADING and block.link_letters > _LINKED_MAX * len(block.text)


def weight(text: str) -> float:
    """The text's length in Latin letters' worth."""
    if text.isascii():
        return float(len(text))
    return len(text) + (_WIDE_FACTOR - 1) * wide_letters(text)
