"""What the tests of flows have in common: a served Prefect server, and questions to it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg

from flows.deployments import DEPLOYMENTS, NAME

ROOT = Path(__file__).parents[2]
SEEDS = str(ROOT / "seeds")
DEADLINE = 120.0  # seconds that anything here may take on a loaded machine


@dataclass(frozen=True)
class Served:
    """A running `flows.serve`."""

    api: str
    environment: dict[str, str]

    def get(self, path: str) -> Any:
        return self._ask("GET", path, None)

    def post(self, path: str, body: object) -> Any:
        return self._ask("POST", path, body)

    def _ask(self, method: str, path: str, body: object) -> Any:
        answers: list[httpx.Response] = []

        def is_answered() -> bool:  # a server on SQLite says 503 where its database is locked for the moment
            answers.append(httpx.request(method, f"{self.api}{path}", json=body, timeout=30))
            return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

        wait_for(is_answered)
        return answers[-1].raise_for_status().json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def hear_interrupts() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and their children after them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def settings_of(home: Path, **others: str) -> dict[str, str]:
    """The environment of a `flows.serve` whose files are all below one folder, without what a developer has set."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "INGEST_", "PG"))}
    return inherited | {"PREFECT_HOME": str(home / "prefect"), "INGEST_HOME": str(home / "ingest"), "PYTHONUNBUFFERED": "1"} | others


def start_serving(environment: dict[str, str], port: int, stdout: int | None = None, stderr: int | None = None) -> subprocess.Popen[str]:
    """`flows.serve`, on its way."""
    return subprocess.Popen(
        [sys.executable, "-m", "flows.serve", "--port", str(port)],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509  # no thread runs yet that could hold a lock
        stdout=stdout,
        stderr=stderr,
    )


def deployment_exists(api: str) -> bool:
    try:
        return httpx.get(f"{api}/deployments/name/{DEPLOYMENTS[-1].flow}/{NAME}", timeout=10).is_success
    except httpx.HTTPError:
        return False


def wait_for(condition: Any) -> None:
    """Poll until a condition that only the outside can see holds."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.1)


def descendants(pid: int) -> list[int]:
    done = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True)
    parents = [tuple(map(int, line.split())) for line in done.stdout.splitlines()]
    found, queue = [], [pid]
    while queue:
        parent = queue.pop()
        children = [p for p, pp in parents if pp == parent]
        found += children
        queue += children
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
