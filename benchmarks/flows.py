"""What Prefect costs: the same pages through the flow and through `ingest run`, and where the time of a start goes.

    python -m benchmarks.flows [--pages 5000] [--rounds 3]

A Prefect server and the deployments are served as `make serve` does it, on the embedded Postgres. Runs of the flow are asked for over the
server's API, as `ingest trigger` does it; start-up is what lies outside of the run's own row in ops.run.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import httpx
import psycopg

from benchmarks.made_pages import write_pages

if TYPE_CHECKING:
    from collections.abc import Iterator

INGEST = Path(sys.executable).with_name("ingest")
_FINAL = {"COMPLETED", "FAILED", "CRASHED", "CANCELLED"}
_POLL_SECONDS = 0.05
_LOCKED = 503  # the server's SQLite is, by what it does at its start


def environment(home: Path) -> dict[str, str]:
    """Nothing of the caller's own settings."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_", "PREFECT_", "PG"))}
    return kept | {"INGEST_HOME": str(home / "ingest"), "PREFECT_HOME": str(home / "prefect")}


@contextmanager
def served(own: dict[str, str]) -> Iterator[str]:
    """The API's URL, as long as the block lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "flows.serve", "--port", str(port)]
    with subprocess.Popen(command, env=own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        api = f"http://127.0.0.1:{port}/api"
        while not _is_there(api):
            time.sleep(_POLL_SECONDS)
        try:
            yield api
        finally:
            process.terminate()


def _is_there(api: str) -> bool:
    try:
        return httpx.get(f"{api}/deployments/name/ingest-targets/default", timeout=5).is_success
    except httpx.HTTPError:
        return False


def by_command(own: dict[str, str], target: Path, jobs: int) -> tuple[float, dict[str, Any]]:
    """Seconds from the command to its end, and what it loaded."""
    started = time.perf_counter()
    done = subprocess.run([INGEST, "run", target, "--jobs", str(jobs), "--json"], env=own, capture_output=True, text=True, check=True)
    return time.perf_counter() - started, json.loads(done.stdout)["total"]


def by_flow(api: str, target: Path, jobs: int, look_seconds: float = _POLL_SECONDS) -> tuple[float, str]:
    """Seconds from the request to the run's end, and the run. To look costs the server, and so the run, its cores."""
    with httpx.Client(base_url=api) as client:
        deployment = client.get("/deployments/name/ingest-targets/default").raise_for_status().json()["id"]
        started = time.perf_counter()
        body = {"parameters": {"targets": [str(target)], "jobs": jobs}}
        while (answer := client.post(f"/deployments/{deployment}/create_flow_run", json=body)).status_code == _LOCKED:
            time.sleep(_POLL_SECONDS)
        run = answer.raise_for_status().json()["id"]
        while (state := client.get(f"/flow_runs/{run}").json()["state"]["type"]) not in _FINAL:
            time.sleep(look_seconds)
    if state != "COMPLETED":
        raise SystemExit(f"The run ended as {state}.")
    return time.perf_counter() - started, run


def emptied(url: str) -> None:
    """Forget what was loaded."""
    with psycopg.connect(url) as connection:
        connection.execute("TRUNCATE ops.run, news.source, ops.raw_page, ops.sketch_band CASCADE")


def own_seconds(url: str, run: str | None = None) -> float:
    """How long the (last) run took by its row: without the start of its process, and without Prefect's own work around it."""
    query = (
        "SELECT extract(epoch FROM finished_at - started_at) FROM ops.run "
        "WHERE coalesce(run_id = %s, flow_name = %s) ORDER BY started_at DESC"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(query, [run, "ingest run"]).fetchone()
    return float(row[0]) if row else 0.0


def show(what: str, seconds: list[float]) -> None:
    """A line: the median and its spread."""
    print(f"  {what:<58} {median(seconds):6.2f} s   ({min(seconds):.2f} to {max(seconds):.2f})")


def main() -> None:
    """Starts first, on one small file; then many pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    jobs = len(os.sched_getaffinity(0))
    home = Path(tempfile.mkdtemp(prefix="flows-"))
    own = environment(home)
    small, many = home / "small", home / "many"
    write_pages(small, 1)
    write_pages(many, arguments.pages)
    try:
        by_command(own, small, jobs)  # makes the database
        print("one small file")
        show("ingest run, the embedded Postgres stopped before", [by_command(own, small, jobs)[0] for _ in range(arguments.rounds * 2)])
        subprocess.run([INGEST, "db", "start"], env=own, check=True, capture_output=True)
        show("ingest run, the database running", [by_command(own, small, jobs)[0] for _ in range(arguments.rounds * 2)])
        url = subprocess.run([INGEST, "db", "url"], env=own, check=True, capture_output=True, text=True).stdout.strip()
        with served(own) as api:
            by_flow(api, small, jobs)
            whole = [by_flow(api, small, jobs) for _ in range(arguments.rounds)]
            show("the flow, from the request to its end", [seconds for seconds, _ in whole])
            show("  of it the run itself", [own_seconds(url, run) for _, run in whole])
            imports = [_import_seconds(own) for _ in range(arguments.rounds)]
            show("  of it Python and the imports of the flow's module", imports)
            print(f"{arguments.pages:,} pages, {jobs} processes that extract")
            commands, flows = [], []
            for _ in range(arguments.rounds):
                emptied(url)
                _, total = by_command(own, many, jobs)
                commands.append(own_seconds(url))
                emptied(url)
                _, run = by_flow(api, many, jobs, 2.0)
                flows.append(own_seconds(url, run))
                if total["new"] != arguments.pages:
                    raise SystemExit(f"{total}: every page should be new")
            show("ingest run, without its start", commands)
            show("the flow, without its start", flows)
            print(f"  the flow takes {median(flows) / median(commands) - 1:+.1%}")
    finally:
        subprocess.run([INGEST, "db", "stop", "--force"], env=own, check=False, capture_output=True)
        shutil.rmtree(home)


def _import_seconds(own: dict[str, str]) -> float:
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import flows.ingest_targets.flow"], env=own, check=True, capture_output=True)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
