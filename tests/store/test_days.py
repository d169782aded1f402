"""The days of a source: in which zone they are counted, and which of them are gaps."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, Instant, MediaType, Page, PageResult, Precision, SourceRules, ZoneFrom
from ingest.store.load import load_batch
from ingest.store.sources import site_settings
from tests.store.following import a_run, follows

DAY = dt.timedelta(days=1)
TODAY = dt.datetime.now(dt.UTC).date()


def load(engine: Engine, instants: Iterable[dt.datetime], rules: SourceRules = SourceRules(), *, name: str = "") -> None:
    results = []
    for n, at in enumerate(instants):
        url = f"https://post.example/{name}{at:%Y%m%d}-{n}"
        candidate = Candidate(url, url, url, rules)
        published = Instant(at, Precision.DAY, ZoneFrom.SOURCE, "")
        article = Article(url, url, f"Story {n}", f"What happened at {at}.", published=published, extractor_version="1")
        results.append(PageResult(candidate, article, Page(candidate, url.encode(), MediaType.HTML, at)))
    load_batch(engine, a_run(engine), results)


def at_noon(days_ago: Iterable[int], *, each: int = 1) -> list[dt.datetime]:
    return [dt.datetime.combine(TODAY - n * DAY, dt.time(12), dt.UTC) for n in days_ago for _ in range(each)]


def days(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT day::text FROM news.source_day WHERE articles > 0")))


def gaps(engine: Engine) -> list[tuple[int, int, float]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT day, articles, usual FROM news.source_gap ORDER BY day DESC"))
        return [((TODAY - day).days, articles, usual) for day, articles, usual in rows]


def zones(engine: Engine) -> tuple[str | None, str | None]:
    with engine.connect() as connection:
        set_by_hand, used = connection.execute(text("SELECT time_zone, time_zone_used FROM news.source")).one()
    return set_by_hand, used


def test_days_are_counted_in_the_zone_that_dates_were_read_in(engine: Engine) -> None:
    tokyo = SourceRules(time_zone="Asia/Tokyo")
    midnight = dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)  # in Tokyo, of the tenth
    load(engine, [midnight])
    assert (zones(engine), days(engine)) == ((None, None), {"2026-03-09"})
    load(engine, [midnight], tokyo, name="ruled")
    assert (zones(engine), days(engine)) == ((None, "Asia/Tokyo"), {"2026-03-10"})
    load(engine, [midnight], name="unruled")  # a page that no rule speaks of says nothing of the others
    assert zones(engine) == (None, "Asia/Tokyo")
    load(engine, [midnight], SourceRules(time_zone="Asia/Seoul"), name="changed")
    assert zones(engine) == (None, "Asia/Seoul")


def test_a_zone_that_somebody_set_stays_theirs(engine: Engine) -> None:
    """Nor do pages have to be read again because the zone in use was noted."""
    follows(engine, time_zone="Europe/Berlin")
    before = site_settings(engine)
    load(engine, [dt.datetime(2026, 3, 9, 15, tzinfo=dt.UTC)], SourceRules(time_zone="Asia/Tokyo"))
    assert (zones(engine), days(engine)) == (("Europe/Berlin", "Asia/Tokyo"), {"2026-03-10"})  # as `ingest.rules.book` has it
    assert site_settings(engine) == before


def test_a_silence_stays_a_gap_however_long_it_lasts(engine: Engine) -> None:
    load(engine, at_noon(range(71, 141), each=5))
    assert gaps(engine) == [(n, 0, 5.0) for n in range(1, 71)]
    load(engine, at_noon([30], each=5), name="once")
    assert {n for n, _, _ in gaps(engine)} >= set(range(31, 71))


def test_days_without_articles_that_are_a_source_s_habit_are_no_gaps(engine: Engine) -> None:
    weekdays = [n for n in range(1, 120) if (TODAY - n * DAY).weekday() < 5]
    missing = weekdays.pop(10)
    load(engine, at_noon(weekdays, each=5))
    assert gaps(engine) == [(missing, 0, 5.0)]


def test_a_monthly_issue_leaves_no_gaps(engine: Engine) -> None:
    load(engine, at_noon(range(3, 200, 28), each=9))
    assert gaps(engine) == []
