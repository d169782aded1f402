"""Which of the dates on offer says when the article appeared, and which when it was changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from ingest.model import FieldCandidate, Instant, Precision, SourceRules, ZoneFrom
from ingest.normalise.dates import find_instant, parse_instant

_MOST_READ = 24  # candidates parsed of one field

_FINEST = (True, True)
_FOUND = frozenset({"text", "url"})  # origins that nobody has declared: what is no date there is something else
_LOOKS_DATED = re.compile(r"\d{4}|\d{1,2}[./-]\d{1,2}[./-]\d{2}")
_LONGEST = 100  # characters of such a text

Dated = tuple[FieldCandidate, Instant]


def read_instants(candidates: Sequence[FieldCandidate], rules: SourceRules, language: str | None) -> Iterator[Dated]:
    """The first date that each kind of place states, as it is asked for: later ones on a page are those of other articles."""
    read: set[str] = set()
    for candidate in candidates[:_MOST_READ]:
        if candidate.origin in read:
            continue
        instant = parse_instant(candidate.value, time_zone=rules.time_zone, language=language)
        if instant is None and candidate.origin.startswith("text"):
            instant = find_instant(candidate.value, time_zone=rules.time_zone, language=language)
        if instant is not None:
            read.add(candidate.origin)
            yield candidate, instant


def choose_published(dated: Iterable[Dated]) -> Dated | None:
    """The most trusted date, stated as finely as another place states the same day."""
    best: Dated | None = None
    for candidate, instant in dated:
        if best is None or (_same_day(best[1], instant) and _fineness(instant) > _fineness(best[1])):
            best = (candidate, instant)
        if _fineness(best[1]) == _FINEST:
            break
    return best


def first_impossible(candidates: Iterable[FieldCandidate]) -> FieldCandidate | None:
    """The first text that a page declares as a date and that is one by its looks; asked for where none names a day that exists."""
    return next((c for c in candidates if c.origin.partition(":")[0] not in _FOUND and _LOOKS_DATED.search(c.value[:_LONGEST])), None)


def choose_modified(dated: Iterable[Dated], published: Instant | None) -> Dated | None:
    """The most trusted date that is not before the publication."""
    for candidate, instant in dated:
        if published is None or instant.at >= published.at or instant.precision is Precision.DAY:
            return candidate, instant
    return None


def _same_day(one: Instant, other: Instant) -> bool:
    return one.at.date() == other.at.date() or (
        _zoned(one) and _zoned(other) and one.at.date() == other.at.astimezone(one.at.tzinfo).date()
    )


def _zoned(instant: Instant) -> bool:
    return instant.tz_from is ZoneFrom.EXPLICIT


def _fineness(instant: Instant) -> tuple[bool, bool]:
    midnight = (instant.at.hour, instant.at.minute, instant.at.second) == (0, 0, 0)
    return instant.precision is not Precision.DAY and not midnight, _zoned(instant)


def order(candidates: Iterable[FieldCandidate], origins: Sequence[str]) -> list[FieldCandidate]:
    """The candidates by the rank of their origin, the unlisted last, else as they stood."""
    ranks = {origin: rank for rank, origin in enumerate(origins)}
    return sorted(candidates, key=lambda c: ranks.get(c.origin, ranks.get(c.origin.partition(":")[0], len(ranks))))
