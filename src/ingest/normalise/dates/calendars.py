"""Years and days of other calendars that news pages date themselves in: the Buddhist era (Thailand) and the solar Hijri (Iran)."""

from __future__ import annotations

import datetime as dt

from ingest.normalise.dates.reading import EARLIEST_YEAR, LATEST_YEAR

_BUDDHIST_ERA = 543  # years before ours
BUDDHIST_YEARS = range(EARLIEST_YEAR + _BUDDHIST_ERA, LATEST_YEAR + _BUDDHIST_ERA + 1)
"""None of them is a year that news of our calendar are from."""

SOLAR_HIJRI_YEARS = range(1300, 1480)
"""1921 to 2101. Lunar Hijri years are the same numbers: only month names, or the page's language, tell one from the other."""
_EPOCH = -356_033  # the ordinal that the count below starts from
_LONG_MONTHS, _LONG, _SHORT = 6, 31, 30
_CYCLE, _LEAP_YEARS = 33, 8


def buddhist_year(year: int) -> int:
    """The year of our calendar."""
    return year - _BUDDHIST_ERA


def solar_hijri_day(year: int, month: int, day: int) -> tuple[int, int, int] | None:
    """The day of our calendar; None where there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= (_LONG if month <= _LONG_MONTHS else _SHORT)):  # noqa: PLR2004  # months
        return None
    before = (month - 1) * _SHORT + min(month - 1, _LONG_MONTHS)
    shifted = year + 1595  # from the start of a 33-year cycle on
    leaps = shifted // _CYCLE * _LEAP_YEARS + (shifted % _CYCLE + 3) // 4
    at = dt.date.fromordinal(_EPOCH + 365 * shifted + leaps + before + day)
    return (at.year, at.month, at.day)
