"""What news pages say that is not the article, told by its wording alone: for short texts, in some thirty languages."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Any

from ingest.model import DropReason
from ingest.native import native_text

__all__ = ["invitation_reason", "matching_reason"]

_LONGEST = 200  # characters: a longer text is judged by more than a phrase in it
_LONGEST_CONTAINING = 160  # characters: a sentence of a story may mention a newsletter, a short line that does is one
_LONGEST_START = 120  # characters: as above, for texts that start like an invitation
_LONGEST_INVITATION = 600  # characters: a longer paragraph tells a story
_MODES = ("whole", "starts", "contains")
_ENDS = " \t.:;,!…»›>«‹<|·•–—-*→▶►“”\"'()[]"
_WORD = re.compile(r"\w+")
_PAGING = re.compile(r"(?:«|<<) (?!.*[»\"“”.!?…])")  # "« Older posts"; French paragraphs open with the same sign, and close or end
_WIDE = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


_Contained = tuple[int, str, re.Pattern[str], DropReason]
"""A phrase's rank (earlier ones win), itself, itself as whole words, and what it means."""


@dataclass(frozen=True, slots=True)
class _Phrases:
    whole: dict[str, DropReason]
    starts: dict[str, tuple[tuple[str, DropReason], ...]]
    """By their first word, or by the first character where that is a sign or of a script without spaces; longest phrase first."""
    contains: dict[str, tuple[_Contained, ...]]
    """By their first word."""
    contains_signs: tuple[_Contained, ...]
    """Those that start with a sign."""


def matching_reason(text: str) -> DropReason | None:
    """Why a text of up to 200 characters is no part of an article, as far as its wording tells; None where it does not."""
    if len(text) > _LONGEST:
        return None
    folded = text.casefold()
    if "  " in folded or not folded.isprintable():
        folded = " ".join(folded.split())
    bare = folded.strip(_ENDS)
    reason = _PHRASES.whole.get(bare) or _PHRASES.whole.get(folded)
    if reason is not None:
        return reason
    if len(folded) <= _LONGEST_START:
        if _PAGING.match(folded):
            return DropReason.NAVIGATION
        for phrase, meaning in _PHRASES.starts.get(_start(folded), ()):
            if folded.startswith(phrase) and _word_ends(folded, len(phrase)):
                return meaning
    return _contained_reason(folded) if len(folded) <= _LONGEST_CONTAINING else None


def invitation_reason(text: str) -> DropReason | None:
    """Why a whole paragraph, of up to 600 characters, speaks to the reader instead of telling the story; None where it tells it."""
    if len(text) > _LONGEST_INVITATION:
        return None
    folded = text.casefold()
    found: list[_Contained] = []
    for word in _INVITING_WORDS & _words(folded):
        found += [entry for entry in _INVITATIONS[word] if entry[1] in folded]
    found.sort(key=lambda entry: entry[0])
    return next((meaning for _, _, as_words, meaning in found if as_words.search(folded)), None)


def _contained_reason(folded: str) -> DropReason | None:
    found = [entry for entry in _PHRASES.contains_signs if entry[1] in folded]
    for word in _CONTAINED_WORDS & _words(folded):
        found += [entry for entry in _PHRASES.contains[word] if entry[1] in folded]
    if len(found) > 1:
        found.sort(key=lambda entry: entry[0])
    return next((meaning for _, _, as_words, meaning in found if as_words.search(folded)), None)


def _words(folded: str) -> set[str]:
    found: set[str] = native_text.runs(folded) if native_text else set(_WORD.findall(folded))
    return found


def _start(text: str) -> str:
    """What a text and a phrase that it starts with have in common."""
    found = None if _WIDE.match(text) else _WORD.match(text)
    return found[0] if found else text[:1]


def _word_ends(text: str, at: int) -> bool:
    """Whether a word ends at a place; scripts without spaces end one anywhere, and so do phrases that end in a sign."""
    return at >= len(text) or not text[at].isalnum() or not text[at - 1].isalnum() or _WIDE.match(text[at]) is not None


def _load() -> _Phrases:
    table: dict[str, dict[str, Any]] = tomllib.loads(resources.files("ingest.extract.phrases").joinpath("phrases.toml").read_text("utf-8"))
    whole: dict[str, DropReason] = {}
    starts: dict[str, list[tuple[str, DropReason]]] = {}
    contained: list[_Contained] = []
    for name, group in table.items():
        reason = DropReason(name)
        for mode, phrases in group.items():
            _check(name, mode, phrases)
        for phrase in group.get("whole", ()):
            folded = phrase.casefold()
            whole.setdefault(folded, reason)
            whole.setdefault(folded.strip(_ENDS), reason)
        for phrase in group.get("starts", ()):
            folded = phrase.casefold()
            starts.setdefault(_start(folded), []).append((folded, reason))
        for phrase in group.get("contains", ()):
            contained.append((len(contained), phrase.casefold(), re.compile(_as_words(phrase)), reason))
    ordered = {key: tuple(sorted(found, key=lambda f: -len(f[0]))) for key, found in starts.items()}
    by_first_word: dict[str, list[_Contained]] = {}
    for entry in contained:
        by_first_word.setdefault(_first_word(entry[1]), []).append(entry)
    signs = tuple(by_first_word.pop("", ()))
    return _Phrases(whole, ordered, {word: tuple(entries) for word, entries in by_first_word.items()}, signs)


def _first_word(phrase: str) -> str:
    """The word that any text with the phrase in it has as a whole word; none where the phrase starts with a sign or may end in a word."""
    found = _WORD.match(phrase)
    return found[0] if found and (found.end() < len(phrase) or phrase[-1].isalpha()) else ""


def _as_words(phrase: str) -> str:
    """A pattern for a phrase as whole words; a sign at its end may touch anything: ``© 20`` in ``© 2017``, ``% off`` in ``50% off``."""
    folded = phrase.casefold()
    before = r"(?<!\w)" if folded[0].isalpha() else ""
    after = r"(?!\w)" if folded[-1].isalpha() else ""
    return f"{before}{re.escape(folded)}{after}"


def _check(name: str, mode: str, phrases: object) -> None:
    if mode not in _MODES or not isinstance(phrases, list):
        raise ValueError(f"phrases.toml: [{name}] has {mode!r}; a reason holds lists named {', '.join(_MODES)}")
    for phrase in phrases:
        if not isinstance(phrase, str) or not phrase or phrase != phrase.lower():
            raise ValueError(f"phrases.toml: {phrase!r} in [{name}] {mode} is not a text in lower case")


_PHRASES = _load()
_CONTAINED_WORDS = frozenset(_PHRASES.contains)


def _load_invitations() -> dict[str, list[_Contained]]:
    """The wording of whole paragraphs, by a word that each has: its longest, which few paragraphs of a story have."""
    text = resources.files("ingest.extract.phrases").joinpath("long_phrases.toml").read_text("utf-8")
    table: dict[str, list[str]] = tomllib.loads(text)
    by_word: dict[str, list[_Contained]] = {}
    rank = 0
    for name, phrases in table.items():
        _check(name, "contains", phrases)
        for phrase in phrases:
            bare = phrase.removeprefix("^")
            words = _WORD.findall(bare)
            key = max(words, key=len)
            pattern = re.compile(("^" if bare != phrase else "") + _as_words(bare))
            by_word.setdefault(key, []).append((rank, bare, pattern, DropReason(name)))
            rank += 1
    return by_word


_INVITATIONS = _load_invitations()
_INVITING_WORDS = frozenset(_INVITATIONS)
