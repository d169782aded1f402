from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, Instant, MediaType, Page, PageResult, Precision, Rejection, Stage, ZoneFrom
from ingest.store.fetches import note_attempts
from ingest.store.load import load_batch
from ingest.store.watch import FindingKind, findings, span
from ingest.transfer import Attempt, Purpose
from tests.store.following import a_run, follows

NOW = dt.datetime(2026, 5, 10, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)


def published(engine: Engine, slug: str, ages: Sequence[dt.timedelta]) -> None:
    """Articles of a source, so long before now."""
    run = a_run(engine)
    results = []
    for n, age in enumerate(ages):
        url = f"https://{slug}/story-{age.total_seconds():.0f}"
        at = Instant(NOW - age, Precision.SECOND, ZoneFrom.EXPLICIT, "")
        candidate = Candidate(url, url, url)
        article = Article(url, url, f"Story {n}", f"What happened on day {n} at {slug}.", published=at, extractor_version="1")
        results.append(PageResult(candidate, article, Page(candidate, url.encode(), MediaType.HTML, max(NOW, NOW - age)), 0.1))
    load_batch(engine, run, results)


def found(engine: Engine, *slugs: str, now: dt.datetime = NOW) -> list[tuple[str, str]]:
    """Without the feeds that are due: nobody polls in these tests."""
    return [(f.kind, f.subject) for f in findings(engine, now, slugs or None) if f.kind != FindingKind.POLLS_LATE]


def test_a_source_is_silent_by_its_own_habit(engine: Engine) -> None:
    for slug in ("hourly.example", "weekly.example", "rare.example", "paused.example"):
        follows(engine, slug)
    published(engine, "hourly.example", [20 * HOUR + n * HOUR for n in range(100)])
    published(engine, "weekly.example", [6 * DAY + n * 7 * DAY for n in range(6)])
    published(engine, "rare.example", [200 * DAY, 300 * DAY])
    published(engine, "paused.example", [9 * DAY + n * HOUR for n in range(100)])
    published(engine, "unfollowed.example", [9 * DAY + n * HOUR for n in range(100)])
    with engine.begin() as connection:
        connection.execute(text("UPDATE news.source SET paused_at = now() WHERE slug = 'paused.example'"))
    assert found(engine) == [("source-silent", "hourly.example")]
    assert found(engine, now=NOW - 9 * HOUR) == []  # eleven hours: a night
    assert ("source-silent", "weekly.example") in found(engine, now=NOW + 9 * DAY)
    assert ("source-silent", "hourly.example") in found(engine, now=NOW + 365 * DAY)  # it does not fall out of sight
    [finding] = findings(engine, NOW, ["hourly.example"])
    assert finding.sentence == "No article since 2026-05-09 16:00 UTC (20 h); its longest silence before was 60 min."
    assert finding.advice == "ingest sources show hourly.example"


@pytest.mark.parametrize("silent", [0, 42], ids=["at once", "after six weeks of silence"])
def test_a_source_that_falls_to_a_trickle_is_found(engine: Engine, silent: int) -> None:
    """The view counts the days of today: so does this test."""
    now = dt.datetime.now(dt.UTC)
    follows(engine, "daily.example")
    days = [day * DAY + n * HOUR / 4 for day in range(2 + silent, 70 + silent) for n in range(8)]
    published(engine, "daily.example", [NOW - (now - age) for age in [*days, DAY]])
    [finding] = findings(engine, now, ["daily.example"])
    assert (finding.kind, finding.subject) == (FindingKind.SOURCE_QUIET, "daily.example")
    assert finding.sentence == f"1 articles on {(now - DAY):%Y-%m-%d}; on that day of the week there are usually 8."


def test_yesterday_is_that_of_the_zone_that_dates_are_read_in(engine: Engine) -> None:
    now = dt.datetime.now(dt.UTC)
    zone = "Pacific/Kiritimati" if now.hour >= 12 else "Etc/GMT+12"  # where it is another day than in UTC, whatever the time
    noon = dt.datetime.combine(now.astimezone(ZoneInfo(zone)).date(), dt.time(12), ZoneInfo(zone))
    follows(engine, "daily.example")
    published(engine, "daily.example", [NOW - noon + day * DAY + n * HOUR / 4 for day in range(2, 70) for n in range(8)])
    published(engine, "daily.example", [NOW - noon + DAY])
    with engine.begin() as connection:
        connection.execute(text("UPDATE news.source SET time_zone_used = :zone"), {"zone": zone})
    assert [(f.kind, f.sentence[:24]) for f in findings(engine, now, ["daily.example"])] == [
        (FindingKind.SOURCE_QUIET, f"1 articles on {noon - DAY:%Y-%m-%d}")
    ]


def test_feeds_that_fail_are_found(engine: Engine) -> None:
    follows(engine, "post.example", "https://post.example/a", "https://post.example/b", "https://post.example/c", "https://post.example/d")
    with engine.begin() as connection:
        for name, state, failures in (("a", "healthy", 0), ("b", "failing", 2), ("c", "failing", 7), ("d", "gone", 1)):
            update = (
                "UPDATE ops.feed SET state = :state, failures = :failures, last_error = 'It answered 500.' WHERE url LIKE '%/' || :name"
            )
            connection.execute(text(update), {"state": state, "failures": failures, "name": name})
    assert found(engine) == [("feed-failing", "https://post.example/c"), ("feed-failing", "https://post.example/d")]
    failing, gone = findings(engine, NOW, ["post.example"])
    assert "failed 7 times in a row" in failing.sentence
    assert "It answered 500." in failing.sentence
    assert gone.sentence == "It is gone, and not asked any more; it has never answered: It answered 500."


def asked_and_refused(engine: Engine, host: str, at: dt.datetime, asked: int, refused: int) -> None:
    run = a_run(engine)
    urls = [f"https://{host}/{at:%d%H}-{n}" for n in range(asked)]
    note_attempts(engine, run, [Attempt(url, Purpose.ARTICLE, at, "ok", 200) for url in urls])
    reason = Rejection(Stage.EXTRACT, "no_article_text", "Nothing there.")
    load_batch(
        engine, run, [PageResult(Candidate(u, u, u), reason, Page(Candidate(u, u, u), b"menu", MediaType.HTML, at)) for u in urls[:refused]]
    )
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.rejection SET at = :at WHERE first_run_id = :run"), {"at": at, "run": run})


def test_rejections_are_measured_by_what_a_host_usually_has(engine: Engine) -> None:
    follows(engine, "changed.example")
    asked_and_refused(engine, "www.changed.example", NOW - 5 * DAY, 100, 2)
    asked_and_refused(engine, "www.changed.example", NOW - 3 * HOUR, 40, 20)
    asked_and_refused(engine, "always.example", NOW - 5 * DAY, 100, 50)
    asked_and_refused(engine, "always.example", NOW - 3 * HOUR, 40, 20)
    asked_and_refused(engine, "few.example", NOW - 3 * HOUR, 9, 9)
    asked_and_refused(engine, "new.example", NOW - 3 * HOUR, 20, 15)
    asked_and_refused(engine, "over.example", NOW - 2 * DAY, 40, 40)
    assert found(engine) == [("rejections-up", "www.changed.example"), ("rejections-up", "new.example")]
    assert found(engine, "changed.example") == [("rejections-up", "www.changed.example")]
    [finding] = findings(engine, NOW, ["changed.example"])
    assert finding.sentence == "20 pages of the last day gave no article (50%; before, 2%), mostly for extract: no_article_text."


def test_runs_that_failed_and_polls_that_do_not_come(engine: Engine) -> None:
    follows(engine)
    now = dt.datetime.now(dt.UTC)
    failed, fine = a_run(engine), a_run(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.run SET state = 'failed', flow_name = 'poll-feeds' WHERE run_id = :run"), {"run": failed})
        connection.execute(text("UPDATE ops.run SET state = 'completed', flow_name = 'poll-feeds' WHERE run_id = :run"), {"run": fine})
        connection.execute(text("UPDATE ops.feed SET next_poll_at = now()"))
    [runs] = findings(engine, now)
    assert (runs.kind, runs.subject) == ("runs-failed", "poll-feeds")
    assert runs.sentence == f"1 of 2 runs of the last day failed or crashed, the last one {failed}."
    late = [f.sentence for f in findings(engine, now + 3 * HOUR) if f.kind == FindingKind.POLLS_LATE]
    assert late == ["1 feeds are due and nobody asks them, the first one for 3 h."]
    assert FindingKind.RUNS_FAILED not in {f.kind for f in findings(engine, now + 2 * DAY)}
    assert findings(engine, now + 3 * HOUR, ["post.example"]) == []


@given(st.timedeltas(min_value=dt.timedelta(0), max_value=dt.timedelta(days=1000)))
def test_spans_are_short(time: dt.timedelta) -> None:
    number, unit = span(time).split(" ")
    seconds = float(number) * {"min": 60, "h": 3600, "days": 86_400}[unit]
    assert seconds == pytest.approx(time.total_seconds(), rel=0.26, abs=31)
