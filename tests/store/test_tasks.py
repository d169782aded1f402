from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import pytest
from sqlalchemy import Engine, text

from ingest.store.runs import finish_run
from ingest.store.sources import pause, source_ids
from ingest.store.tasks import Task, Visit, claim
from ingest.transfer import Hop, Validators
from tests.store.following import NOON, a_run, age, due_feed, entry, failed, fetched, follows, load, poll, rows, settled


def urls(tasks: list[Task]) -> list[str]:
    return sorted(t.candidate.url or "" for t in tasks)


def test_what_is_not_known_is_queued_once(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    assert poll(engine, run, feed, entry(1), entry(2), entry(1)) == (2, 0)
    assert poll(engine, run, feed, entry(1), entry(2), entry(3)) == (1, 0)
    assert urls(claim(engine, run, 10)) == [f"https://post.example/story-{n}" for n in (1, 2, 3)]


def test_all_shapes_of_a_url_are_one_task(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    assert poll(engine, run, feed, entry("1?utm_source=rss"), entry("1/"), entry("1", host="m.post.example")) == (1, 0)


def test_what_is_loaded_is_not_queued_again_unless_it_has_changed(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    load(engine, run, *[fetched(t) for t in claim(engine, run, 10)])
    assert poll(engine, run, feed, entry(1)) == (0, 0)
    assert poll(engine, run, feed, entry(1, updated=NOON - dt.timedelta(hours=1))) == (0, 0)
    assert poll(engine, run, feed, entry(1, updated=NOON + dt.timedelta(hours=1))) == (0, 1)
    [again] = claim(engine, run, 10)
    assert again.validators.etag == '"v1"'


def test_a_url_that_failed_is_not_hurried_by_its_feed(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    load(engine, run, *[failed(t, transient=True) for t in claim(engine, run, 10)])
    assert poll(engine, run, feed, entry(1, updated=NOON + dt.timedelta(days=1))) == (0, 0)
    assert claim(engine, run, 10) == []


def test_two_runs_never_hold_the_same_url(engine: Engine) -> None:
    follows(engine)
    first, second = a_run(engine), a_run(engine)
    poll(engine, first, due_feed(engine, first), *[entry(n) for n in range(200)])
    held: dict[str, list[str]] = {"a": [], "b": []}

    def take(name: str, run: object) -> None:
        while tasks := claim(engine, run, 7):  # type: ignore[arg-type]
            held[name] += urls(tasks)

    threads = [threading.Thread(target=take, args=pair) for pair in (("a", first), ("b", second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(held["a"] + held["b"]) == len(set(held["a"] + held["b"])) == 200


def test_a_few_of_each_host_come_first(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, *[entry(n, host="large.example") for n in range(50)])
    poll(engine, run, feed, *[entry(n, host=f"small{n}.example") for n in range(5)])
    hosts = [t.candidate.url.split("/")[2] for t in claim(engine, run, 10) if t.candidate.url]
    assert sum(h.startswith("small") for h in hosts) == 5


def test_what_a_live_run_holds_is_its_own_until_the_lease_ends(engine: Engine) -> None:
    follows(engine)
    first, second = a_run(engine), a_run(engine)
    poll(engine, first, due_feed(engine, first), entry(1))
    assert len(claim(engine, first, 10)) == 1
    assert claim(engine, second, 10) == []
    age(engine, "ops.url_task", "lease_until", hours=2)
    assert len(claim(engine, second, 10)) == 1


@pytest.mark.parametrize("state", ["crashed", "cancelled", "failed", "completed"])
def test_what_an_ended_run_held_is_free_at_once(engine: Engine, state: str) -> None:
    follows(engine)
    first, second = a_run(engine), a_run(engine)
    poll(engine, first, due_feed(engine, first), entry(1))
    claim(engine, first, 10)
    finish_run(engine, first, state)
    assert len(claim(engine, second, 10)) == 1


def test_a_failure_that_may_pass_is_tried_again_ever_later_and_then_given_up(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    waits = []
    for _ in range(3):
        [task] = claim(engine, run, 10)
        load(engine, run, failed(task, transient=True), max_tries=4)
        [row] = rows(engine, "SELECT state, tries, extract(epoch FROM not_before - now()) AS wait, last_error FROM ops.url_task")
        assert row.state == "ready"
        assert row.last_error == "The server answers 503."
        waits.append(float(row.wait))
        age(engine, "ops.url_task", "not_before", days=2)
    assert waits[0] < waits[1] < waits[2]
    [task] = claim(engine, run, 10)
    load(engine, run, failed(task, transient=True), max_tries=4)
    assert rows(engine, "SELECT state, tries FROM ops.url_task") == [("dead", 4)]
    assert rows(engine, "SELECT stage, reason, attempts FROM ops.rejection") == [("fetch", "server_error", 4)]


def test_a_failure_that_will_not_pass_is_given_up_at_once(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    load(engine, run, *[failed(t, transient=False) for t in claim(engine, run, 10)])
    assert rows(engine, "SELECT state FROM ops.url_task") == [("dead",)]


def test_retry_after_is_waited_for(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    load(engine, run, *[failed(t, transient=True, retry_after=7_200) for t in claim(engine, run, 10)])
    [(wait,)] = rows(engine, "SELECT extract(epoch FROM not_before - now()) FROM ops.url_task")
    assert 7_000 < wait <= 7_200


def test_a_permanent_redirect_is_asked_for_from_then_on(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    feed = due_feed(engine, run)
    poll(engine, run, feed, entry(1))
    [task] = claim(engine, run, 10)
    moved = "https://post.example/renamed"
    load(engine, run, fetched(task, hops=(Hop("https://post.example/story-1", 301),), final=moved))
    poll(engine, run, feed, entry(1, updated=NOON + dt.timedelta(days=1)))
    [again] = claim(engine, run, 10)
    assert again.fetch_url == moved
    assert again.candidate.url == "https://post.example/story-1"


def test_the_hint_travels_with_the_url(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1, published=NOON, authors=("Ann Example",), language="en"))
    [task] = claim(engine, run, 10)
    hint = task.candidate.hint
    assert hint is not None
    assert (hint.origin, hint.title, hint.published, hint.authors, hint.language) == ("feed", "Story 1", NOON, ("Ann Example",), "en")


def test_only_the_sources_asked_for_and_nothing_of_paused_ones(engine: Engine) -> None:
    follows(engine, "one.example")
    follows(engine, "two.example")
    run = a_run(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.feed SET lease_until = NULL"))
    from ingest.store.feeds import claim_feeds

    for feed in claim_feeds(engine, run, due=False):
        poll(engine, run, feed, entry(1, host=feed.slug))
    assert urls(claim(engine, run, 10, source_ids(engine, ["two.example"]))) == ["https://two.example/story-1"]
    pause(engine, ["one.example"])
    assert claim(engine, run, 10) == []


def test_an_answer_that_nothing_has_changed_keeps_what_it_does_not_repeat(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    [task] = claim(engine, run, 10)
    first = fetched(task)
    load(engine, run, first)
    assert first.page is not None
    assert first.page.transfer is not None
    later = NOON + dt.timedelta(hours=1)
    bare = replace(first.page, observed_at=later, transfer=replace(first.page.transfer, validators=Validators()))
    settled(engine, Visit(task.candidate.url or "", bare.transfer or first.page.transfer, bare, None))
    [row] = rows(engine, "SELECT state, tries, etag, last_modified, fetched_at FROM ops.url_task")
    assert row == ("done", 0, '"v1"', "Fri, 01 May 2026 12:00:00 GMT", later)


def test_another_page_without_validators_leaves_none(engine: Engine) -> None:
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), entry(1))
    [task] = claim(engine, run, 10)
    load(engine, run, fetched(task))
    other = fetched(task, body="Another text.").page
    assert other is not None
    assert other.transfer is not None
    settled(engine, Visit(task.candidate.url or "", replace(other.transfer, validators=Validators()), other, None))
    assert rows(engine, "SELECT etag, last_modified FROM ops.url_task") == [(None, None)]
