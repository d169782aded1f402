"""Processes that work for this one: they leave Ctrl-C to it, do not import its program, and die with it however it dies."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from multiprocessing.context import SpawnProcess

P = ParamSpec("P")
R = TypeVar("R")

# spawn: the parent holds database connections and threads, which a fork would duplicate.
CONTEXT = multiprocessing.get_context("spawn")
_STARTING = threading.Lock()


def worker_pool(jobs: int) -> ProcessPoolExecutor:
    """A pool for work whose results are short.

    A process that is killed while it sends a long one leaves the pool waiting for the rest of it; up to ``PIPE_BUF`` bytes go at once.
    """
    return ProcessPoolExecutor(jobs, mp_context=CONTEXT, initializer=_begin)


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
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def start(function: Callable[P, None], *args: P.args, **options: P.kwargs) -> SpawnProcess:
    """Start a process that runs a function."""
    process = CONTEXT.Process(target=_run, args=(function, args, options), daemon=True)
    with _interrupts_blocked(), _without_main():
        process.start()
    return process


def _run(function: Callable[..., None], args: tuple[object, ...], options: dict[str, object]) -> None:
    _begin()
    function(*args, **options)


def _begin() -> None:
    """Leave Ctrl-C to the parent, and die with it even when it is killed without a chance to say so."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.join,), daemon=True).start()


def _exit_after(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)
