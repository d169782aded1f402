"""Extraction on all cores: pages in, results out, in order, with bounded memory.

A page may crash its worker or run out of time; it ends as a rejection and the pages around it are unharmed.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import time
from collections import deque
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from ingest.errors import PageError
from ingest.model import Article, PageResult, Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from types import FrameType

    from ingest.model import Limits, Page, Rejection

P = ParamSpec("P")
R = TypeVar("R")

_WINDOW = 2  # batches in flight a worker: one being worked on, one waiting
_AGAIN = 0.01  # seconds: an alarm that falls into a callback whose exceptions nobody hears is raised again
_AT_ONCE = 1e-6  # seconds; zero would switch an alarm off
_PAGES_BEFORE_POOL = 32  # a pool takes as long to start as these pages take to extract (0.2 s)


def extract_batches(batches: Iterable[Sequence[Page]], limits: Limits, jobs: int) -> Iterator[list[PageResult]]:
    """Extract batches of pages in up to ``jobs`` processes; results come in the order of the input.

    The first pages, and all with ``jobs`` of 1, are extracted in this process: a few are done before a pool has
    started. No more than a few batches are read ahead, however long the input.
    """
    source = iter(batches)
    done = 0
    for batch in source:
        yield extract_pages(batch, limits)
        done += len(batch)
        if jobs > 1 and done >= _PAGES_BEFORE_POOL:
            break
    else:
        return
    with _Pool(limits, jobs) as pool:
        for batch in source:
            pool.submit(batch)
            if pool.full:
                yield pool.next_results()
        while pool.pending:
            yield pool.next_results()


def extract_pages(pages: Sequence[Page], limits: Limits) -> list[PageResult]:
    """Extract pages one after the other in this process."""
    return [_timed(page, limits) for page in pages]


def _timed(page: Page, limits: Limits) -> PageResult:
    from ingest.identify.boilerplate import block_keys  # as below
    from ingest.identify.near_copies import sketch

    started = time.perf_counter()
    result = _extract_guarded(page, limits)
    seconds = time.perf_counter() - started
    if isinstance(result, Article):
        return PageResult(page.candidate, result, page, seconds, sketch=sketch(result.body), block_keys=block_keys(result.blocks))
    return PageResult(page.candidate, result, page, seconds)


def _extract_guarded(page: Page, limits: Limits) -> Article | Rejection:
    from ingest.extract import extract  # the parser and the phrase tables load where pages are extracted

    try:
        with _time_limit(limits.max_extract_seconds):
            return extract(page, limits)
    except _OutOfTime:
        seconds = f"{limits.max_extract_seconds:g} seconds (INGEST_MAX_EXTRACT_SECONDS)"
        return PageError(Stage.EXTRACT, "out_of_time", f"Extraction took more than {seconds}.").rejection()
    except Exception as error:  # noqa: BLE001  # one page that finds a fault in the extractor must not end the run
        return PageError(Stage.EXTRACT, "extractor_error", f"{type(error).__name__}: {error}"[:500]).rejection()


class _OutOfTime(BaseException):
    """Not an Exception, so that no handler on the way takes it for an ordinary fault."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise `_OutOfTime` in the block after ``seconds``, where a signal can reach it (the main thread)."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.signal(signal.SIGALRM, _raise_out_of_time)
    # There is one alarm a process: that of a caller with a limit of its own, such as a flow's, goes on afterwards.
    started, (outer, _) = time.monotonic(), signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - started), _AT_ONCE))


def _raise_out_of_time(_signal: int, _frame: FrameType | None) -> None:
    raise _OutOfTime


class _Pool:
    """A window of batches over worker processes; it outlives a worker that dies."""

    def __init__(self, limits: Limits, jobs: int) -> None:
        self.pending: deque[tuple[Sequence[Page], Future[list[PageResult]]]] = deque()
        self._limits = limits
        self._jobs = jobs
        self._executor = worker_pool(jobs)

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._executor.shutdown(wait=exception[0] is None, cancel_futures=True)

    @property
    def full(self) -> bool:
        return len(self.pending) > self._jobs * _WINDOW

    def submit(self, batch: Sequence[Page]) -> None:
        self.pending.append((batch, self._started(batch)))

    def next_results(self) -> list[PageResult]:
        batch, future = self.pending.popleft()
        try:
            return _with_pages(batch, future.result())
        except BrokenProcessPool:
            self._executor.shutdown(wait=False)
            self._executor = worker_pool(self._jobs)
            self.pending = deque((waiting, self._started(waiting)) for waiting, _ in self.pending)
            return [_extract_alone(page, self._limits) for page in batch]

    def _started(self, batch: Sequence[Page]) -> Future[list[PageResult]]:
        try:
            return submit(self._executor, _extract_in_worker, batch, self._limits)
        except BrokenProcessPool:  # a worker died since the last look
            self._executor = worker_pool(self._jobs)
            return submit(self._executor, _extract_in_worker, batch, self._limits)


def submit(pool: ProcessPoolExecutor, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> Future[R]:
    """Hand work to a pool, which may start a process for it.

    Raises:
        BrokenProcessPool: one of its processes has died.
    """
    with _interrupts_blocked(), _without_main():
        return pool.submit(function, *args, **options)


def end_workers() -> None:
    """End the processes of all pools in the middle of their work."""
    for process in multiprocessing.active_children():
        process.terminate()


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A worker that starts in the block inherits that it does not hear Ctrl-C, also before it can say so itself."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main() -> Iterator[None]:
    """A worker that starts in the block does not import the program that starts it: of Prefect's, that takes a second."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


def _extract_alone(page: Page, limits: Limits) -> PageResult:
    """Extract one page in a process of its own, after a batch has killed its worker."""
    with worker_pool(1) as executor:
        try:
            return _with_pages([page], submit(executor, _extract_in_worker, [page], limits).result())[0]
        except BrokenProcessPool:
            failure = PageError(Stage.EXTRACT, "extractor_crashed", "The process that extracted this page died.")
            return PageResult(page.candidate, failure.rejection(), page)


def _extract_in_worker(pages: Sequence[Page], limits: Limits) -> list[PageResult]:
    # The caller has the bytes: sending them back would double the traffic between the processes.
    return [replace(r, page=None) for r in extract_pages(pages, limits)]


def _with_pages(pages: Sequence[Page], results: list[PageResult]) -> list[PageResult]:
    return [replace(r, page=page) for page, r in zip(pages, results, strict=True)]


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    """Processes that ignore Ctrl-C, which is the caller's to hear, and that die with it however it dies."""
    # spawn: the parent holds database connections and threads, which a fork would duplicate.
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(jobs, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    """Leave Ctrl-C to the parent, and die with it even when it is killed without a chance to say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.join,), daemon=True).start()


def _exit_after(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)
