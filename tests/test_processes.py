"""Processes answer, die and end without anybody waiting for what does not come."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from ingest.processes import Worker, WorkerDied, WorkerPool, _started


@pytest.fixture
def worker() -> Iterator[Worker]:
    worker = Worker()
    yield worker
    worker.end()
    worker.close()
    assert children() == []


def test_what_a_function_returns_or_raises_is_the_callers(worker: Worker) -> None:
    assert worker.call(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        worker.call(divmod, 7, 0)
    assert worker.call(sorted, [1, 2], reverse=True) == [2, 1]


def test_one_that_dies_is_replaced(worker: Worker) -> None:
    before = worker.call(os.getpid)
    with pytest.raises(WorkerDied):
        worker.call(os._exit, 1)
    assert worker.call(os.getpid) not in {before, os.getpid()}


def test_one_that_is_killed_while_it_answers_is_not_waited_for(worker: Worker) -> None:
    """It has sent a part of its answer, more than a pipe holds."""
    pipe = worker._pipe
    pipe.send((bytes, (10_000_000,), {}))
    assert pipe.poll(60)
    [child] = children()
    os.kill(child, signal.SIGKILL)
    worker._pipe = SimpleNamespace(send=lambda _: None, recv=pipe.recv, close=pipe.close)  # type: ignore[assignment]
    with pytest.raises(WorkerDied):
        worker.call(bytes, 10_000_000)
    assert worker.call(divmod, 7, 2) == (3, 1)


def test_one_that_is_ended_while_it_starts_again_ends(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever ends it knows of the process before only, which is dead already."""

    def started(pipe: object) -> object:
        worker.end()
        return _started(pipe)  # type: ignore[arg-type]

    monkeypatch.setattr("ingest.processes._started", started)
    with pytest.raises(WorkerDied):
        worker.call(os._exit, 1)
    worker._process.join(60)
    assert worker._process.exitcode == -signal.SIGTERM


def test_a_pool_is_left_in_the_middle_of_its_work() -> None:
    with WorkerPool(2) as pool:
        waits = [pool.submit(Worker.call, signal.pause) for _ in range(3)]
    assert all(w.cancelled() or isinstance(w.exception(), WorkerDied) for w in waits)
    assert children() == []


def test_work_goes_to_whatever_worker_is_free() -> None:
    with WorkerPool(2) as pool:
        results = [pool.submit(Worker.call, divmod, n, 3) for n in range(20)]
        assert [r.result() for r in results] == [divmod(n, 3) for n in range(20)]


def children() -> list[int]:
    """The worker processes of this one (Linux)."""
    own = Path("/proc/self/task").glob("*/children")
    pids = [int(pid) for file in own for pid in file.read_text().split()]
    return [pid for pid in pids if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
