"""The key of a text: what is left of it where spelling does not matter."""

from __future__ import annotations

import re
import unicodedata

from ingest.native import native_text

_BETWEEN = re.compile(r"[\W_]+")
_BETWEEN_LATIN = bytes(code for code in range(256) if _BETWEEN.match(chr(code)))
_QUOTES_AND_DASHES = "“”‘’–—"


def key(text: str) -> str:
    """What two strings have in common that differ in case, punctuation and spacing only."""
    folded: str | None = native_text.key(text) if native_text else None
    return key_in_python(text) if folded is None else folded


def key_in_python(text: str) -> str:
    """The same for any text, without the compiled part."""
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
