"""Bylines to the names of authors, by the words of ``bylines.toml``."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from importlib import resources
from typing import Any

from ingest.normalise.text import clean_text

_MOST_NAMES = 50  # of one article; longer lists are member directories
_LONGEST_BYLINE = 1_000  # characters; longer values are biographies or text
_LONGEST_NAME = 80  # characters; organisations with long names stay below
_MOST_WORDS = 9  # of one name, organisations included
_PERSON_WORDS = 2  # a person is written with a given name and a family name

_ADDRESS = re.compile(r"\S+@\S+\.\w+|https?://\S*|www\.\S+", re.IGNORECASE)
_HANDLE = re.compile(r"(?<!\w)@\w+")
_PARENTHESES = re.compile(r"[(\[（][^()\[\]（）]*[)\]）]")
_HARD_SEPARATOR = re.compile(r"\s*[;|•·●▪、，؛\n]\s*|\s+[/–—-]\s+|\s*//\s*")
_STROKE = re.compile(r"(?<=\w)(\s[^\W\d_]+)/([^\W\d_]+)(?=\s*(?:,|;|$))")  # behind a name of two words or more
_EDGE = " \t,.:;|/–—-•·*\"'“”„«»()[]"
_CLOCK = re.compile(r"\d{1,2}[:.h]\d\d")
_DATE_AFTER = re.compile(r",?\s+(?:on|am|le|el|il|op|den|em|dne|dnia)?\s*(?:\w+\.?\s)?\d{1,4}[./,\s]\s?\d.*$")  # "... on November 14, 2019"
_LINE_PARTS = re.compile(r"\s*[|•·／]\s*|\s+[–—-]\s+")
_LONGEST_NAME_UNCASED = 20  # characters of a name in a script without capitals
_HAN_NAMES = r"[\u3400-\u9fff]{2,4}(?:[、，, ][\u3400-\u9fff]{2,4})*"
_REPORTED = re.compile(rf"[記记]者\s?(?P<han>{_HAN_NAMES})\s?(?=[／/)）〕】]|$)")  # and behind the stroke the place
_DATELINE = re.compile(
    rf"^[^（(〔【]{{0,30}}[（(〔【](?:[^（(〔【]{{0,10}}\s)?[記记]者\s?(?P<han>{_HAN_NAMES})\s?[／/)）〕】]"
    r"|^[(（[【][^)）\]】]{2,20}[)）\]】]\s?(?P<hangul>[가-힣]{2,4}(?:[·,]\s?[가-힣]{2,4})*)\s?(?:기자|특파원)\s?="
)
_MOST_DATELINE = 100  # characters
_SLUG_SPACE = re.compile(r"[\s_]+")


def _load() -> dict[str, Any]:
    table = tomllib.loads(resources.files("ingest.normalise").joinpath("bylines.toml").read_text("utf-8"))
    groups: list[tuple[str, Any]] = [(f"before.{language}", words) for language, words in table["before"].items()]
    groups += [(f"{group}.{key}", words) for group, content in table.items() if group != "before" for key, words in content.items()]
    for where, words in groups:
        for word in words:
            if not isinstance(word, str) or not word.strip() or word != word.lower():
                raise ValueError(f"bylines.toml: {word!r} in {where} is not a lower-case word")
    return table


def _alternatives(words: Iterable[str]) -> str:
    return "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(set(words), key=lambda word: (-len(word), word)))


_TABLE = _load()
_BEFORE = re.compile(
    rf"(?:{_alternatives(word.rstrip(':') for words in _TABLE['before'].values() for word in words)})(?:\s*[:：]\s*|\s+)", re.IGNORECASE
)
_LABEL = re.compile(
    rf"(?<=\s)(?:{_alternatives(word.rstrip(':') for words in _TABLE['before'].values() for word in words)}):(?=\s)", re.IGNORECASE
)
_DATE_LABEL = re.compile(r"\s[^\W\d_]{3,}:\s?\d.*$")
_BETWEEN = re.compile(rf"\s+(?:{_alternatives(_TABLE['between']['words'])})\s+|\s*&\s*|\s+\+\s+", re.IGNORECASE)
_AFTER = re.compile(rf"\s+(?:{_alternatives(_TABLE['after']['words'])})\s+.*", re.DOTALL)
_ROLES = frozenset(_TABLE["role"]["words"])
_ROLE_SUFFIXES = tuple(_TABLE["role"]["suffixes"])
_ENDS = frozenset(_TABLE["end"]["words"])
_NO_NAMES = frozenset(_TABLE["noise"]["values"]) | frozenset(_TABLE["between"]["words"]) | _ENDS
_AGENCIES = frozenset(_TABLE["agency"]["names"])
_ORGANISATION_WORDS = frozenset(_TABLE["organisation"]["words"])
_ORGANISATION_PARTS = tuple(_TABLE["organisation"]["parts"])
_NAME_SUFFIXES = frozenset(_TABLE["suffix"]["words"])


def clean_authors(raw: Sequence[str]) -> tuple[str, ...]:
    """The names in the given bylines or author values, each once, in order.

    Words around names, roles, places, addresses and handles are dropped. An organisation is kept as a page names it.
    """
    names: dict[str, str] = {}
    for value in raw[:_MOST_NAMES]:
        for name in split_byline(value):
            if len(names) < _MOST_NAMES:
                names.setdefault(name_key(name), name)
    return tuple(names.values())


def name_key(name: str) -> str:
    """What two spellings of a name have in common that differ in case, accents, punctuation and spacing only."""
    decomposed = unicodedata.normalize("NFKD", name.casefold())
    return "".join(character for character in decomposed if character.isalnum())


@lru_cache(maxsize=64)  # a page is asked again where its text shows what its metadata lacks
def split_byline(byline: str) -> tuple[str, ...]:
    """The names in one byline."""
    text = clean_text(byline[:_LONGEST_BYLINE])
    if _is_address(text):
        return ()
    text = _HANDLE.sub(" ", _ADDRESS.sub(" ", text))
    if reported := _REPORTED.search(text):
        return _apart(reported["han"])
    names: list[str] = []
    for part in _HARD_SEPARATOR.split(_STROKE.sub(_beside_stroke, _PARENTHESES.sub(" ", text))):
        names += _split_commas(_without_before(part))
    return tuple([name for name in map(_trim, names) if name])


def _beside_stroke(found: re.Match[str]) -> str:
    """``Jane ROE/VAN`` names a place behind the stroke, ``Jane Roe/Reuters`` an agency."""
    return f"{found[1]}; {found[2]}" if _is_agency(found[2]) else found[1]


def _is_address(text: str) -> bool:
    return bool(re.match(r"(?:https?:)?//|www\.|@|/", text, re.IGNORECASE)) or bool(re.fullmatch(r"\S+@\S+", text))


def _without_before(text: str) -> str:
    """The byline without the words that introduce it; ``Di Marco`` alone stays a name."""
    text = text.strip(_EDGE)
    found = _BEFORE.match(text)
    if not found:
        return text
    rest = text[found.end() :].strip(_EDGE)
    introduced = (
        ":" in found[0] or "：" in found[0] or not found[0][0].isupper() or len(rest.split()) >= _PERSON_WORDS or " " in found[0].strip()
    )
    return rest if introduced or found[0].strip().casefold() == "by" else text


def _split_commas(text: str) -> list[str]:
    parts = [part.strip(_EDGE + " ") for part in text.split(",")]
    parts = [part for part in parts if part]
    if (
        len(parts) == _PERSON_WORDS
        and all(len(part.split()) == 1 for part in parts)
        and not _is_agency(parts[1])
        and not _is_role(parts[1])
    ):
        if parts[1].casefold() in _NAME_SUFFIXES:
            return [f"{parts[0]}, {parts[1]}"]
        return [f"{parts[1]} {parts[0]}"]  # "Roe, Jane"
    names: list[str] = []
    for part in parts:
        if names and part.casefold() in _NAME_SUFFIXES:
            names[-1] += f", {part}"
        elif not names or _may_follow(part):
            names += _split_joined(part)
    return names


def _may_follow(part: str) -> bool:
    """Whether a part after a comma is another author and not a role, a place or a date."""
    if _is_role(part) or part[0].isdigit():
        return False
    starts_joined = re.match(r"(?:and|und|et|og|och|y|e|en)\s", part)
    return bool(starts_joined) or len(_BETWEEN.split(part)[0].split()) >= _PERSON_WORDS or _is_agency(part) or not part.isascii()


def _split_joined(text: str) -> list[str]:
    """The names that "and" joins; ``Ortega y Gasset`` stays one."""
    text = re.sub(r"^(?:and|und|et|og|och|y|e|en|&)\s+", "", text)
    parts = [part.strip() for part in _BETWEEN.split(text)]
    if len(parts) > 1 and all(len(part.split()) >= _PERSON_WORDS or _is_agency(part) for part in parts):
        return parts
    return [text]


def introduced_parts(line: str) -> list[str]:
    """The parts of a line that a word introduces as bylines: ``Von Anna Muster`` of ``3.5.24 | 14:07 Uhr | Von Anna Muster``."""
    parts = (_DATE_AFTER.sub("", part) for whole in _LINE_PARTS.split(line) for part in _labelled(whole))
    return [part for part in parts if _is_introduced(part)]


def dateline_names(text: str) -> tuple[str, ...]:
    """The reporters that the beginning of a story names: ``〔記者王小明／台北報導〕``, ``(서울=통신) 홍길동 기자 =``."""
    found = _DATELINE.match(text[:_MOST_DATELINE])
    return _apart(found["han"] or found["hangul"]) if found else ()


def _apart(names: str) -> tuple[str, ...]:
    return tuple(name for name in re.split(r"[、，,·\s]+", names) if name)


def _labelled(text: str) -> list[str]:
    """A line by its labels: ``Autor: Anna Muster`` of ``12.11.2025. 10:15h Autor: Anna Muster Ažurirano: 12:00``."""
    starts = [found.start() for found in _LABEL.finditer(text)]
    ends = [*starts[1:], len(text)]
    return [_DATE_LABEL.sub("", text[start:end]).strip() for start, end in zip(starts, ends, strict=True)] if starts else [text]


def unintroduced_parts(line: str) -> list[str]:
    """The parts of a line that are names by their form alone: ``Anna Muster`` of ``Anna Muster | 3.5.24``, none of a line in one part."""
    parts = _LINE_PARTS.split(line)
    return (
        [part for part in parts if _is_name(part) and part.replace(" ", "").isalpha() and not is_organisation(part)]
        if len(parts) > 1
        else []
    )


def _is_introduced(text: str) -> bool:
    """Whether a text begins with a word that introduces an author ("By", "Von", "Text:") and names somebody after it."""
    found = _BEFORE.match(text)
    return found is not None and any(_is_name(name) for name in split_byline(text)) and text[found.end() :][:1].isalpha()


def _is_name(text: str) -> bool:
    """Whether a text has the form of a name: two words or more that begin with capitals, or a few letters of a script that has none."""
    words = text.split()
    if not text.isascii() and not any(character.isupper() or character.islower() for character in text):
        return len(text) <= _LONGEST_NAME_UNCASED
    return _PERSON_WORDS <= len(words) <= _MOST_WORDS and words[0][0].isupper() and words[-1][0].isupper()


def is_organisation(name: str) -> bool:
    """Whether a name by itself is that of an agency, a desk or a newsroom."""
    return _is_agency(name) or not _ORGANISATION_WORDS.isdisjoint(re.findall(r"\w+", name.casefold())) or _names_staff(name)


def _names_staff(name: str) -> bool:
    """In scripts without spaces the word stands within the name."""
    return not name.isascii() and any(word in name for word in _ORGANISATION_PARTS)


def _is_agency(text: str) -> bool:
    return text.casefold().strip(_EDGE) in _AGENCIES


def _is_role(text: str) -> bool:
    return any(word in _ROLES for word in re.split(r"[\s\-/]+", text.casefold()))


def _trim(name: str) -> str:
    """One name without what stands after it; empty where it is none."""
    cut = _AFTER.sub("", name)
    if len(cut.split()) >= _PERSON_WORDS:
        name = cut
    name = _without_tail(name)
    name = _SLUG_SPACE.sub(" ", name.strip(_EDGE)).strip(_EDGE)
    for suffix in _ROLE_SUFFIXES:
        name = name.removesuffix(suffix).strip(_EDGE)
    if _CLOCK.match(name) or len(name) > _LONGEST_NAME or len(name.split()) > _MOST_WORDS or name.casefold() in _NO_NAMES:
        return ""
    return name if any(character.isalpha() for character in name) else ""


def _without_tail(name: str) -> str:
    """The name before a date, a time or a role that follows it: ``Jane Roe Lifestyle Writer 14:00``."""
    words = name.split()
    digits = next((at for at, word in enumerate(words) if at and word[0].isdigit()), len(words))
    label = words[digits - 1] if digits < len(words) and digits <= _PERSON_WORDS else ""
    if label.endswith(":") and label[0].islower():
        return ""  # of a date: "Last change: 12.11.2025"
    words = words[:digits]
    words = words[
        : next((at for at, word in enumerate(words) if at >= _PERSON_WORDS and word.casefold().strip(_EDGE) in _ENDS), len(words))
    ]
    end = len(words)
    while end and words[end - 1].casefold() in _ROLES:
        end -= 1
    if end == len(words) or end < _PERSON_WORDS:
        return " ".join(words)
    return " ".join(words[: max(end - 1, _PERSON_WORDS)])  # the word before the role is the beat: "Lifestyle Writer"
