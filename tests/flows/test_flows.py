"""The flow against a real Prefect server, started and served by `flows.serve` itself."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest
from prefect.client.orchestration import get_client
from prefect.settings import PREFECT_API_URL, PREFECT_LOGGING_TO_API_ENABLED, temporary_settings
from prefect.states import Failed

from flows.batch import ingest_batch, is_connection_fault
from flows.ingest_targets.flow import EveryTargetFailed, ingest_targets
from flows.poll_feeds.flow import poll_feeds
from ingest.errors import DatabaseUnreachable, UsageError
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.sources import follow
from ingest.web import FollowedSource
from tests.web.server import Web

pytestmark = pytest.mark.xdist_group("prefect")

ROOT = Path(__file__).parents[2]
SEEDS = str(ROOT / "seeds")
DEADLINE = 120.0  # seconds that anything here may take on a loaded machine


@dataclass(frozen=True)
class Served:
    """A running `flows.serve`."""

    api: str
    environment: dict[str, str]

    def get(self, path: str) -> Any:
        return httpx.get(f"{self.api}{path}", timeout=30).raise_for_status().json()

    def post(self, path: str, body: object) -> Any:
        return httpx.post(f"{self.api}{path}", json=body, timeout=30).raise_for_status().json()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="module")
def served(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server and deployment for this module; leaving proves that an interrupt leaves no process behind."""
    home = tmp_path_factory.mktemp("prefect")
    port = free_port()
    with psycopg.connect(server_url.replace("/news?", "/postgres?"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE served")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "INGEST_"))}
    environment = inherited | {
        "PREFECT_HOME": str(home),
        "INGEST_HOME": str(home / "ingest"),
        "INGEST_DATABASE_URL": server_url.replace("/news?", "/served?"),
        "PYTHONUNBUFFERED": "1",
    }
    command = [sys.executable, "-m", "flows.serve", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment,
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=hear_interrupts,  # noqa: PLW1509  # no thread runs yet that could hold a lock
    ) as process:
        api = f"http://127.0.0.1:{port}/api"
        try:
            wait_for(lambda: process.poll() is not None or deployment_exists(api))
            assert process.poll() is None, process.stderr and process.stderr.read()
            yield Served(api, environment | {"PREFECT_API_URL": api})
        finally:
            children = descendants(process.pid)
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode in {0, 130}
    assert "Traceback" not in errors
    assert children
    wait_for(lambda: not any(alive(pid) for pid in children))


def hear_interrupts() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and their children after them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def deployment_exists(api: str) -> bool:
    try:
        return httpx.get(f"{api}/deployments/name/ingest-targets/default", timeout=10).is_success
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


@pytest.fixture
def here(served: Served, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Flows that are called in this process report to the server and load into a database of their own."""
    monkeypatch.setenv("INGEST_DATABASE_URL", database_url)
    with temporary_settings({PREFECT_API_URL: served.api, PREFECT_LOGGING_TO_API_ENABLED: False}):
        yield database_url


def rows(url: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_a_run_loads_once_and_publishes_its_table(here: str) -> None:
    first = ingest_targets([SEEDS])
    second = ingest_targets([SEEDS])
    assert (first["total"]["new"], first["total"]["found"]) == (1, 1)
    assert (second["total"]["new"], second["total"]["unchanged"]) == (0, 1)
    assert rows(here, "SELECT title FROM news.article") == [("Philippine capital hosts high-level talks on North Korea",)]
    runs = rows(here, "SELECT run_id, kind, flow_name, state FROM ops.run ORDER BY started_at")
    assert [r[1:] for r in runs] == [("adhoc", "ingest-targets", "completed")] * 2
    with get_client(sync_client=True) as client:
        names = {client.read_flow_run(run_id).flow_id for run_id, *_ in runs}
        artifacts = client.read_artifacts(sort=None)
    assert len(names) == 1
    tables = {UUID(str(a.flow_run_id)): json.loads(a.data) for a in artifacts if a.key == "ingest-targets" and isinstance(a.data, str)}
    table = tables[runs[0][0]]
    assert [(row["source"], row["new"]) for row in table] == [("iran-press-tv", 1), ("total", 1)]


def test_several_batches_on_two_processes(here: str, tmp_path: Path) -> None:
    story = "<p>The ministers met in the capital on Monday, and both sides said that the talks would go on for weeks.</p>" * 4
    for i in range(90):
        (tmp_path / f"{i}.html").write_text(f"<article><h1>Story number {i} of the day</h1>{story}<p>It was meeting {i}.</p></article>")
    total = ingest_targets([str(tmp_path)], jobs=2, batch_size=50)["total"]
    assert (total["found"], total["new"]) == (90, 90)
    assert rows(here, "SELECT count(*) FROM news.article") == [(90,)]


def test_what_names_nothing_fails_the_run_after_the_rest_is_loaded(here: str) -> None:
    with pytest.raises(UsageError, match=r"gone\.html"):
        ingest_targets(["gone.html", SEEDS])
    assert rows(here, "SELECT count(*) FROM news.article") == [(1,)]


def test_a_run_whose_every_page_is_rejected_fails(here: str, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    with pytest.raises(EveryTargetFailed):
        ingest_targets([str(tmp_path)])
    assert rows(here, "SELECT reason FROM ops.rejection") == [("empty",)]


def test_a_poll_loads_what_is_new_and_the_next_nothing(here: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.setenv("INGEST_HOST_DELAY_SECONDS", "0")
    with Web(1, 5) as web:
        with open_engine(Settings(database_url=here)) as engine:
            follow(engine, FollowedSource(slug="post.example", name="Post", homepage=None, feeds=(web.url("/feed.rss"),)))
        first, second = poll_feeds(), poll_feeds(due=False)
    assert (len(first["polls"]), first["total"]["new"]) == (1, 5)
    assert (second["polls"][0]["new"], second["total"]["found"]) == (0, 0)
    assert rows(here, "SELECT flow_name, state FROM ops.run") == [("poll-feeds", "completed")] * 2
    assert rows(here, "SELECT count(*), count(article_id) FROM news.sighting") == [(5, 5)]
    with pytest.raises(UsageError, match="nobody"):
        poll_feeds(["nobody"])


def test_polls_are_scheduled_and_never_pile_up(served: Served) -> None:
    deployment = served.get("/deployments/name/poll-feeds/default")
    assert [s["schedule"]["cron"] for s in deployment["schedules"]] == ["*/5 * * * *"]
    assert deployment["concurrency_options"]["collision_strategy"] == "CANCEL_NEW"
    assert deployment["global_concurrency_limit"]["limit"] == 1
    wanted = {"deployments": {"id": {"any_": [deployment["id"]]}}, "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}}}
    wait_for(lambda: served.post("/flow_runs/count", wanted) > 0)  # the server's own scheduler works
    wrong = {"parameters": {"sources": 7}}
    refused = httpx.post(f"{served.api}/deployments/{deployment['id']}/create_flow_run", json=wrong, timeout=30)
    assert refused.status_code == 409
    assert "sources" in refused.text


def test_only_a_lost_connection_is_tried_again() -> None:
    run: Any = None  # the decision does not look at the run
    assert is_connection_fault(ingest_batch, run, Failed(data=DatabaseUnreachable("gone")))
    assert not is_connection_fault(ingest_batch, run, Failed(data=ValueError("a fault of ours")))


def test_the_module_runs_ad_hoc_with_the_exit_codes_of_the_command(served: Served, database_url: str, tmp_path: Path) -> None:
    environment = served.environment | {"INGEST_DATABASE_URL": database_url}
    command = [sys.executable, "-m", "flows.ingest_targets"]
    done = subprocess.run([*command, "seeds/", "--json"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["total"]["new"] == 1
    (tmp_path / "empty.html").write_text("")
    for target, code in ((tmp_path, 1), (tmp_path / "gone", 2)):
        failed = subprocess.run([*command, target], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert failed.returncode == code
        assert any(line.startswith("ingest-targets: ") for line in failed.stderr.splitlines())  # Prefect may warn after it


def test_the_deployment_runs_what_it_is_asked_to(served: Served) -> None:
    deployment = served.get("/deployments/name/ingest-targets/default")
    created = served.post(f"/deployments/{deployment['id']}/create_flow_run", {"parameters": {"targets": [SEEDS]}})
    wait_for(lambda: served.get(f"/flow_runs/{created['id']}")["state"]["type"] in {"COMPLETED", "FAILED", "CRASHED"})
    assert served.get(f"/flow_runs/{created['id']}")["state"]["type"] == "COMPLETED"
    [(deployed,)] = rows(served.environment["INGEST_DATABASE_URL"], f"SELECT deployment FROM ops.run WHERE run_id = '{created['id']}'")  # noqa: S608
    assert deployed == "default"


def test_a_port_in_use_is_one_sentence(served: Served) -> None:
    port = served.api.split(":")[2].split("/")[0]
    environment = {k: v for k, v in served.environment.items() if k != "PREFECT_API_URL"}
    command = [sys.executable, "-m", "flows.serve", "--port", port]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "--port" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_answers_without_prefect() -> None:
    """Python lists each import on standard error; only the flow's own module imports Prefect."""
    command = [sys.executable, "-X", "importtime", "-m", "flows.ingest_targets", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "Examples" in done.stdout
    assert "typer" in imported
    assert "prefect" not in imported
