"""What the page's metadata already says, for telling its headline and byline from its body."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_BETWEEN = re.compile(r"[\W_]+")
_BETWEEN_LATIN = bytes(code for code in range(256) if _BETWEEN.match(chr(code)))
_QUOTES_AND_DASHES = "“”‘’–—"


@dataclass(frozen=True, slots=True)
class BodyHints:
    """Metadata of the page as far as it is known before the body is read; all of it may be absent."""

    title: str | None = None
    headlines: tuple[str, ...] = ()
    """The page's headings of the first rank, and its title where that is another."""
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    jsonld_body: str | None = None
    """``articleBody`` of the page's JSON-LD: often the whole text, sometimes its start or a summary."""
    summary: str | None = None
    ruled: bool = False
    """A site rule has marked elements of the page (see ``walk.RULE``)."""


def key(text: str) -> str:
    """What two strings have in common that differ in case, punctuation and spacing only."""
    if text.isascii():
        return text.lower().encode().translate(None, _BETWEEN_LATIN).decode()
    folded = unicodedata.normalize("NFKC", text).casefold()
    # Deleting bytes is five times as fast as the pattern, and most texts are Latin but for these signs.
    for sign in _QUOTES_AND_DASHES:
        folded = folded.replace(sign, "")
    try:
        return folded.encode("latin-1").translate(None, _BETWEEN_LATIN).decode("latin-1")
    except UnicodeEncodeError:
        return _BETWEEN.sub("", folded)
