"""The forms that people write: ``Mon Aug 7, 2017 7:19AM``, ``7 août 2017 à 14h05``, ``2017年8月7日 14:05``, ``07.08.2017``."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from ingest.normalise.dates.calendars import BUDDHIST_YEARS, SOLAR_HIJRI_YEARS, buddhist_year, solar_hijri_day
from ingest.normalise.dates.reading import Reading, offset
from ingest.normalise.dates.vocabulary import JOINT, VOCABULARY

# Vowel signs of Indic scripts, Thai, Hebrew and Arabic are no letters to `\w`; digits are ASCII by the time that words are looked for.
# The two halves have no character in common: a choice between them would make the search exponential.
_SIGNS = r"\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0900-\u0dff\u0e01-\u0e4e"
_LETTER = rf"[^\W\d_{_SIGNS}]|[{_SIGNS}]"
_WORD = rf"(?:{_LETTER})+(?:[.'’׳-](?:{_LETTER})+)*[׳'’]?"
_OF = r"(?:\s*(?:de|del|do|di|of|d'|tháng)\s+|[\s.,/-]*)"
_ORDINAL = r"(?:st|nd|rd|th|er|re|º|°|ª|-?го|a|e|ème)?"
_YEAR_MARK = r"\s?(?:年|년|[-/.])\s?"
_NUMERIC = (
    ("ymd", re.compile(rf"(?<!\d)(\d{{4}}){_YEAR_MARK}(\d{{1,2}})\s?(?:月|월|[-/.])\s?(\d{{1,2}})\s?(?:日|일|号)?(?!\d)")),
    ("dmy", re.compile(r"(?<![\d/.:-])(\d{1,2})\s?([./-])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?![\d/])")),
)
_NAMED = (
    ("dmy", re.compile(rf"(?<![\d:])(\d{{1,2}})\.?{_ORDINAL}{_OF}({_WORD})\.?{_OF},?\s*(\d{{4}}|['’]\d{{2}})(?!\d)")),
    ("mdy", re.compile(rf"(?<![^\W\d_])({_WORD})\.?\s*(\d{{1,2}})\.?{_ORDINAL}\s*[,.]?\s*(?:de\s+)?(\d{{4}})(?![\d:])")),
    ("mdy", re.compile(rf"(?<![^\W\d_])({_WORD})\s*(\d{{1,2}})\s+(?=\d{{1,2}}:\d{{2}})[\d:]{{4,8}}(?:\s+[a-z]{{2,5}})?\s+(\d{{4}})(?!\d)")),
    ("ymd", re.compile(rf"(?<!\d)(\d{{4}})[.,]?\s*(?:m\.|\.\s*gada)?\s*({_WORD})\.?\s*(\d{{1,2}})(?![\d:])")),
    ("dmy", re.compile(r"(?<!\d)(\d{1,2})\s*tháng\s*(\d{1,2}),?\s*(?:năm\s*)?(\d{4})")),
)
_CLOCK = re.compile(
    r"(?<![\d.,/])(?P<before>" + VOCABULARY.half_pattern + r")?\s?(?P<hour>\d{1,2})"
    r"(?:\s?(?:[:h時时시点點]|(?<=\d)\.)\s?(?P<minute>\d{2}|\d(?=\s?분))(?!\d)(?:\s?[:分분.m]\s?(?P<second>\d{2})(?!\d))?(?:[.,]\d{1,6})?\s?(?:秒|초|分|분)?)?"
    r"\s?(?:uhr|h|hrs)?\s?(?P<after>" + VOCABULARY.half_pattern + r")?(?![\d/])"
)
_DIGIT = re.compile(r"\d")
_HOUR_WORD = re.compile(r"\b(\d{1,2})\s?(?:uhr|h)\b")
_OFFSET = re.compile(r"\s*\(?(?:utc|gmt)?\s?([+−-])\s?(\d{1,2})(?::?(\d{2}))?(?!\d)\)?")
_ASCTIME = re.compile(r"\d{1,2}:\d{2}(?::\d{2})?(?:\s+[a-z]{2,5})?(?=\s+\d{4}$)")
_REGION = re.compile(r"\s*[\[(]?\s*([a-z]{2,12}(?:/[a-z_+-]{2,20}){1,2})\b")
_ZONE_WORD = re.compile(r"\s*[\[(,]?\s*([^\W\d_]{1,4})\b\)?")


def read_written(text: str, language: str | None) -> Reading | None:
    """The first date in a text, with the time and zone that stand beside it."""
    folded = _folded(text)
    found = _date(folded, language)
    if found is None:
        return None
    (year, month, day), start, end = found
    clock = _ASCTIME.search(folded[start:end])  # "Aug 7 07:19:00 2017": the time stands inside the date
    rest = folded[:start] + "\x1f" + (clock[0] if clock else "") + folded[end:]
    hour, minute, second, zone = _time(rest, (year, month, day))
    reading = Reading(year, month, day, hour, minute, second, zone)
    return reading if reading.plausible() else None


def rest_of(text: str) -> str | None:
    """What a date line holds beside date, time, zone, weekday and the words that announce a date; None without a date."""
    folded = _folded(text)
    found = _date(folded, None)
    if found is None:
        return None
    rest = folded[: found[1]] + " " + folded[found[2] :]
    rest = _CLOCK.sub(" ", rest)
    words = (w.strip(".,:;|()[]-–—/·•") for w in rest.split())
    return " ".join(w for w in words if w and not w.isdigit() and w not in VOCABULARY.beside_dates)


def _folded(text: str) -> str:
    """Lower case, digits of every script as ASCII, one kind of space."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
        text = "".join(str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c for c in text)
    text = re.sub(r"\s+", " ", text.casefold())
    return text if text.isascii() else VOCABULARY.compound_months.sub(_joined, text)


def _joined(found: re.Match[str]) -> str:
    return "" if "/" in found[0] else found[0].replace(" ", JOINT)


def _date(folded: str, language: str | None) -> tuple[tuple[int, int, int], int, int] | None:
    if not _DIGIT.search(folded):
        return None
    candidates = [*_named_dates(folded, language), *_numeric_dates(folded, language)]
    return min(candidates, key=lambda c: c[1], default=None)


def _named_dates(folded: str, language: str | None) -> Iterator[tuple[tuple[int, int, int], int, int]]:
    for order, pattern in _NAMED:
        for found in pattern.finditer(folded):
            parts = dict(zip(order, found.groups(), strict=True))
            day = _named_day(parts, language)
            if day and Reading(*day).plausible():
                yield day, found.start(), found.end()
                break


def _named_day(parts: dict[str, str], language: str | None) -> tuple[int, int, int] | None:
    year, word, day = _year(parts["y"]), parts["m"], int(parts["d"])
    if year in SOLAR_HIJRI_YEARS and (month := VOCABULARY.solar_hijri_months.get(word)):
        return solar_hijri_day(year, month, day)
    known = int(word) if word.isdigit() else VOCABULARY.month(word, language)
    return None if known is None else (year, known, day)


def _numeric_dates(folded: str, language: str | None) -> Iterator[tuple[tuple[int, int, int], int, int]]:
    for order, pattern in _NUMERIC:
        for found in pattern.finditer(folded):
            day = _numeric_day(order, found, language)
            if day and Reading(*day).plausible():
                yield day, found.start(), found.end()
                break


def _numeric_day(order: str, found: re.Match[str], language: str | None) -> tuple[int, int, int] | None:
    if order == "ymd":
        year, month, day = _year(found[1]), int(found[2]), int(found[3])
        return solar_hijri_day(year, month, day) if language == "fa" and year in SOLAR_HIJRI_YEARS else (year, month, day)
    first, separator, second, year = int(found[1]), found[2], int(found[3]), _year(found[4])
    american = separator == "/" and (language or "en") in VOCABULARY.month_first
    if (american and first <= 12) or second > 12:  # noqa: PLR2004  # months
        return (year, first, second)
    return (year, second, first)


def _year(text: str) -> int:
    digits = text.lstrip("'’")
    if len(digits) == 4 and int(digits) in BUDDHIST_YEARS:  # noqa: PLR2004
        return buddhist_year(int(digits))
    return int(digits) if len(digits) == 4 else 2000 + int(digits)  # noqa: PLR2004  # of two digits: the web has no older century


def _time(rest: str, day: tuple[int, int, int]) -> tuple[int | None, int, int | None, dt.tzinfo | None]:
    """Hour, minute, second and zone from what stands beside a date."""
    for found in _CLOCK.finditer(rest):
        half = VOCABULARY.half(found["after"] or found["before"])
        if found["minute"] is None and half is None and not _HOUR_WORD.match(found[0].strip()):
            continue
        hour = int(found["hour"])
        if half and hour > 12:  # noqa: PLR2004  # 14:05 PM is 14:05
            half = None
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        if hour > 23 or int(found["minute"] or 0) > 59:  # noqa: PLR2004
            continue
        second = None if found["second"] is None else int(found["second"])
        return hour, int(found["minute"] or 0), second, _zone(rest[found.end() :], day)
    return None, 0, None, None


def _zone(after: str, day: tuple[int, int, int]) -> dt.tzinfo | None:
    found = _OFFSET.match(after)
    if found:
        return offset(found[1], int(found[2]), int(found[3] or 0))
    if named := _REGION.match(after):
        return _regional(_spelt(named[1]), day)
    word = _ZONE_WORD.match(after)
    if word is None:
        return None
    behind = _OFFSET.match(after, word.end(1)) if word[1] in {"utc", "gmt"} else None
    if behind:
        return offset(behind[1], int(behind[2]), int(behind[3] or 0))
    if word[1] in VOCABULARY.zones:
        return dt.timezone(dt.timedelta(minutes=VOCABULARY.zones[word[1]])) if VOCABULARY.zones[word[1]] else dt.UTC
    region = VOCABULARY.regions.get(word[1])
    return None if region is None else _regional(region, day)


def _spelt(folded: str) -> str:
    """An IANA name as the database spells it, from lower case: ``America/New_York``."""
    return re.sub(r"(?<![a-z])[a-z]", lambda first: first[0].upper(), folded)


def _regional(region: str, day: tuple[int, int, int]) -> dt.tzinfo | None:
    """The offset that a region has at noon of a day; None where there is no such region."""
    try:
        at = dt.datetime(*day, 12, tzinfo=ZoneInfo(region))
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError; ValueError: no such day
        return None
    return dt.timezone(at.utcoffset() or dt.timedelta())
