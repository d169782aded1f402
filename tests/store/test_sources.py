"""Following sources: what pausing, resuming and unfollowing do to feeds, queue and articles. More is in test_feeds.py."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from ingest.errors import UsageError
from ingest.store.feeds import claim_feeds
from ingest.store.sources import follow, pause, resume, site_settings, source_ids, statuses, unfollow
from ingest.store.tasks import claim
from ingest.transfer import Validators
from ingest.web import FollowedSource
from tests.store.following import a_run, due_feed, entry, failed, fetched, follows, load, poll, rows


def test_a_source_comes_back_as_it_was_given(engine: Engine) -> None:
    source = FollowedSource(
        slug="post.example", name="The Post", homepage="https://post.example/", feeds=("https://post.example/b", "https://post.example/a"),
        time_zone="Europe/Berlin", language="de", rule_file="rules/post.toml", delay_seconds=2.5, concurrency=3, full_text=True,
    )  # fmt: skip
    follow(engine, source)
    [status] = statuses(engine)
    assert status.source == source
    assert (status.paused, status.articles, status.newest, status.waiting) == (False, 0, None, 0)


def test_a_source_that_was_known_from_its_articles_is_followed_as_the_same(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    load(engine, run, *[fetched(t) for t in claim(engine, run, 1)])
    unfollow(engine, ["post.example"])
    before = rows(engine, "SELECT source_id FROM news.source")
    follows(engine)
    assert rows(engine, "SELECT source_id FROM news.source") == before
    [status] = statuses(engine)
    assert status.articles == 1
    assert status.source.feeds == ("https://post.example/feed",)


def test_a_refused_change_changes_nothing(engine: Engine) -> None:
    follows(engine, "other.example", "https://feeds.example/all")
    follows(engine, "post.example", "https://post.example/a")
    with pytest.raises(UsageError, match=r"belongs to the source other\.example"):
        follows(engine, "post.example", "https://post.example/new", "https://feeds.example/all", language="de")
    [status] = statuses(engine, ["post.example"])
    assert status.source.feeds == ("https://post.example/a",)
    assert status.source.language is None


def test_a_feed_that_is_taken_out_leaves_its_queue(engine: Engine) -> None:
    follows(engine, "post.example", "https://post.example/a", "https://post.example/b")
    run = a_run(engine)
    for number, feed in enumerate(claim_feeds(engine, run, due=True)):
        poll(engine, run, feed, entry(number))
    follows(engine, "post.example", "https://post.example/a")
    assert len(claim(engine, run, 10)) == 2


def test_a_feed_that_is_added_to_a_paused_source_waits_with_it(engine: Engine) -> None:
    follows(engine)
    pause(engine, ["post.example"])
    follows(engine, "post.example", "https://post.example/feed", "https://post.example/second")
    run = a_run(engine)
    assert claim_feeds(engine, run, due=False) == []
    resume(engine, ["post.example"])
    assert len(claim_feeds(engine, run, due=True)) == 2


def test_a_second_pause_keeps_the_time_of_the_first(engine: Engine) -> None:
    follows(engine)
    pause(engine, ["post.example"])
    first = rows(engine, "SELECT paused_at FROM news.source")
    pause(engine, ["post.example"])
    assert rows(engine, "SELECT paused_at FROM news.source") == first
    [status] = statuses(engine)
    assert status.paused


def test_resuming_forgets_failures_and_not_what_was_learned(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1), validators=Validators('"v1"', None))
    poll(engine, run, due_feed(engine, run), outcome="server_error", status=503, error="no", state="failing", failures=7.0)
    pause(engine, ["post.example"])
    assert claim(engine, run, 10) == []
    resume(engine, ["post.example"])
    assert rows(engine, "SELECT state, failures, etag, next_poll_at <= now() FROM ops.feed") == [("healthy", 0.0, '"v1"', True)]
    assert len(claim(engine, run, 10)) == 1


def test_what_is_changed_for_several_sources_is_changed_for_all_or_none(engine: Engine) -> None:
    follows(engine, "one.example")
    follows(engine, "two.example")
    for change in (pause, resume, unfollow):
        with pytest.raises(UsageError, match=r"followed as three\.example"):
            change(engine, ["one.example", "three.example", "two.example"])
    assert [(s.source.slug, s.paused) for s in statuses(engine)] == [("one.example", False), ("two.example", False)]


def test_numbers_and_statuses_are_of_the_sources_asked_for(engine: Engine) -> None:
    follows(engine, "one.example")
    follows(engine, "two.example")
    [(two,)] = rows(engine, "SELECT source_id FROM news.source WHERE slug = 'two.example'")
    assert source_ids(engine, ["two.example"]) == [two]
    assert [s.source.slug for s in statuses(engine, ["two.example"])] == ["two.example"]
    with pytest.raises(UsageError, match=r"followed as three\.example"):
        statuses(engine, ["one.example", "three.example"])


def test_only_sources_that_want_something_have_site_settings(engine: Engine) -> None:
    follows(engine, "plain.example")
    follows(engine, "slow.example", delay_seconds=5.0)
    follows(engine, "left.example", delay_seconds=5.0)
    unfollow(engine, ["left.example"])
    assert [(s.domain, s.delay_seconds, s.time_zone) for s in site_settings(engine)] == [("slow.example", 5.0, None)]


def test_a_poll_that_was_under_way_when_its_source_was_unfollowed_is_harmless(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    unfollow(engine, ["post.example"])
    assert poll(engine, run, feed, entry(1), moved_to="https://feeds.example/post") == (0, 0)
    assert rows(engine, "SELECT * FROM ops.url_task") == []
    assert rows(engine, "SELECT * FROM ops.feed_poll") == []
    assert rows(engine, "SELECT purpose, url FROM ops.fetch") == [("listing", "https://post.example/feed")]


@pytest.mark.parametrize("transient", [True, False])
def test_a_page_that_was_under_way_when_its_source_was_unfollowed_is_settled(engine: Engine, transient: bool) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1), entry(2))
    one, two = claim(engine, run, 10)
    unfollow(engine, ["post.example"])
    load(engine, run, fetched(one), failed(two, transient=transient))
    assert rows(engine, "SELECT state, feed_id FROM ops.url_task ORDER BY url = :url", url=one.candidate.url) == [
        ("ready" if transient else "dead", None),
        ("done", None),
    ]
    assert rows(engine, "SELECT count(*) FROM news.article") == [(1,)]
