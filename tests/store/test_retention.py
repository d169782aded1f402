from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from ingest.identify.fingerprint import page_sha256
from ingest.settings import Settings
from ingest.store.fetches import note_attempts
from ingest.store.known import known_pages, note_known
from ingest.store.retention import let_go
from ingest.store.runs import running
from ingest.store.tasks import claim
from ingest.transfer import Attempt, Purpose
from tests.store.demo import load_demo
from tests.store.following import NOON, a_run, age, due_feed, entry, fetched, follows, load, poll, rows
from tests.store.test_load import DAY, refused, result
from tests.store.test_load import load as load_saved

NOW = dt.datetime(2026, 5, 10, tzinfo=dt.UTC)


def kept(**days: Any) -> Settings:
    return Settings(home=Path("unused"), **days)


def counts(engine: Engine) -> list[Any]:
    return rows(engine, "SELECT (SELECT count(*) FROM news.article), (SELECT count(*) FROM news.article_version)")


def test_by_default_everything_is_kept(engine: Engine) -> None:
    load_demo(engine)
    gone = let_go(engine, kept(), NOW + dt.timedelta(days=10_000))
    assert (gone.months_of_requests, gone.pages, gone.polls) == ((), 0, 0)


def test_requests_go_by_whole_months(engine: Engine) -> None:
    run = a_run(engine)
    days = [dt.datetime(2026, m, d, tzinfo=dt.UTC) for m, d in ((1, 31), (3, 1), (3, 31), (4, 2), (5, 9))]
    note_attempts(engine, run, [Attempt("https://post.example/a", Purpose.ARTICLE, at, "ok", 200) for at in days])
    assert let_go(engine, kept(keep_fetch_days=40), NOW).months_of_requests == ("2026-01",)  # the 40 days begin on the last of March
    assert rows(engine, "SELECT count(*) FROM ops.fetch") == [(4,)]
    assert let_go(engine, kept(keep_fetch_days=1), NOW).months_of_requests == ("2026-03", "2026-04")
    assert rows(engine, "SELECT fetched_at FROM ops.fetch") == [(days[-1],)]
    note_attempts(engine, run, [Attempt("https://post.example/a", Purpose.ARTICLE, days[0], "ok", 200)])  # a month that was dropped
    assert rows(engine, "SELECT count(*) FROM ops.fetch") == [(2,)]


def test_bytes_of_pages_go_and_articles_stay(engine: Engine) -> None:
    load_demo(engine)
    before = counts(engine)
    [(pages,)] = rows(engine, "SELECT count(*) FROM ops.raw_page")
    gone = let_go(engine, kept(keep_page_days=20), dt.datetime.now(dt.UTC))
    assert 0 < gone.pages < pages
    assert counts(engine) == before
    assert rows(engine, "SELECT count(*) FROM ops.raw_page") == [(pages,)]
    assert rows(engine, "SELECT count(*) FROM ops.raw_page WHERE (store = 'none') <> (body_zstd IS NULL)") == [(0,)]
    assert let_go(engine, kept(keep_page_days=20), dt.datetime.now(dt.UTC)).pages == 0


def days(number: int) -> dt.timedelta:
    return dt.timedelta(days=number)


def pages_kept(engine: Engine) -> list[Any]:
    """Each page's length, which tells it from the others, whether its bytes are there, and since which day."""
    query = "SELECT byte_len, body_zstd IS NOT NULL AND store = 'pg', first_seen_at FROM ops.raw_page ORDER BY 1"
    return [(size, is_kept, (at - DAY).days) for size, is_kept, at in rows(engine, query)]


def test_a_page_that_was_let_go_is_kept_again_when_it_is_seen_later(engine: Engine) -> None:
    before, edited = result("a", "A", raw="1"), result("a", "B", raw="22", day=1)
    load_saved(engine, [before], [edited])
    assert let_go(engine, kept(keep_page_days=30), DAY + days(100)).pages == 2
    load_saved(engine, [before], [edited])  # the same files again
    assert pages_kept(engine) == [(1, False, 0), (2, False, 1)]
    assert load_saved(engine, [result("a", "A", raw="1", day=99)]) == [{"updated": 1}]
    assert pages_kept(engine) == [(1, True, 99), (2, False, 1)]
    assert let_go(engine, kept(keep_page_days=30), DAY + days(128)).pages == 0
    assert let_go(engine, kept(keep_page_days=30), DAY + days(130)).pages == 1


def test_known_pages_that_were_let_go_are_kept_again_refused_ones_too(engine: Engine) -> None:
    made, none = result("a", "A", raw="1"), refused("b", body=b"22")
    load_saved(engine, [made, none])
    let_go(engine, kept(keep_page_days=30), DAY + days(100))
    for day, is_kept in ((0, False), (99, True)):
        pages = [replace(r.page, observed_at=DAY + days(day)) for r in (made, none) if r.page]
        assert known_pages(engine, [(p.candidate, page_sha256(p.body), p.observed_at) for p in pages]) == {0, 1}
        with running(engine, kind="adhoc", flow_name="test") as run_id:
            note_known(engine, run_id, pages, 8)
        assert pages_kept(engine) == [(1, is_kept, day), (2, is_kept, day)]


def test_a_page_that_the_publisher_went_back_to_is_kept_as_long_as_a_new_one(engine: Engine) -> None:
    load_saved(engine, [result("a", "A", raw="1")], [result("a", "B", raw="22", day=10)], [result("a", "A", raw="1", day=40)])
    assert let_go(engine, kept(keep_page_days=30), DAY + days(50)).pages == 1
    assert [is_kept for _, is_kept, _ in pages_kept(engine)] == [True, False]
    assert let_go(engine, kept(keep_page_days=30), DAY + days(71)).pages == 1


def test_without_its_bytes_a_page_is_asked_for_in_full(engine: Engine) -> None:
    """A 304 says that nothing has changed: that is of no use where what it was is gone."""
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    load(engine, run, *[fetched(t) for t in claim(engine, run, 10)])
    let_go(engine, kept(keep_page_days=1), NOON + dt.timedelta(days=400))
    poll(engine, run, feed, entry(1, updated=NOON + dt.timedelta(hours=1)))
    [again] = claim(engine, run, 10)
    assert again.validators.etag is None


def test_old_polls_go(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    age(engine, "ops.feed_poll", "polled_at", days=9)
    poll(engine, run, feed, entry(2))
    assert let_go(engine, kept(keep_poll_days=7), dt.datetime.now(dt.UTC)).polls == 1
    assert rows(engine, "SELECT count(*) FROM ops.feed_poll") == [(1,)]
    assert rows(engine, "SELECT count(*) FROM news.sighting") == [(2,)]
