"""Sentences and labels, told apart by their ends, in any script."""

from __future__ import annotations

import re

LABEL_MAX = 70
"""Characters: a date, a name, a label or a sub-heading in the text is shorter."""
_SENTENCE_END = re.compile(r"""[.!?…。！？｡؟۔।॥։።၊။፡;:]["'”’»«)\]）」』】>\s]*$""")
_UNPOINTED_END = re.compile("[\u0e00-\u0eff]\\W*$")
# What agencies and magazines set behind the last sentence: "（完）", "(ANSA)", "■".
_SIGNED_OFF = re.compile(r"""(?<=[.!?…。！？”"’»」』])\s*(?:[（(【\[]\s?[^\W\d_]{1,6}\s?[)）】\]]|[■◆□●▪♦])$""")
_SIGNS = frozenset(")）】]■◆□●▪♦")  # the last character of such a sign
_ENDING = 8  # characters at the end of a text: a full stop and what may close after it


def ends_sentence(text: str) -> bool:
    """Whether the text ends as a sentence does, closing quotes and brackets aside."""
    if _SENTENCE_END.search(text[-_ENDING:]):
        return True
    return text[-1:] in _SIGNS and _SIGNED_OFF.search(text[-2 * _ENDING :]) is not None


def ends_unpointed(text: str) -> bool:
    """Whether the text ends in a script that has no full stop: Thai or Lao."""
    return _UNPOINTED_END.search(text[-_ENDING:]) is not None


def is_label(text: str) -> bool:
    """Whether the text is short and no sentence."""
    return len(text) < LABEL_MAX and not ends_sentence(text)
