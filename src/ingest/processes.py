"""Processes that work for this one: they leave Ctrl-C to it, do not import its program, and die with it however it dies.

Each answers on a pipe of its own, which ends where the process dies, whatever it was doing. `ProcessPoolExecutor` has one pipe for all
answers: where a process is killed in the middle of a long one, its rest never comes, and the pool waits for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from queue import SimpleQueue
from types import ModuleType
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from multiprocessing.connection import Connection
    from multiprocessing.context import SpawnProcess

P = ParamSpec("P")
R = TypeVar("R")

# spawn: the parent holds database connections and threads, which a fork would duplicate.
_CONTEXT = multiprocessing.get_context("spawn")
_STARTING = threading.Lock()


class WorkerDied(Exception):
    """A process ended before it had answered; another one is in its place."""


class Worker:
    """A process that calls functions, one after the other."""

    def __init__(self) -> None:
        self._ended = False
        self._start()

    def call(self, function: Callable[P, R], *args: P.args, **options: P.kwargs) -> R:
        """What a function, one of a module, returns or raises in the process.

        Raises:
            WorkerDied: the process ended meanwhile.
        """
        try:
            self._pipe.send((function, args, options))
            result, error = self._pipe.recv()
        except (EOFError, OSError) as death:
            self.close()
            if not self._ended:
                self._start()
            raise WorkerDied from death
        if error is not None:
            raise error
        return result  # type: ignore[no-any-return]  # a pipe knows no types

    def end(self) -> None:
        """End the process, also in the middle of its work."""
        self._ended = True
        self._process.terminate()

    def close(self) -> None:
        """Clear away what is left of it."""
        self._pipe.close()
        self._process.join()

    def _start(self) -> None:
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _started(theirs)
        theirs.close()  # open here as well, it would not end with the process
        if self._ended:  # meanwhile: whoever said so has ended the process before this one
            self._process.terminate()


class WorkerPool:
    """So many workers; leaving the block ends them, also in the middle of their work."""

    def __init__(self, jobs: int) -> None:
        self._workers = [Worker() for _ in range(jobs)]
        self._free: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(jobs)

    def __enter__(self) -> WorkerPool:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._threads.shutdown()
        for worker in self._workers:
            worker.close()

    def submit(self, work: Callable[Concatenate[Worker, P], R], *args: P.args, **options: P.kwargs) -> Future[R]:
        """Do a piece of work with the next worker that is free: `Worker.call`, or a function that calls it."""
        return self._threads.submit(lambda: self._with_a_worker(work, *args, **options))

    def _with_a_worker(self, work: Callable[Concatenate[Worker, P], R], *args: P.args, **options: P.kwargs) -> R:
        worker = self._free.get()  # there are as many as threads
        try:
            return work(worker, *args, **options)
        finally:
            self._free.put(worker)


def _started(pipe: Connection) -> SpawnProcess:
    process = _CONTEXT.Process(target=_serve, args=(pipe,), daemon=True)
    with _interrupts_blocked(), _without_main():
        process.start()
    return process


@contextmanager
def _interrupts_blocked() -> Iterator[None]:
    """A process that starts in the block inherits that it does not hear Ctrl-C, also before it can say so itself."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def _without_main() -> Iterator[None]:
    """A process that starts in the block does not import the program that starts it: of Prefect's, that takes a second."""
    with _STARTING:
        main = sys.modules["__main__"]
        sys.modules["__main__"] = ModuleType("__main__")
        try:
            yield
        finally:
            sys.modules["__main__"] = main


def _serve(pipe: Connection) -> None:
    """Answer what comes through a pipe, until it ends; leave Ctrl-C to the parent, and die with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_exit_after, args=(parent.join,), daemon=True).start()
    with suppress(EOFError):
        while True:
            pipe.send(_answer(*pipe.recv()))


def _answer(function: Callable[..., object], args: tuple[object, ...], options: dict[str, object]) -> tuple[object, Exception | None]:
    try:
        return function(*args, **options), None
    except Exception as error:  # noqa: BLE001  # the caller's to hear
        return None, error


def _exit_after(wait: Callable[[], None]) -> None:
    wait()
    os._exit(1)
