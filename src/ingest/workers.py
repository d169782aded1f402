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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.model import PageResult, Stage
from ingest.processes import CONTEXT, start

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from types import FrameType

    from ingest.model import Article, Limits, Page, Rejection

Finish = Callable[["PageResult"], "PageResult"]

_WINDOW = 2  # batches in flight a worker: one being worked on, one waiting
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
    with _Pool(limits, jobs, finish) as pool:
        for batch in source:
            pool.submit(batch)
            if pool.full:
                yield pool.next_results()
        while pool.pending:
            yield pool.next_results()


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


class _Pool:
    """A window of batches over worker processes; it outlives a worker that dies."""

    def __init__(self, limits: Limits, jobs: int, finish: Finish) -> None:
        self.pending: deque[Future[list[PageResult]]] = deque()
        self._jobs = jobs
        self._workers = [_Worker(limits, finish) for _ in range(jobs)]
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(jobs)

    def __enter__(self) -> _Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._threads.shutdown()
        for worker in self._workers:
            worker.close()

    @property
    def full(self) -> bool:
        return len(self.pending) > self._jobs * _WINDOW

    def submit(self, batch: Sequence[Page]) -> None:
        self.pending.append(self._threads.submit(self._extract, batch))

    def next_results(self) -> list[PageResult]:
        return self.pending.popleft().result()

    def _extract(self, batch: Sequence[Page]) -> list[PageResult]:
        worker = self._free.get()  # there are as many as threads
        try:
            return worker.extract(batch)
        finally:
            self._free.put(worker)


class _Worker:
    """A process that extracts, on a pipe of its own: the pipe ends where the process dies, whatever it was doing."""

    def __init__(self, limits: Limits, finish: Finish) -> None:
        self._limits = limits
        self._finish = finish
        self._ended = False
        self._start()

    def _start(self) -> None:
        self._pipe, theirs = CONTEXT.Pipe()
        self._process = start(_serve, theirs, self._limits, self._finish)
        theirs.close()  # open here as well, it would not end with the process
        if self._ended:  # meanwhile: whoever said so has ended the process before this one
            self._process.terminate()

    def end(self) -> None:
        """End the process, also in the middle of its work."""
        self._ended = True
        self._process.terminate()

    def close(self) -> None:
        """Clear away what is left of it."""
        self._pipe.close()
        self._process.join()

    def extract(self, batch: Sequence[Page]) -> list[PageResult]:
        """Extract pages; where the process dies, each again by itself, so that none but the one that kills it is rejected."""
        try:
            return self._asked(batch)
        except _Died:
            return [self._extract_alone(page) for page in batch]

    def _extract_alone(self, page: Page) -> PageResult:
        try:
            return self._asked([page])[0]
        except _Died:
            failure = PageError(Stage.EXTRACT, "extractor_crashed", "The process that extracted this page died.")
            return self._finish(PageResult(page.candidate, failure.rejection(), page))

    def _asked(self, pages: Sequence[Page]) -> list[PageResult]:
        try:
            self._pipe.send(pages)
            results: list[PageResult] = self._pipe.recv()
        except (EOFError, OSError) as death:
            self.close()
            if not self._ended:
                self._start()
            raise _Died from death
        return [replace(r, page=page) for page, r in zip(pages, results, strict=True)]


class _Died(Exception):
    """A worker's process ended before it had answered."""


def _serve(pipe: Connection, limits: Limits, finish: Finish) -> None:
    """Extract what comes through a pipe, until it ends."""
    with suppress(EOFError):
        while True:
            # The caller has the bytes: sending them back would double the traffic between the processes.
            pipe.send([replace(r, page=None) for r in extract_pages(pipe.recv(), limits, finish)])
