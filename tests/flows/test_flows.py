"""The flow against a real Prefect server, started and served by `flows.serve` itself."""

from __future__ import annotations

import datetime as dt
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from prefect.client.orchestration import get_client
from prefect.states import Failed

from flows.ingest_targets.flow import EveryTargetFailed, ingest_targets
from flows.poll_feeds.flow import poll_feeds
from flows.reprocess.flow import is_connection_fault, reprocess_articles
from ingest.errors import DatabaseUnreachable, UsageError
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.sources import follow
from ingest.web import FollowedSource
from tests.flows.served import ROOT, SEEDS, Served, free_port, rows, wait_for
from tests.web.server import Web

pytestmark = pytest.mark.xdist_group("prefect")


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
    with get_client(sync_client=True) as client:
        [(run_id,)] = rows(here, "SELECT run_id FROM ops.run")
        [shown] = [a for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id and a.type == "progress"]
    assert (shown.key, float(str(shown.data))) == ("ingest-targets-progress", 100.0)
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


def test_a_run_says_what_it_did_what_failed_and_how_to_try_it_again(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_HOME", str(tmp_path / "home"))
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "menu.html").write_text("<nav><a href='/'>Home</a></nav>")
    with pytest.raises(UsageError, match=r"gone\.html"):
        ingest_targets([SEEDS, str(tmp_path / "pages"), "gone.html"])
    [(run_id,)] = rows(here, "SELECT run_id FROM ops.run")
    with get_client(sync_client=True) as client:
        name = client.read_flow_run(run_id).name
        artifacts = {a.key: str(a.data) for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id}
    today = f"{dt.datetime.now(dt.UTC):%Y-%m-}"
    assert name.startswith(f"ingest {SEEDS}, {tmp_path / 'pages'} and 1 more, {today}")
    assert name.endswith(" UTC")
    assert json.loads(artifacts["ingest-targets"])[-1]["new"] == 1
    note = artifacts["ingest-targets-failures"]
    command = next(part for part in note.split("`") if part.startswith("ingest rejections retry"))
    page = (tmp_path / "home" / "reports" / f"{run_id}.html").read_text(encoding="utf-8")
    assert f"reports/{run_id}.html" in artifacts["ingest-targets-report"]
    assert command in page
    assert "gone.html" in note
    assert "gone.html" in page
    assert "iran-press-tv" in page
    environment = os.environ | {"INGEST_DATABASE_URL": here}
    program = Path(sys.executable).with_name("ingest")
    again = subprocess.run([program, *shlex.split(command)[1:]], env=environment, capture_output=True, text=True, check=False)
    assert "1" in again.stdout
    assert again.returncode in {0, 1}  # it is still no article


def test_only_a_lost_connection_is_tried_again() -> None:
    run: Any = None  # the decision does not look at the run
    assert is_connection_fault(reprocess_articles, run, Failed(data=DatabaseUnreachable("gone")))
    assert not is_connection_fault(reprocess_articles, run, Failed(data=ValueError("a fault of ours")))


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


def test_a_server_that_is_away_is_one_sentence(served: Served) -> None:
    environment = served.environment | {"PREFECT_API_URL": f"http://127.0.0.1:{free_port()}/api"}
    done = subprocess.run([sys.executable, "-m", "flows.serve"], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("flows.serve: No Prefect server answers at http://127.0.0.1:")
    assert done.stderr.count("\n") == 1


def test_help_answers_without_prefect() -> None:
    """Python lists each import on standard error; only the flow's own module imports Prefect."""
    command = [sys.executable, "-X", "importtime", "-m", "flows.ingest_targets", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "Examples" in done.stdout
    assert "typer" in imported
    assert "prefect" not in imported
