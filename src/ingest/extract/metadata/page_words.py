"""What an element's class and id say it shows, by the words of ``page_words.toml``."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

_LONGEST_NAMES = 400  # characters of class and id looked at; generated utility classes beyond say nothing
_HUMP = re.compile(r"([a-z])([A-Z])")
_LETTERS = re.compile(r"[a-z]+")


def _load() -> dict[str, dict[str, frozenset[str]]]:
    table = tomllib.loads(resources.files(__package__ or "").joinpath("page_words.toml").read_text("utf-8"))
    for group, lists in table.items():
        for words in lists.values():
            for word in words:
                if not isinstance(word, str) or not word or word != word.lower():
                    raise ValueError(f"page_words.toml: {word!r} in {group} is not a lower-case word")
    return {group: {name: frozenset(words) for name, words in lists.items()} for group, lists in table.items()}


_TABLE = _load()
HOME_NAMES = _TABLE["home"]["words"]
SITE_WORDS = _TABLE["site"]["words"]


@lru_cache(maxsize=4_096)
def shows(kind: str, names: str) -> bool:
    """Whether an element with these names (class and id, separated by spaces) shows what ``kind`` names: byline, date or modified."""
    words = set(_LETTERS.findall(_HUMP.sub(r"\1 \2", names[:_LONGEST_NAMES]).lower()))
    group = _TABLE[kind]
    return not words.isdisjoint(group["words"]) and words.isdisjoint(group.get("not", ()))
