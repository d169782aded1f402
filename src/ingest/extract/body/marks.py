"""What an element's attributes say about its part of the page, by the words of ``marks.toml``."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any, Literal

from ingest.model import DropReason

# A word with digits in it is a hash or a number ("css-1ad2").
_WORDS = re.compile(r"[A-Za-z]*\d[A-Za-z\d]*|[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_CACHED = 32_768  # distinct names remembered: one site's pages share nearly all of theirs


@dataclass(frozen=True, slots=True)
class Mark:
    """What an element's names claim it holds."""

    reason: DropReason | None = None
    """Why its text would not belong to the article."""
    body: bool = False
    """It claims to hold the article's text."""
    article: bool = False
    """It claims to be an article, a teaser's included."""
    lead: bool = False
    """It claims to be the standfirst."""

    def joined(self, other: Mark) -> Mark:
        """What two names of one element claim together: of two reasons the first."""
        return Mark(self.reason or other.reason, self.body or other.body, self.article or other.article, self.lead or other.lead)


NO_MARK = Mark()


_Meaning = DropReason | Literal["body", "article", "lead"]


_TABLE = tomllib.loads(resources.files(__package__).joinpath("marks.toml").read_text("utf-8"))
_BEFORE = frozenset(_TABLE["neutral"]["before"])
_AFTER = frozenset(_TABLE["neutral"]["after"])


def _phrases(table: dict[str, Any]) -> dict[str, list[tuple[tuple[str, ...], _Meaning]]]:
    """What each phrase means, by its first word, longest phrase first."""
    groups: list[tuple[_Meaning, list[str]]] = [
        ("body", table["body"]["phrases"]),
        ("article", table["article"]["phrases"]),
        ("lead", table["lead"]["phrases"]),
    ]
    groups += [(DropReason(name), group["phrases"]) for name, group in table["drop"].items()]
    meanings: dict[tuple[str, ...], _Meaning] = {}
    for meaning, phrases in groups:
        for phrase in phrases:
            if not re.fullmatch(r"[^\W\d_]+(?: [^\W\d_]+)*", phrase) or phrase != phrase.lower():
                raise ValueError(f"marks.toml: {phrase!r} is not a phrase of lower-case words")
            for form in (tuple(phrase.split()), (phrase.replace(" ", ""),)):
                if meanings.setdefault(form, meaning) != meaning:
                    raise ValueError(f"marks.toml: {phrase!r} stands for both {meanings[form]} and {meaning}")
    by_first_word: dict[str, list[tuple[tuple[str, ...], _Meaning]]] = {}
    for form in sorted(meanings, key=lambda form: (-len(form), form)):
        by_first_word.setdefault(form[0], []).append((form, meanings[form]))
    return by_first_word


_PHRASES = _phrases(_TABLE)
_STEMS = {stem: DropReason(name) for name, group in _TABLE["drop"].items() for stem in group.get("stems", ())}
_STEM = re.compile("|".join(sorted(_STEMS, key=len, reverse=True)))

_COMPOUND_MIN = min(len(stem) for stem in _STEMS) + 1


@lru_cache(maxsize=_CACHED)
def _compound(word: str) -> list[tuple[tuple[str, ...], _Meaning]]:
    """What a word that starts no phrase means by the stem in it, in the form of a phrase."""
    stem = _STEM.search(word)
    return [((word,), _STEMS[stem[0]])] if stem else []


@lru_cache(maxsize=_CACHED)
def mark_of(names: str) -> Mark:
    """The mark of an element whose class, id, role and the like read ``names`` (separated by spaces)."""
    mark = NO_MARK
    for name in names.split():
        other = _mark_of_name(name)
        if other is not NO_MARK:
            mark = other if mark is NO_MARK else mark.joined(other)
    return mark


@lru_cache(maxsize=_CACHED)
def _mark_of_name(name: str) -> Mark:
    words = [word.lower() for word in _WORDS.findall(name)]
    reason: DropReason | None = None
    others: set[_Meaning] = set()
    next_at = 0
    for at, word in enumerate(words):
        forms = _PHRASES.get(word)
        if forms is None:
            forms = _compound(word) if len(word) >= _COMPOUND_MIN else None
        if not forms or at < next_at:
            continue
        for form, meaning in forms:
            end = at + len(form)
            if len(form) > 1 and tuple(words[at:end]) != form:
                continue
            next_at = end
            if (at and words[at - 1] in _BEFORE) or (end < len(words) and words[end] in _AFTER):
                break
            if isinstance(meaning, DropReason):
                reason = reason or meaning
            else:
                others.add(meaning)
            break
    if reason is None and not others:
        return NO_MARK
    return Mark(reason, "body" in others, "article" in others, "lead" in others)
