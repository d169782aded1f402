"""Dates as news pages write them, in some forty languages, to instants. Pure: no clock, no locale.

Relative dates ("2 hours ago") have no answer here: there is no now. Years outside 1800 to 2100 are mistakes, or years of another
calendar, and give none either.
"""

from __future__ import annotations

import datetime as dt
import re
from functools import lru_cache
from zoneinfo import ZoneInfo

from ingest.model import Instant, ZoneFrom
from ingest.normalise.dates.iso import read_iso
from ingest.normalise.dates.reading import Reading
from ingest.normalise.dates.written import read_written, rest_of

__all__ = ["find_instant", "is_bare_date", "is_date_line", "parse_instant"]

_LONGEST = 200  # characters of a date with its label; a longer text is something else
_LONGEST_SEARCHED = 600  # characters of a line that a date is looked for in
_LONGEST_REST = 24  # characters of unknown words that a date line may hold beside its date: a place, a desk
_LETTER = re.compile(r"[^\W\d_]")


@lru_cache(maxsize=64)  # most places of a page give the same date
def parse_instant(raw: str, *, time_zone: str | None = None, language: str | None = None) -> Instant | None:
    """The instant that a text names, where the text is a date, perhaps with a label; None where it is none.

    A time without a zone is taken in ``time_zone`` (an IANA name), else in UTC, and the result says so. ``language``
    (ISO 639-1) decides between readings: 8/7/2017 is August in English and July elsewhere.
    """
    text = raw.strip()
    if not 4 <= len(text) <= _LONGEST:  # noqa: PLR2004  # "2017" is the shortest that could be one, and is none
        return None
    reading = read_iso(text) or read_written(text, language)
    return _instant(reading, text, time_zone) if reading else None


def find_instant(text: str, *, time_zone: str | None = None, language: str | None = None) -> Instant | None:
    """The first date in a line, for instance in ``By Jane Roe | 7 August 2017, 07:19 GMT | World``."""
    line = text[:_LONGEST_SEARCHED]
    reading = read_iso(line.strip()) or read_written(line, language)
    return _instant(reading, line.strip(), time_zone) if reading else None


def is_date_line(text: str) -> bool:
    """Whether a line is a date and little else."""
    line = text.strip()
    if not 6 <= len(line) <= _LONGEST:  # noqa: PLR2004  # "7.8.17"
        return False
    if read_iso(line):
        return len(line) > len("20170807") or not line.isdigit()
    rest = rest_of(line)
    if rest and line.endswith("."):
        return False  # a short sentence: "On 3 July 2019 the council met."
    return rest is not None and sum(1 for _ in _LETTER.finditer(rest)) <= _LONGEST_REST and len(rest.split()) <= 3  # noqa: PLR2004  # "Manila, Philippines:"


def is_bare_date(text: str) -> bool:
    """Whether a text is a date and nothing else but the words that announce one."""
    return len(text) <= _LONGEST and (read_iso(text.strip()) is not None or rest_of(text) == "")


def _instant(reading: Reading, raw: str, time_zone: str | None) -> Instant | None:
    zone, zone_from = reading.zone, ZoneFrom.EXPLICIT
    if zone is None:
        named = _named_zone(time_zone) if time_zone else None
        zone, zone_from = (named, ZoneFrom.SOURCE) if named else (dt.UTC, ZoneFrom.ASSUMED_UTC)
    try:
        at = dt.datetime(*reading.day, reading.hour or 0, reading.minute, reading.second or 0, tzinfo=zone)
        at.astimezone(dt.UTC)
    except (ValueError, OverflowError):
        return None
    return Instant(at, reading.precision, zone_from, raw)


@lru_cache(maxsize=256)
def _named_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, KeyError):  # KeyError: ZoneInfoNotFoundError
        return None
