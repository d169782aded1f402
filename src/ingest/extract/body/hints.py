"""What the page's metadata already says, for telling its headline and byline from its body."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_BETWEEN = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class BodyHints:
    """Metadata of the page as far as it is known before the body is read; all of it may be absent."""

    title: str | None = None
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    jsonld_body: str | None = None
    """``articleBody`` of the page's JSON-LD: often the whole text, sometimes its start or a summary."""
    summary: str | None = None


def key(text: str) -> str:
    """What two strings have in common that differ in case, punctuation and spacing only."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return _BETWEEN.sub("", text.casefold())
