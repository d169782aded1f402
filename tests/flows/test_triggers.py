"""docs/triggers.md, by its own commands, against a real Prefect server."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.discover.targets import TargetKind
from ingest.prefect_api import DEFAULT_URL, PrefectServer, ServerAway
from tests.flows.served import ROOT, SEEDS, Served, free_port, rows, wait_for

pytestmark = pytest.mark.xdist_group("prefect")

INGEST = Path(sys.executable).with_name("ingest")
DOCUMENT = (ROOT / "docs" / "triggers.md").read_text(encoding="utf-8")
EXAMPLE = "https://news.example/2026/11/02/some-article"


def trigger(served: Served, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    own = {k: v for k, v in served.environment.items() if not k.startswith("INGEST_")}  # no database is needed here
    return subprocess.run([INGEST, "trigger", *arguments], env=own | environment, cwd=ROOT, capture_output=True, text=True, check=False)


def documented(beginning: str) -> str:
    """The document's commands that begin so."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)
    return next(block for block in blocks if block.startswith(beginning))


def story(folder: Path, name: str) -> Path:
    file = folder / f"{name}.html"
    text = f"<p>The ministers met in {name} on Monday, and both sides said that the talks would go on for weeks.</p>" * 4
    file.write_text(f'<link rel=canonical href="https://triggers.example/{name}"><article><h1>Talks in {name}</h1>{text}</article>')
    return file


def loaded(served: Served, name: str) -> bool:
    database = served.environment["INGEST_DATABASE_URL"]
    return rows(database, f"SELECT count(*) FROM news.article WHERE url = 'https://triggers.example/{name}'") == [(1,)]  # noqa: S608


def test_the_command_waits_and_shows_what_was_loaded(served: Served, tmp_path: Path) -> None:
    done = trigger(served, str(story(tmp_path, "oslo")), "--wait")
    assert done.returncode == 0, done.stderr
    assert "triggers.example" in done.stdout
    assert "Loaded 1 new of 1 page." in done.stdout
    assert f"{served.api.removesuffix('/api')}/runs/flow-run/" in done.stderr
    assert loaded(served, "oslo")
    again = json.loads(trigger(served, str(tmp_path / "oslo.html"), "--wait", "--json").stdout)
    assert (again["state"], again["total"]["new"], again["total"]["unchanged"]) == ("completed", 0, 1)
    database = served.environment["INGEST_DATABASE_URL"]
    assert rows(database, f"SELECT deployment, state FROM ops.run WHERE run_id = '{again['run_id']}'") == [("default", "completed")]  # noqa: S608


def test_without_waiting_it_returns_and_the_run_goes_on(served: Served, tmp_path: Path) -> None:
    asked = trigger(served, str(story(tmp_path, "lima")), "--json")
    assert (asked.returncode, json.loads(asked.stdout)["state"]) == (0, "scheduled")
    wait_for(lambda: loaded(served, "lima"))


def test_a_run_that_fails_or_takes_too_long_exits_1(served: Served, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    failed = trigger(served, str(tmp_path / "empty.html"), "--wait")
    assert failed.returncode == 1
    assert "None of 1 pages gave an article" in failed.stderr
    late = trigger(served, SEEDS, "--wait", "--timeout", "0")
    assert late.returncode == 1
    assert "goes on" in late.stderr


def test_what_is_wrong_is_refused_by_name_and_nothing_runs(served: Served) -> None:
    refused = trigger(served, SEEDS, "--deployment", "ingest-targets/nobody")
    assert (refused.returncode, "ingest-targets/nobody" in refused.stderr) == (2, True)
    assert trigger(served, "-").returncode == 2
    deployment = served.get("/deployments/name/ingest-targets/default")["id"]
    for wrong, named in (({"targets": 7}, "targets"), ({"targets": [SEEDS], "jobs": "many"}, "jobs"), ({}, "targets")):
        answer = httpx.post(f"{served.api}/deployments/{deployment}/create_flow_run", json={"parameters": wrong}, timeout=30)
        assert answer.status_code == 409
        assert named in answer.text
    before = served.post("/flow_runs/count", {})
    refused = trigger(served, SEEDS, "--kind", "nonsense", "--wait")
    assert (refused.returncode, "nonsense" in refused.stderr) == (2, True)
    assert refused.stderr.startswith("ingest: ingest-targets/default refuses this: ")
    assert served.post("/flow_runs/count", {}) == before


def test_a_server_that_is_away_is_one_sentence_and_run_does_not_need_it(served: Served, tmp_path: Path) -> None:
    away = f"http://127.0.0.1:{free_port()}/api"
    done = trigger(served, SEEDS, PREFECT_API_URL=away, PREFECT_API_KEY="secret-key")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "make serve" in done.stderr
    assert "secret-key" not in done.stderr
    environment = served.environment | {"PREFECT_API_URL": away}
    run = subprocess.run([INGEST, "run", story(tmp_path, "rome")], env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


def test_what_answers_and_is_no_prefect_server_is_said() -> None:
    from tests.web.server import Web

    with (
        Web(1, 1) as web,
        PrefectServer({"PREFECT_API_URL": web.url("/")}) as server,
        pytest.raises(ServerAway, match="does not answer as"),
    ):
        server.flow_run("0")
    with PrefectServer({}) as server:
        assert server.url == DEFAULT_URL


def test_the_form_explains_each_field(served: Served) -> None:
    schema = served.get("/deployments/name/ingest-targets/default")["parameter_openapi_schema"]
    properties: dict[str, Any] = schema["properties"]
    assert schema["required"] == ["targets"]
    assert (properties["targets"]["type"], properties["targets"]["items"]["type"]) == ("array", "string")
    assert all(p.get("description") for p in properties.values())
    assert set(properties["kind"]["anyOf"][0]["enum"]) == {str(k) for k in TargetKind}  # a list to choose from
    assert [name for name, p in sorted(properties.items(), key=lambda x: x[1]["position"])][0] == "targets"  # noqa: RUF015  # what comes first


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_the_documented_requests_do_what_is_said(served: Served, tmp_path: Path) -> None:
    script = documented("DEPLOYMENT=").replace(EXAMPLE, str(story(tmp_path, "kiel")))
    first, second = (subprocess.run(["bash", "-ec", script], env=served.environment, capture_output=True, check=True).stdout for _ in "ab")
    assert json.loads(first)["id"] == json.loads(second)["id"]
    wait_for(lambda: loaded(served, "kiel"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl here")
def test_an_event_that_names_a_url_ingests_it(served: Served, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "flows.automations"]
    for _ in "ab":  # made again, it is still one
        subprocess.run(command, cwd=ROOT, env=served.environment, check=True, capture_output=True)
    assert served.post("/automations/count", {}) == 1
    script = documented('curl -sS --fail "$PREFECT_API_URL/events"').replace(EXAMPLE, str(story(tmp_path, "riga")))
    subprocess.run(["bash", "-ec", script], env=served.environment, check=True, capture_output=True)
    wait_for(lambda: loaded(served, "riga"))
    subprocess.run([*command, "--remove"], cwd=ROOT, env=served.environment, check=True, capture_output=True)
    assert served.post("/automations/count", {}) == 0
