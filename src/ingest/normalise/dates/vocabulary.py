"""The words of dates: months, weekdays, zones, halves of the day, and what stands beside them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Any

# Where languages disagree about a word, the earlier one is believed if the page does not say its language:
# "listopad" is November in Polish and Czech and October in Croatian.
_TRUSTED_FIRST = ("en", "de", "fr", "es", "pt", "it", "nl", "ru", "pl", "uk", "cs")


JOINT = "-"
"""What joins the words of one month name, so that it reads as one."""
_CUT_MARKS = ".'’׳"  # what stands at the end of an abbreviation


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The tables of names.toml and words.toml, ready for look-ups."""

    months_by_language: dict[str, dict[str, int]]
    months: dict[str, int]
    solar_hijri_months: dict[str, int]
    compound_months: re.Pattern[str]
    """Month names of several words, and the second of two names ("نوفمبر/تشرين الثاني") with the stroke before it."""
    month_first: frozenset[str]
    zones: dict[str, int]
    regions: dict[str, str]
    halves: dict[str, str]
    half_pattern: str
    beside_dates: frozenset[str]

    def month(self, word: str, language: str | None) -> int | None:
        """The month that a word names, in the language where it is known to name one there."""
        bare = word.rstrip(_CUT_MARKS).replace(JOINT, " ")
        own = self.months_by_language.get(language or "", {}).get(bare)
        return own or self.months.get(bare)

    def half(self, text: str | None) -> str | None:
        """Am or pm."""
        return self.halves.get(text.replace(" ", "")) if text else None


def _load(name: str) -> dict[str, Any]:
    return tomllib.loads(resources.files("ingest.normalise.dates").joinpath(name).read_text("utf-8"))


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=lambda word: (-len(word), word)))


def _vocabulary() -> Vocabulary:
    names, words = _load("names.toml"), _load("words.toml")
    months: dict[str, dict[str, int]] = {}
    for language, table in names.items():
        if len(table["months"]) != 12:  # noqa: PLR2004
            raise ValueError(f"names.toml: {language} has {len(table['months'])} months")
        months[language] = {
            form.casefold().rstrip(_CUT_MARKS): number for number, forms in enumerate(table["months"], start=1) for form in forms
        }
    for language, word, number in words["extra_months"]:
        months.setdefault(language, {})[word] = number
    everywhere: dict[str, int] = {}
    for language in (*_TRUSTED_FIRST, *months):
        for word, number in months[language].items():
            everywhere.setdefault(word, number)
    weekdays = {part for table in names.values() for day in table["weekdays"] for part in day.split()}
    halves = {form.replace(" ", ""): half for half, forms in words["halves"].items() for form in forms}
    forms = sorted((f for table in words["halves"].values() for f in table), key=len, reverse=True)
    return Vocabulary(
        months_by_language=months,
        months=everywhere,
        solar_hijri_months={word: number for number, word in enumerate(words["solar_hijri_months"], start=1)},
        compound_months=re.compile(
            rf"(?<=[^\W\d_])\s?/\s?(?:{_alternatives(months['ar'])})(?![^\W\d_])|{_alternatives(w for w in everywhere if ' ' in w)}"
        ),
        month_first=frozenset(words["month_first"]),
        zones=words["zones"],
        regions=words["regions"],
        halves=halves,
        half_pattern="(?:" + "|".join(re.escape(f) + (r"(?![^\W\d_])" if f[-1].isalpha() else "") for f in forms) + ")",
        beside_dates=frozenset({*words["fillers"]["words"], *weekdays, *words["zones"], *words["regions"], "\x1f"}),
    )


VOCABULARY = _vocabulary()
