from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import Engine, text

from ingest.errors import UsageError
from ingest.store.feeds import claim_feeds
from ingest.store.runs import finish_run
from ingest.store.sources import follow, pause, resume, source_ids, statuses, unfollow
from ingest.store.tasks import claim
from ingest.transfer import Attempt, Purpose, Validators
from ingest.web import FollowedSource
from tests.store.following import NOON, a_run, age, due_feed, entry, fetched, follows, load, poll, rows


def feed_row(engine: Engine, columns: str) -> tuple[object, ...]:
    [row] = rows(engine, f"SELECT {columns} FROM ops.feed")  # noqa: S608
    return tuple(row)


def test_a_new_feed_is_due_and_a_polled_one_is_not(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    [feed] = claim_feeds(engine, run, due=True)
    assert feed.is_first
    poll(engine, run, feed, entry(1))
    assert claim_feeds(engine, run, due=True) == []
    age(engine, "ops.feed", "next_poll_at", minutes=11)
    [again] = claim_feeds(engine, run, due=True)
    assert not again.is_first


def test_a_feed_belongs_to_one_run_at_a_time(engine: Engine) -> None:
    follows(engine)
    first, second = a_run(engine), a_run(engine)
    assert len(claim_feeds(engine, first, due=True)) == 1
    assert claim_feeds(engine, second, due=True) == []
    finish_run(engine, first, "crashed")
    assert len(claim_feeds(engine, second, due=True)) == 1


def test_a_poll_that_cannot_be_noted_queues_nothing(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    with pytest.raises(Exception, match="feed_kind_check"):
        poll(engine, run, feed, entry(1), kind="no such kind")
    assert rows(engine, "SELECT * FROM ops.url_task") == []
    assert rows(engine, "SELECT * FROM ops.feed_poll") == []
    assert feed_row(engine, "last_polled_at") == (None,)
    assert poll(engine, run, feed, entry(1)) == (1, 0)


def test_every_poll_is_a_row(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1), entry(2), shown=2)
    poll(
        engine,
        run,
        feed,
        outcome="server_error",
        status=503,
        error="It answers 503.",
        note="It answers 503.",
        state="failing",
        failures=0.5,
    )
    polls = rows(engine, "SELECT outcome, status, entries, new_entries, note FROM ops.feed_poll ORDER BY polled_at")
    assert polls == [("ok", 200, 2, 2, None), ("server_error", 503, 0, 0, "It answers 503.")]
    assert feed_row(engine, "state, failures, last_status, last_error") == ("failing", 0.5, 503, "It answers 503.")
    [health] = rows(engine, "SELECT slug, state, last_error FROM ops.feed_health")
    assert health == ("post.example", "failing", "It answers 503.")


def test_validators_and_watermark_stay_through_a_failure(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, validators=Validators('"v1"', None), watermark=NOON)
    poll(engine, run, feed, outcome="server_error", status=503, error="no")
    poll(engine, run, feed, outcome="not_modified", status=304, watermark=NOON - dt.timedelta(days=1))
    assert feed_row(engine, "etag, watermark") == ('"v1"', NOON)


def test_a_feed_that_is_gone_is_never_due(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), outcome="gone", status=410, state="gone", error="It is gone.")
    age(engine, "ops.feed", "next_poll_at", days=30)
    assert claim_feeds(engine, run, due=True) == []
    assert claim_feeds(engine, run, due=False) == []
    resume(engine, ["post.example"])
    assert len(claim_feeds(engine, run, due=True)) == 1


def test_a_permanent_redirect_moves_a_feed(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), moved_to="https://feeds.example/post")
    assert feed_row(engine, "url, state") == ("https://feeds.example/post", "healthy")


def test_a_feed_that_moves_onto_another_is_done(engine: Engine) -> None:
    follows(engine, "post.example", "https://post.example/a", "https://post.example/b")
    run = a_run(engine)
    feeds = {f.url: f for f in claim_feeds(engine, run, due=True)}
    poll(engine, run, feeds["https://post.example/a"], moved_to="https://post.example/b")
    states = rows(engine, "SELECT url, state FROM ops.feed ORDER BY url")
    assert states == [("https://post.example/a", "gone"), ("https://post.example/b", "healthy")]


def test_a_pause_that_falls_into_a_poll_holds(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    pause(engine, ["post.example"])
    poll(engine, run, feed, entry(1))
    assert feed_row(engine, "state") == ("paused",)


def test_the_request_of_a_poll_is_a_row(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run))
    assert rows(engine, "SELECT purpose, url, outcome, status FROM ops.fetch") == [("listing", "https://post.example/feed", "ok", 200)]


def test_following_again_changes_what_is_said_and_keeps_the_feeds_state(engine: Engine) -> None:
    follows(engine, "post.example", "https://post.example/a", "https://post.example/b", time_zone="Europe/Berlin")
    run = a_run(engine)
    for feed in claim_feeds(engine, run, due=True):
        poll(engine, run, feed, validators=Validators('"v1"', None))
    follow(engine, FollowedSource(slug="post.example", name="The Post", homepage=None, feeds=("https://post.example/a",), language="de"))
    [status] = statuses(engine)
    assert (status.source.name, status.source.time_zone, status.source.language) == ("The Post", None, "de")
    assert rows(engine, "SELECT url, etag FROM ops.feed") == [("https://post.example/a", '"v1"')]


def test_a_feed_has_one_source(engine: Engine) -> None:
    follows(engine, "post.example", "https://feeds.example/all")
    with pytest.raises(UsageError, match=r"belongs to the source post\.example"):
        follows(engine, "other.example", "https://feeds.example/all")
    assert [s.source.slug for s in statuses(engine)] == ["post.example"]


def test_a_source_that_is_followed_no_more_keeps_its_articles(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1), entry(2))
    [one, _] = claim(engine, run, 10)
    load(engine, run, fetched(one))
    unfollow(engine, ["post.example"])
    assert statuses(engine) == []
    assert rows(engine, "SELECT count(*) FROM news.article") == [(1,)]
    assert rows(engine, "SELECT state FROM ops.url_task") == [("done",)]
    with pytest.raises(UsageError, match="sources list"):
        source_ids(engine, ["post.example"])


def test_a_status_counts_what_is_loaded_and_what_waits(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1), entry(2), entry(3))
    load(engine, run, fetched(claim(engine, run, 1)[0]))
    [status] = statuses(engine, ["post.example"])
    assert (status.articles, status.waiting, status.paused) == (1, 2, False)
    assert [f.state for f in status.feeds] == ["healthy"]


def test_a_month_has_one_partition_however_many_ask_for_it(engine: Engine) -> None:
    import threading

    from ingest.store.fetches import note_attempts

    run = a_run(engine)
    days = [dt.datetime(2026, m, 28, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=-5))) for m in (1, 2, 12)]  # one is in March, in UTC
    attempts = [Attempt("https://post.example/a", Purpose.ARTICLE, at, "ok", 200) for at in days]
    threads = [threading.Thread(target=note_attempts, args=(engine, run, attempts)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    partitions = rows(engine, "SELECT tableoid::regclass::text, count(*) FROM ops.fetch GROUP BY 1 ORDER BY 1")
    assert partitions == [("ops.fetch_2026_01", 4), ("ops.fetch_2026_03", 4), ("ops.fetch_2026_12", 4)]


def test_a_sighting_names_the_feed_and_becomes_an_article(engine: Engine) -> None:
    follows(engine, "post.example", "https://post.example/a", "https://post.example/b")
    run = a_run(engine)
    first, second = claim_feeds(engine, run, due=True)
    poll(engine, run, first, entry(1, guid="one", published=NOON), entry(2))
    poll(engine, run, second, entry("1?utm_source=b"))
    shown = """
    SELECT f.url, s.url, s.guid, s.title, s.published_at, s.article_id FROM news.sighting s JOIN ops.feed f USING (feed_id) ORDER BY 1, 2
    """
    assert [tuple(r) for r in rows(engine, shown)] == [
        ("https://post.example/a", "https://post.example/story-1", "one", "Story 1", NOON, None),
        ("https://post.example/a", "https://post.example/story-2", None, "Story 2", None, None),
        ("https://post.example/b", "https://post.example/story-1", None, "Story 1?utm_source=b", None, None),
    ]
    [one] = [t for t in claim(engine, run, 10) if t.fetch_url.endswith("1")]
    load(engine, run, fetched(one))
    [(article_id,)] = rows(engine, "SELECT article_id FROM news.article")
    assert [r.article_id for r in rows(engine, shown)] == [article_id, None, article_id]
    poll(engine, run, first, entry(1))
    [(times,)] = rows(engine, "SELECT count(*) FROM news.sighting WHERE last_seen_at > first_seen_at")
    assert times == 1


def test_what_a_feed_shows_later_dates_an_article_that_does_not_say(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1), entry(2))
    load(engine, run, *(fetched(task, body=f"Story {task.fetch_url}") for task in claim(engine, run, 10)))
    poll(engine, run, feed, entry(1, published=NOON - dt.timedelta(hours=2)), entry(2, published=NOON + dt.timedelta(days=900)))
    dated = "SELECT url, published_at, published_from, published_raw, date_suspect, version_no FROM news.article ORDER BY url"
    expected = [
        ("https://post.example/story-1", NOON - dt.timedelta(hours=2), "feed", "2026-05-01T10:00:00+00:00", False, 1),
        ("https://post.example/story-2", None, None, None, False, 1),
    ]
    assert [tuple(r) for r in rows(engine, dated)] == expected
    poll(engine, run, feed, entry(1, published=NOON))
    assert [tuple(r) for r in rows(engine, dated)] == expected
    of_version = "SELECT v.published_at, p.chosen_from FROM news.article_version v JOIN news.provenance p USING (article_id, version_no)"
    assert [tuple(r) for r in rows(engine, of_version)] == [(NOON - dt.timedelta(hours=2), "feed:entry")]


def test_a_poll_of_what_another_run_is_loading_waits_and_succeeds(engine: Engine) -> None:
    """A loader holds the sightings of its articles, then asks for their tasks: a poll must not hold those meanwhile."""
    import threading

    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    came: list[object] = []

    def poll_again() -> None:
        try:
            came.append(poll(engine, run, feed, entry(1)))
        except BaseException as error:  # noqa: BLE001  # shown by the assertion
            came.append(error)

    poller = threading.Thread(target=poll_again)
    with engine.begin() as loader:
        loader.execute(text("SELECT FROM news.sighting FOR UPDATE"))
        poller.start()
        waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not rows(engine, waiting) and not came:
            pass
        loader.execute(text("UPDATE ops.url_task SET state = 'done', fetched_at = now()"))
    poller.join()
    assert came == [(0, 0)]
