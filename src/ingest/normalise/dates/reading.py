"""What a date states, before it is known which instant that is."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from ingest.model import Precision

EARLIEST_YEAR = 1800
LATEST_YEAR = 2100


@dataclass(frozen=True, slots=True)
class Reading:
    """A date as stated: ``hour`` is None where only the day is, ``zone`` where no zone is."""

    year: int
    month: int
    day_of_month: int
    hour: int | None = None
    minute: int = 0
    second: int | None = None
    zone: dt.tzinfo | None = None

    @property
    def day(self) -> tuple[int, int, int]:
        """Year, month, day."""
        return (self.year, self.month, self.day_of_month)

    @property
    def precision(self) -> Precision:
        """How finely the date is stated."""
        if self.hour is None:
            return Precision.DAY
        return Precision.MINUTE if self.second is None else Precision.SECOND

    def plausible(self) -> bool:
        """Whether such a day and time exist, in a year that news are from."""
        if not EARLIEST_YEAR <= self.year <= LATEST_YEAR:
            return False
        try:
            dt.datetime(*self.day, self.hour or 0, self.minute, self.second or 0)  # noqa: DTZ001  # only whether it exists
        except ValueError:
            return False
        return True


def offset(sign: str, hours: int, minutes: int) -> dt.tzinfo | None:
    """A fixed offset from UTC, None where no place on Earth has it."""
    total = (hours * 60 + minutes) * (-1 if sign in "-−–" else 1)
    if minutes > 59 or not -12 * 60 <= total <= 14 * 60:  # noqa: PLR2004
        return None
    return dt.timezone(dt.timedelta(minutes=total)) if total else dt.UTC
