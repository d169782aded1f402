"""The forms that machines write: ISO 8601, RFC 3339, and seconds or milliseconds since 1970."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace

from ingest.normalise.dates.reading import Reading, offset

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:T|\s+|\s*,\s*|\s*T\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(?:(Z|UTC|GMT)|([+−-])\s?(\d{2}):?(\d{2})?)?)?(?:\[[\w/]+\])?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?")
_HOUR_ONLY = re.compile(r"(\d{4}-\d{2}-\d{2}T\d{2})(Z|[+-]\d{2}(?::?\d{2})?)?", re.IGNORECASE)
_MIDNIGHT_AFTER = re.compile(r"(\d{4}-\d{2}-\d{2})T24:00(:00)?(?=$|Z|[+-])", re.IGNORECASE)
_WEEK = re.compile(r"(\d{4})-?W(\d{2})-?([1-7])", re.IGNORECASE)
_ORDINAL = re.compile(r"(\d{4})-(\d{3})")
_EPOCH = re.compile(r"(1\d{9}|9\d{8})(\d{3})?(?:\.\d+)?")  # 1998 to 2033, in seconds or milliseconds


def read_iso(text: str) -> Reading | None:
    """The date where the whole text is in a machine's form."""
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return _rare(text)
    year, month, day, hour, minute, second, utc, sign, zone_hours, zone_minutes = found.groups()
    zone = dt.UTC if utc else offset(sign, int(zone_hours), int(zone_minutes or 0)) if sign else None
    reading = Reading(
        int(year),
        int(month),
        int(day),
        None if hour is None else int(hour),
        int(minute or 0),
        None if second is None else int(second),
        zone,
    )
    if reading.plausible():
        return reading
    return _rare(text)


def _rare(text: str) -> Reading | None:
    """The forms that few machines write: seconds since 1970, hours without minutes, 24:00, weeks, days of the year."""
    if hour_only := _HOUR_ONLY.fullmatch(text):
        return read_iso(f"{hour_only[1]}:00{hour_only[2] or ''}")
    if _MIDNIGHT_AFTER.match(text):
        return _day_after(text)
    try:
        if week := _WEEK.fullmatch(text):
            return _of_day(dt.date.fromisocalendar(int(week[1]), int(week[2]), int(week[3])))
        if ordinal := _ORDINAL.fullmatch(text):
            day = dt.date(int(ordinal[1]), 1, 1) + dt.timedelta(days=int(ordinal[2]) - 1)
            return _of_day(day) if day.year == int(ordinal[1]) else None
    except (ValueError, OverflowError):
        return None
    return _epoch(text)


def _day_after(text: str) -> Reading | None:
    """The midnight that ends a day (ISO 8601, 4.2.3) is the one that begins the next."""
    reading = read_iso(_MIDNIGHT_AFTER.sub(r"\1T00:00\2", text))
    if reading is None:
        return None
    day = dt.date(*reading.day) + dt.timedelta(days=1)
    following = replace(reading, year=day.year, month=day.month, day_of_month=day.day)
    return following if following.plausible() else None


def _of_day(day: dt.date) -> Reading | None:
    reading = Reading(day.year, day.month, day.day)
    return reading if reading.plausible() else None


def _epoch(text: str) -> Reading | None:
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    at = dt.datetime.fromtimestamp(int(found[1]), tz=dt.UTC)
    return Reading(at.year, at.month, at.day, at.hour, at.minute, at.second, dt.UTC)
