"""From what discovery finds to pages: what is known is left, what is on the web is fetched, what is here is passed on."""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.fetch.pages import page_again, page_of
from ingest.model import Candidate, Page, PageResult
from ingest.store.archive import last_pages
from ingest.store.fetches import note_attempts
from ingest.store.listed import Plan, plan_fetches
from ingest.store.runs import mark_crashed
from ingest.store.tasks import Task, claim, give_back
from ingest.web import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.fetch.session import FetchSession
    from ingest.web import Fetched

Found = Candidate | Page | PageResult
"""What discovery finds: a candidate, a page that it had to read to know what it is, or a place that could not be looked into."""
Gathered = Found | Plan
"""What goes on to extraction: the same, with pages in place of URLs, and plans for articles that need no fetching."""

_CLAIMED = 200  # URLs that are taken from the queue at a time


@dataclass(frozen=True, slots=True)
class Pace:
    """How pages come in batches."""

    batch_size: int
    batch_seconds: float
    """Time after which a batch is passed on, however small."""
    on_wait: Callable[[], None]
    """Called a few times a second while nothing comes; may raise to end the run."""


def gather(engine: Engine, session: FetchSession, found: Iterable[Found], pace: Pace) -> Iterator[list[Gathered]]:
    """What discovery finds, in batches, with URLs fetched."""
    for is_url, run in itertools.groupby(found, key=_is_url):
        if is_url:
            candidates = (item for item in run if isinstance(item, Candidate))
            yield from _gather_urls(engine, session, candidates, pace)
        else:
            while batch := list(itertools.islice(run, pace.batch_size)):
                yield list(batch)


def gather_queue(
    engine: Engine, session: FetchSession, run_id: UUID, pace: Pace, sources: Sequence[int] | None
) -> Iterator[list[Gathered]]:
    """What the queue holds and is due, in batches, until nothing is left but what other workers have.

    URLs of hosts that others keep busy are given back to the queue.
    """
    with_text: deque[Task] = deque()

    def claimed() -> list[Task]:
        return claim(engine, run_id, _CLAIMED, sources, lease_holder=session.lease_holder)

    def requests() -> Iterator[tuple[Candidate, Request]]:
        # Where nothing is left: what a run holds whose process has vanished meanwhile is free once that is noted.
        while tasks := claimed() or (mark_crashed(engine) and claimed()):
            for task in tasks:
                if task.content is not None:
                    with_text.append(task)
                else:
                    yield task.candidate, Request(task.fetch_url, validators=task.validators)

    for fetched in session.fetch_each(requests(), most=pace.batch_size, seconds=pace.batch_seconds, on_wait=pace.on_wait):
        if busy := [(candidate, answer) for candidate, answer in fetched if answer.is_busy]:
            note_attempts(engine, run_id, [attempt for _, answer in busy for attempt in answer.attempts])
            give_back(engine, run_id, [candidate.url for candidate, _ in busy if candidate.url])
        if had := [*_feed_pages(with_text), *_pages(engine, [item for item in fetched if not item[1].is_busy])]:
            yield had
    while pages := _feed_pages(with_text):
        yield pages


def _is_url(item: Found) -> bool:
    return isinstance(item, Candidate) and not item.location.startswith("file:")


def _gather_urls(engine: Engine, session: FetchSession, candidates: Iterator[Candidate], pace: Pace) -> Iterator[list[Gathered]]:
    known: deque[Plan] = deque()

    def requests() -> Iterator[tuple[Candidate, Request]]:
        while chunk := list(itertools.islice(candidates, pace.batch_size)):
            for plan in plan_fetches(engine, chunk):
                if plan.known_article is None:
                    yield plan.candidate, Request(plan.fetch_url, validators=plan.validators)
                else:
                    known.append(plan)

    for fetched in session.fetch_each(requests(), most=pace.batch_size, seconds=pace.batch_seconds, on_wait=pace.on_wait):
        yield [*_drained(known), *_pages(engine, fetched)]
    while plans := _drained(known):
        yield plans


def _drained(known: deque[Plan]) -> list[Gathered]:
    plans: list[Gathered] = list(known)
    known.clear()
    return plans


def _pages(engine: Engine, fetched: Sequence[tuple[Candidate, Fetched]]) -> list[Gathered]:
    unmodified = [candidate.url for candidate, answer in fetched if answer.not_modified and candidate.url]
    kept = last_pages(engine, unmodified) if unmodified else {}
    return [
        page_again(candidate, answer, page.body, page.media_type, page.charset)
        if answer.not_modified and (page := kept.get(candidate.url or ""))
        else page_of(candidate, answer)
        for candidate, answer in fetched
    ]


def _feed_pages(tasks: deque[Task]) -> list[Gathered]:
    """Pages of feeds that carry the whole text: nothing is fetched for them."""
    from ingest.discover.feed_pages import feed_page

    pages: list[Gathered] = [feed_page(task.candidate, task.content or "") for task in tasks]
    tasks.clear()
    return pages
