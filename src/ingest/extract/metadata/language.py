"""The language of an article: what its text shows, else what its page declares (ISO 639-1)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import TYPE_CHECKING

import gcld3  # type: ignore[import-untyped]  # a C++ extension without stubs

if TYPE_CHECKING:
    from ingest.model import FieldCandidate

_SAMPLE = 600  # characters of the body looked at: more changes one verdict in 300 on the corpus
_CONFIRMING = 120  # characters: enough to confirm what the page declares for 93 % of the corpus; the others are looked at longer
_SHORTEST = 60  # characters; below, headlines full of names are taken for other languages
_SURE = 0.9  # probability; the detector's own bar for "reliable" is 0.7, at which Norwegian and Danish still mix
_OPENING = 400  # characters looked through for function words
_FUNCTION_WORDS_MIN = 4  # different ones
_FUNCTION_WORDS_SHARE = 0.05  # of the opening's words; news has two to three times that, a text in another language next to none
# Words that a text of the language is full of, and its neighbours' are not (Catalan, Galician, Afrikaans, Luxembourgish): what a page
# declares to be in one of the commonest languages of news is confirmed by them in a tenth of the detector's time.
_FUNCTION_WORDS = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the of and that with which from were would their they this has been have who about after",
        "de": "und das nicht mit auf für sich wird auch eine einen einer wurde werden sind ist oder noch im dass über vom durch",
        "fr": "les est une dans pour qui avec aux cette ces par sont été mais leur selon ont",
        "es": "los las y sus fue según hasta más también pero",
        "it": "della che nel gli alla sono anche delle dei questo dalla nella non ha",
        "pt": "não uma um pela pelo são também à às sua isso",
        "nl": "een niet zijn wordt naar werd heeft deze worden zich hij bij",
    }.items()
}
_CODES = {
    "iw": "he", "in": "id", "ji": "yi", "jw": "jv",  # replaced in ISO 639-1
    "ara": "ar", "bul": "bg", "ces": "cs", "cze": "cs", "chi": "zh", "zho": "zh", "dan": "da", "deu": "de", "ger": "de", "dut": "nl",
    "nld": "nl", "ell": "el", "gre": "el", "eng": "en", "spa": "es", "fas": "fa", "per": "fa", "fin": "fi", "fra": "fr", "fre": "fr",
    "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu", "ind": "id", "ita": "it", "jpn": "ja", "kor": "ko", "nob": "nb", "nno": "nn",
    "nor": "no", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro", "rus": "ru", "srp": "sr", "swe": "sv", "tha": "th", "tur": "tr",
    "ukr": "uk", "vie": "vi",  # ISO 639-2 and 639-3
}  # fmt: skip
_TAG = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9_-]+)?", re.IGNORECASE)

# Pairs that the detector mixes up, or where it names only the wider language: what the page declares then stands.
_FINER = frozenset(
    {
        ("no", "nb"), ("no", "nn"), ("da", "no"), ("da", "nb"), ("no", "da"), ("hr", "sr"), ("hr", "bs"), ("sr", "bs"), ("sr", "hr"),
        ("bs", "hr"), ("bs", "sr"), ("ms", "id"), ("id", "ms"), ("zu", "xh"), ("xh", "zu"),
    }
)  # fmt: skip


@cache
def _detector() -> gcld3.NNetLanguageIdentifier:
    return gcld3.NNetLanguageIdentifier(min_num_bytes=0, max_num_bytes=500)


def detect_language(text: str, expected: str | None = None) -> str | None:
    """The language of a text, None where the detector is not sure.

    ``expected`` is the language that the page declares: a few words are enough to confirm it, which takes a part of the time.
    """
    if expected and _is_full_of(text[:_OPENING], _FUNCTION_WORDS.get(expected)):
        return expected
    sample = text[:_SAMPLE].encode("utf-8", "ignore").decode("utf-8").replace("\x00", " ")
    if len(sample.strip()) < _SHORTEST:
        return None
    if expected and _detected(sample[:_CONFIRMING]) == expected:
        return expected
    return _detected(sample)


def _is_full_of(opening: str, function_words: frozenset[str] | None) -> bool:
    if function_words is None:
        return False
    words = opening.lower().split()
    found = [word for word in words if word in function_words]
    return len(set(found)) >= _FUNCTION_WORDS_MIN and len(found) >= _FUNCTION_WORDS_SHARE * len(words)


def _detected(sample: str) -> str | None:
    found = _detector().FindLanguage(text=sample)
    return primary_tag(found.language) if found.is_reliable and found.probability >= _SURE else None


@lru_cache(maxsize=1_024)
def primary_tag(declared: str) -> str | None:
    """The language of a tag such as ``pt-BR`` or ``de_AT`` (RFC 5646), None where the text is no tag of two or three letters."""
    found = _TAG.fullmatch(declared.strip())
    if not found:
        return None
    code = found[1].lower()
    return _CODES.get(code, code)


def choose_language(declared: Sequence[FieldCandidate], detected: str | None, configured: str | None) -> tuple[str | None, str]:
    """The language and where it comes from: the text where it is sure, else the page, else the source's configured language.

    What the page declares stands where the detector names only its wider language: "nb" where the text shows "no".
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
