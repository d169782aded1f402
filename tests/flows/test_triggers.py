"""docs/triggers.md, by its own commands, against a real Prefect server."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from ingest.discover.targets import TargetKind
from ingest.prefect_api import DEFAULT_URL, PrefectServer, ServerAway
from tests.flows.served import ROOT, SEEDS, Served, free_port, hear_interrupts, rows, wait_for
from tests.web.server import Web

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


def test_waiting_is_interrupted_and_the_run_goes_on_until_it_is_cancelled(served: Served) -> None:
    own = {k: v for k, v in served.environment.items() if not k.startswith("INGEST_")}
    pipe = subprocess.PIPE
    with Web(1, 40) as web:  # a page a second
        command = [str(INGEST), "trigger", web.url("/feed.rss"), "--kind", "feed", "--wait"]
        with subprocess.Popen(command, env=own, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=hear_interrupts) as process:  # noqa: PLW1509
            assert process.stderr
            run = process.stderr.readline().strip().rpartition("/")[2]
            wait_for(lambda: served.get(f"/flow_runs/{run}")["state"]["type"] == "RUNNING")
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
        assert process.returncode == 130
        assert f"prefect flow-run cancel {run}" in errors
        assert "Traceback" not in errors
        assert served.get(f"/flow_runs/{run}")["state"]["type"] == "RUNNING"
        with subprocess.Popen(command, env=own, cwd=ROOT, stdout=pipe, stderr=pipe, text=True) as process:
            assert process.stderr
            second = process.stderr.readline().strip().rpartition("/")[2]
            for each in (run, second):
                cancel = [str(INGEST.with_name("prefect")), "flow-run", "cancel", each]
                subprocess.run(cancel, env=served.environment, cwd=ROOT, check=True, capture_output=True)
            _, errors = process.communicate()
        assert process.returncode == 1
        assert "ingest: the run is cancelled" in errors
        wait_for(lambda: served.get(f"/flow_runs/{run}")["state"]["type"] == "CANCELLED")


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
    assert trigger(served, SEEDS, "--since", "lately").returncode == 2
    assert trigger(served, SEEDS, "--timeout", "5").returncode == 2
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


class Restarting(BaseHTTPRequestHandler):
    """A server that goes away once while somebody waits for a run of it."""

    looks = 0

    def answer(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.protocol_version = "HTTP/1.0"
        if self.path.startswith("/api/flow_runs/"):
            type(self).looks += 1
            if self.looks == 1:
                return  # the connection ends without an answer
        state = {"type": "COMPLETED" if self.looks else "SCHEDULED"}
        body: object = [] if "artifacts" in self.path else {"id": "some-id", "name": "some run", "state": state}
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    do_GET = do_POST = answer  # noqa: N815  # the base class's names

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def test_a_server_that_restarts_is_waited_for() -> None:
    with HTTPServer(("127.0.0.1", 0), Restarting) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        here = Served(f"http://127.0.0.1:{server.server_port}/api", {})
        done = trigger(here, SEEDS, "--wait", PREFECT_API_URL=here.api)
        server.shutdown()
    assert (done.returncode, Restarting.looks) == (0, 2), done.stderr


def test_what_answers_and_is_no_prefect_server_is_said() -> None:
    with (
        Web(1, 1) as web,
        PrefectServer({"PREFECT_API_URL": web.url("/")}) as server,
        pytest.raises(ServerAway, match="does not answer as"),
    ):
        server.flow_run("0")
    with PrefectServer({}) as server:
        assert server.url == DEFAULT_URL


@pytest.mark.parametrize(
    ("secrets", "sent"),
    [
        ({"PREFECT_API_KEY": "a-key"}, "Bearer a-key"),
        ({"PREFECT_API_AUTH_STRING": "admin:pa:ss"}, "Basic YWRtaW46cGE6c3M="),
        ({"PREFECT_API_KEY": "a-key", "PREFECT_API_AUTH_STRING": "admin:pa:ss"}, "Basic YWRtaW46cGE6c3M="),  # as Prefect's client does
        ({}, None),
    ],
)
def test_secrets_go_to_the_server_only(secrets: dict[str, str], sent: str | None) -> None:
    with Web(1, 1) as web:
        address = web.url("/nothing")
        with PrefectServer({"PREFECT_API_URL": address} | secrets) as server, pytest.raises(ServerAway) as away:
            server.flow_run("0")
        assert web.requests[-1].headers.get("authorization") == sent
    assert not any(secret in str(away.value) for secret in secrets.values())
    with PrefectServer({"PREFECT_API_URL": address.replace("//", "//me:hidden@")}) as server, pytest.raises(ServerAway) as gone:
        server.flow_run("0")
    assert "hidden" not in str(gone.value)


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
    script = documented('curl -sS --fail --retry 5 "$PREFECT_API_URL/events"').replace(EXAMPLE, str(story(tmp_path, "riga")))
    subprocess.run(["bash", "-ec", script], env=served.environment, check=True, capture_output=True)
    wait_for(lambda: loaded(served, "riga"))
    subprocess.run([*command, "--remove"], cwd=ROOT, env=served.environment, check=True, capture_output=True)
    assert served.post("/automations/count", {}) == 0
