"""Extraction on all cores: pages in, results out, in order, with bounded memory.

A page may crash its worker or run out of time; it ends as a rejection and the pages around it are unharmed.
"""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.model import PageResult, Stage
from ingest.processes import WorkerDied, WorkerPool

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from types import FrameType

    from ingest.model import Article, Limits, Page, Rejection
    from ingest.processes import Worker

Finish = Callable[["PageResult"], "PageResult"]

_AGAIN = 0.01  # seconds: an alarm that falls into a callback whose exceptions nobody hears is raised again
_AT_ONCE = 1e-6  # seconds; zero would switch an alarm off
_PAGES_BEFORE_POOL = 32  # a pool takes as long to start as these pages take to extract (0.2 s)


def as_it_is(result: PageResult) -> PageResult:
    """The result."""
    return result


def extract_batches(batches: Iterable[Sequence[Page]], limits: Limits, jobs: int, finish: Finish = as_it_is) -> Iterator[list[PageResult]]:
    """Extract batches of pages in up to ``jobs`` processes; results come in the order of the input.

    The first pages, and all with ``jobs`` of 1, are extracted in this process: a few are done before a pool has
    started. No more than a few batches are read ahead, however long the input. ``finish``, a function of a module, is
    called on each result where it was made.
    """
    source = iter(batches)
    done = 0
    for batch in source:
        yield extract_pages(batch, limits, finish)
        done += len(batch)
        if jobs > 1 and done >= _PAGES_BEFORE_POOL:
            break
    else:
        return
    pending: deque[Future[list[PageResult]]] = deque()
    with WorkerPool(jobs) as pool:
        for batch in source:
            pending.append(pool.submit(_extract_in, batch, limits, finish))
            if len(pending) > jobs:  # one waits for a worker: each more holds memory, and gives no speed
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def extract_pages(pages: Sequence[Page], limits: Limits, finish: Finish = as_it_is) -> list[PageResult]:
    """Extract pages one after the other in this process."""
    return [_finished(_timed(page, limits), finish) for page in pages]


def _finished(result: PageResult, finish: Finish) -> PageResult:
    try:
        return finish(result)
    except Exception as error:  # noqa: BLE001  # as where it is extracted
        return replace(result, result=_fault(error))


def _timed(page: Page, limits: Limits) -> PageResult:
    started = time.perf_counter()
    result = _extract_guarded(page, limits)
    return PageResult(page.candidate, result, page, time.perf_counter() - started)


def _extract_guarded(page: Page, limits: Limits) -> Article | Rejection:
    from ingest.extract import extract  # the parser and the phrase tables load where pages are extracted

    try:
        with _time_limit(limits.max_extract_seconds):
            return extract(page, limits)
    except _OutOfTime:
        seconds = f"{limits.max_extract_seconds:g} seconds (INGEST_MAX_EXTRACT_SECONDS)"
        return PageError(Stage.EXTRACT, "out_of_time", f"Extraction took more than {seconds}.").rejection()
    except Exception as error:  # noqa: BLE001  # one page that finds a fault in the extractor must not end the run
        return _fault(error)


def _fault(error: Exception) -> Rejection:
    return PageError(Stage.EXTRACT, "extractor_error", f"{type(error).__name__}: {error}"[:500]).rejection()


class _OutOfTime(BaseException):
    """Not an Exception, so that no handler on the way takes it for an ordinary fault."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_OutOfTime` in the block after ``seconds``, where a signal can reach it (the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous, heard = signal.signal(signal.SIGALRM, _raise_out_of_time), sys.unraisablehook
    sys.unraisablehook = partial(_hush_out_of_time, heard)
    # There is one alarm a process: that of a caller with a limit of its own, such as a flow's, goes on afterwards.
    started, (outer, _) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        sys.unraisablehook = heard
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - started), _AT_ONCE))


def _raise_out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise _OutOfTime


def _hush_out_of_time(heard: Callable[[sys.UnraisableHookArgs], object], unraisable: sys.UnraisableHookArgs) -> None:
    """Pass on what a callback raised and nobody hears, but not an alarm that fell into it: it is raised again."""
    if unraisable.exc_type is not _OutOfTime:
        heard(unraisable)


def _extract_in(worker: Worker, batch: Sequence[Page], limits: Limits, finish: Finish) -> list[PageResult]:
    """Extract pages in a process; where it dies, each again by itself, so that none but the one that kills it is rejected."""
    try:
        return _asked(worker, batch, limits, finish)
    except WorkerDied:
        return [_extract_alone(worker, page, limits, finish) for page in batch]


def _extract_alone(worker: Worker, page: Page, limits: Limits, finish: Finish) -> PageResult:
    try:
        return _asked(worker, [page], limits, finish)[0]
    except WorkerDied:
        failure = PageError(Stage.EXTRACT, "extractor_crashed", "The process that extracted this page died.")
        return _finished(PageResult(page.candidate, failure.rejection(), page), finish)


def _asked(worker: Worker, pages: Sequence[Page], limits: Limits, finish: Finish) -> list[PageResult]:
    results = worker.call(_without_pages, pages, limits, finish)
    return [replace(r, page=page) for page, r in zip(pages, results, strict=True)]


def _without_pages(pages: Sequence[Page], limits: Limits, finish: Finish) -> list[PageResult]:
    """In the process: the caller has the bytes, and sending them back would double the traffic between the two."""
    return [replace(r, page=None) for r in extract_pages(pages, limits, finish)]
