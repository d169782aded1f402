"""The forms that machines write: ISO 8601, RFC 3339, and seconds or milliseconds since 1970."""

from __future__ import annotations

import datetime as dt
import re

from ingest.normalise.dates.reading import Reading, offset

_ISO = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})"
    r"(?:(?:T|\s+|\s*,\s*|\s*T\s*)(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?\s*(?:(Z|UTC|GMT)|([+-−])\s?(\d{2}):?(\d{2})?)?)?(?:\[[\w/]+\])?",
    re.IGNORECASE,
)
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?:T?(\d{2})(\d{2})(\d{2})?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?")
_EPOCH = re.compile(r"(1\d{9}|9\d{8})(\d{3})?(?:\.\d+)?")  # 1998 to 2033, in seconds or milliseconds


def read_iso(text: str) -> Reading | None:
    """The date where the whole text is in a machine's form."""
    found = _ISO.fullmatch(text) or _COMPACT.fullmatch(text)
    if found is None:
        return _epoch(text)
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
    return _epoch(text)


def _epoch(text: str) -> Reading | None:
    found = _EPOCH.fullmatch(text)
    if found is None:
        return None
    at = dt.datetime.fromtimestamp(int(found[1]), tz=dt.UTC)
    return Reading(at.year, at.month, at.day, at.hour, at.minute, at.second, dt.UTC)
