"""The language of an article: what its text shows, else what its page declares (ISO 639-1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import gcld3

if TYPE_CHECKING:
    from ingest.model import FieldCandidate

_SAMPLE = 1_500  # characters of the body looked at: more changes no verdict on the corpus
_SHORTEST = 60  # characters; below, headlines full of names are taken for other languages
_SURE = 0.9  # probability; the detector's own bar for "reliable" is 0.7, at which Norwegian and Danish still mix
_OLD_CODES = {"iw": "he", "in": "id", "ji": "yi", "jw": "jv"}  # replaced in ISO 639-1
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]+)?", re.IGNORECASE)


@cache
def _detector() -> gcld3.NNetLanguageIdentifier:
    return gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=1_000)


def detect_language(text: str) -> str | None:
    """The language of a text, None where the detector is not sure."""
    sample = text[:_SAMPLE].encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ")
    if len(sample.strip()) < _SHORTEST:
        return None
    found = _detector().FindLanguage(text=sample)
    if not found.is_reliable or found.probability < _SURE:
        return None
    return primary_tag(found.language)


def primary_tag(declared: str) -> str | None:
    """The language of a tag such as ``pt-BR`` or ``de_AT`` (RFC 5646), None where the text is no tag of two or three letters."""
    found = _TAG.fullmatch(declared.strip())
    if not found:
        return None
    code = found[1].lower()
    return _OLD_CODES.get(code, code)


def choose_language(declared: Sequence[FieldCandidate], detected: str | None, configured: str | None) -> tuple[str | None, str]:
    """The language and where it comes from: the text where it is sure, else the page, else the source's configured language.

    Declared "nb" and "nn" are kept where the text shows "no", and the like.
    """
    tags = [(candidate.origin, tag) for candidate in declared if (tag := primary_tag(candidate.value))]
    if detected:
        for origin, tag in tags:
            if tag == detected or (detected, tag) in _FINER:
                return tag, origin
        return detected, "text:detected"
    for origin, tag in tags:
        return tag, origin
    return configured, "source" if configured else ""


_FINER = frozenset({("no", "nb"), ("no", "nn"), ("sr", "bs"), ("hr", "bs"), ("hr", "sr"), ("ms", "id"), ("id", "ms"), ("zu", "xh"), ("xh", "zu"), ("da", "no"), ("no", "da"), ("bs", "hr"), ("bs", "sr"), ("da", "nb")})
