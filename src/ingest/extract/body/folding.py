"""How a block's text is kept."""

from __future__ import annotations

import re

# Soft hyphens, zero-width spaces, word joiners, byte order marks and marks of direction. The zero-width joiner and non-joiner stay:
# they are spelling in Persian and in the scripts of India, and hold emoji together.
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


def fold(text: str) -> str:
    """The text with white space folded (no-break spaces too) and without invisible characters."""
    folded = " ".join(text.split())
    # No invisible character counts as printable, and asking is ten times as fast as looking for each.
    return folded if folded.isprintable() else " ".join(_INVISIBLE.sub("", folded).split())


def fold_lines(text: str) -> str:
    """The text of preformatted lines: as it is, without invisible characters and blank lines around it."""
    lines = _INVISIBLE.sub("", text).replace("\u00a0", " ").splitlines()
    return "\n".join([line.rstrip() for line in lines]).strip()
