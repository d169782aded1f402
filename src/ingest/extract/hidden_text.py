"""A text that a page shows by scripts only: taken from its data where the HTML has none or the beginning."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.extract.embedded_state import read_state
from ingest.extract.keys import key
from ingest.extract.phrases import matching_reason
from ingest.model import Block, BlockKind, DropReason

if TYPE_CHECKING:
    from collections.abc import Sequence

_SHORT = 700  # characters: the body of a page whose scripts would have shown more; pages with a longer one never pay for this
_LONGER = 1.5  # times as long as the body in the HTML: less is the same text without its headings
_SHORTEST = 140  # characters of a text that is worth taking
_OPENING_READ = 400  # characters of a kept block that are looked for in the data
_OPENING = 40  # letters and digits of a paragraph that tell it from others


def with_hidden_text(blocks: Sequence[Block], page: bytes, title: str | None, declared: str | None) -> tuple[Block, ...]:
    """The blocks, and the paragraphs of the page's data where those continue what the HTML begins, or where it has no text at all.

    ``page`` is the whole page in UTF-8, ``declared`` the text that JSON-LD gives (``articleBody``).
    """
    kept = [block for block in blocks if block.kept]
    shown = sum(len(block.text) for block in kept)
    if shown > _SHORT:
        return tuple(blocks)
    state = read_state(page, title, [block.text[:_OPENING_READ] for block in kept])
    longest = max((state, _declared_paragraphs(declared or "")), key=_letters)
    if _letters(longest) < max(_SHORTEST, _LONGER * shown) or not _continues(kept, longest):
        return tuple(blocks)
    # The same text stands in both: what the HTML has of it is a copy of the whole.
    others = [block._replace(reason=DropReason.DUPLICATE) if block.kept else block for block in blocks]
    return (*others, *(Block(BlockKind.PARAGRAPH, text, matching_reason(text)) for text in longest))


def _continues(kept: Sequence[Block], paragraphs: Sequence[str]) -> bool:
    """Whether one of the kept blocks, where there are any, is in the text: otherwise it is another article's."""
    openings = [text[:_OPENING] for block in kept if len(text := key(block.text)) >= _OPENING]
    whole = key("".join(paragraphs))
    return not kept or any(opening in whole for opening in openings)


def _declared_paragraphs(text: str) -> tuple[str, ...]:
    folded = (" ".join(part.split()) for part in re.split(r"\n\s*\n|\r\n|\n", text))
    return tuple(part for part in folded if part)


def _letters(paragraphs: Sequence[str]) -> int:
    return sum(map(len, paragraphs))
