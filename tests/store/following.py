"""Made-up feeds, entries, polls and visits, for the tests of the queue."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, Limits, MediaType, Page, PageResult, Rejection, Stage
from ingest.store import write
from ingest.store.feeds import DueFeed, Poll, claim_feeds, record_poll
from ingest.store.load import load_batch
from ingest.store.runs import start_run
from ingest.store.sources import follow
from ingest.store.tasks import Task, Visit, settle
from ingest.transfer import Attempt, Hop, Purpose, Transfer, Validators
from ingest.web import Entry, FollowedSource

NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


def a_run(engine: Engine) -> UUID:
    """A run whose process lives as long as nobody ends it: its row says so."""
    run_id = uuid4()
    start_run(engine, run_id=run_id, kind="adhoc", flow_name="test")
    with engine.begin() as connection:  # start_run takes it for crashed at the next start: no process holds its lock
        connection.execute(text("UPDATE ops.run SET state = 'running', finished_at = NULL"))
    return run_id


def follows(engine: Engine, slug: str = "post.example", *feeds: str, **facts: Any) -> None:
    urls = feeds or (f"https://{slug}/feed",)
    follow(engine, FollowedSource(slug=slug, name=slug, homepage=f"https://{slug}/", feeds=urls, **facts))


def entry(number: int | str, *, host: str = "post.example", **facts: Any) -> Entry:
    return Entry(f"https://{host}/story-{number}", title=f"Story {number}", **facts)


def answered(new: int, **facts: Any) -> Poll:
    usual: dict[str, Any] = {
        "outcome": "ok", "status": 200, "state": "healthy", "failures": 0.0, "period_seconds": 600.0, "publisher_seconds": None,
        "wait_seconds": 600.0, "milliseconds": 5, "kind": "rss", "shown": new,
    }  # fmt: skip
    return Poll(**usual | facts)


def poll(engine: Engine, run_id: UUID, feed: DueFeed, *entries: Entry, **facts: Any) -> tuple[int, int]:
    attempt = Attempt(feed.url, Purpose.LISTING, NOON, "ok", 200)
    _, new, changed = record_poll(engine, run_id, feed, entries, [attempt], origin="feed", poll_of=lambda n: answered(n, **facts))
    return new, changed


def due_feed(engine: Engine, run_id: UUID) -> DueFeed:
    [feed] = claim_feeds(engine, run_id, due=False)
    return feed


def fetched(
    task: Task, *, body: str = "The text of a story.", at: dt.datetime = NOON, hops: tuple[Hop, ...] = (), final: str = ""
) -> PageResult:
    url = task.candidate.url or ""
    transfer = Transfer(
        final or url, hops, Validators('"v1"', "Fri, 01 May 2026 12:00:00 GMT"), (Attempt(url, Purpose.ARTICLE, at, "ok", 200),)
    )
    page = Page(task.candidate, body.encode(), MediaType.HTML, at, transfer=transfer)
    article = Article(url, final or url, f"Title of {body}", body, extractor_version="1")
    return PageResult(task.candidate, article, page)


def failed(task: Task, *, transient: bool, retry_after: float | None = None) -> PageResult:
    url = task.candidate.url or ""
    attempt = Attempt(url, Purpose.ARTICLE, NOON, "server_error", 503)
    transfer = Transfer(url, attempts=(attempt,), is_transient=transient, retry_after_seconds=retry_after)
    return PageResult(task.candidate, Rejection(Stage.FETCH, "server_error", "The server answers 503."), failed_transfer=transfer)


def load(engine: Engine, run_id: UUID, *results: PageResult, max_tries: int = 8) -> None:
    load_batch(engine, run_id, results, Limits(max_task_tries=max_tries))


def settled(engine: Engine, *visits: Visit, max_tries: int = 8) -> None:
    with engine.begin() as connection:
        settle(write.driver_connection(connection), visits, max_tries)


def candidate(url: str) -> Candidate:
    return Candidate(url, url, url)


def rows(engine: Engine, query: str, **parameters: Any) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query), parameters))


def age(engine: Engine, table: str, column: str, **interval: int) -> None:
    """Move an instant of every row into the past: nobody waits in tests."""
    with engine.begin() as connection:
        connection.execute(text(f"UPDATE {table} SET {column} = {column} - CAST(:by AS interval)"), {"by": dt.timedelta(**interval)})  # noqa: S608
