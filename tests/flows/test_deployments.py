"""The deployments: what is served is what prefect.yaml says, schedules keep to their zone, and nothing piles up."""

from __future__ import annotations

import asyncio
import datetime as dt
import itertools
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest
from prefect.server.schemas.schedules import CronSchedule

from flows.deployments import DEPLOYMENTS, NAME, POLL_FEEDS, WORK_POOL, prefect_yaml
from tests.flows.served import (
    DEADLINE,
    ROOT,
    SEEDS,
    Served,
    alive,
    deployment_exists,
    descendants,
    free_port,
    settings_of,
    start_serving,
    wait_for,
)

pytestmark = pytest.mark.xdist_group("prefect")

PREFECT = Path(sys.executable).with_name("prefect")


def facts(served: Served) -> dict[str, tuple[object, ...]]:
    """What the server knows of each deployment."""
    found: dict[str, tuple[object, ...]] = {}
    for d in DEPLOYMENTS:
        known = served.get(f"/deployments/name/{d.flow}/{NAME}")
        schedules = [(s["schedule"]["cron"], s["schedule"]["timezone"]) for s in known["schedules"]]
        limit = known["global_concurrency_limit"]["limit"], known["concurrency_options"]["collision_strategy"]
        found[d.flow] = (schedules, limit, known["tags"], known["description"])
    return found


def test_what_is_served_is_what_is_written_down(served: Served) -> None:
    assert facts(served) == {
        d.flow: ([(d.cron, d.time_zone)] if d.cron else [], (d.most_at_once, d.when_busy), ["news-ingest"], d.does) for d in DEPLOYMENTS
    }
    for d in DEPLOYMENTS:
        schema = served.get(f"/deployments/name/{d.flow}/{NAME}")["parameter_openapi_schema"]["properties"]
        assert all(p["description"] for p in schema.values()), d.flow  # what Prefect's form shows beside each field


WRONG = [
    ("ingest-targets", {"targets": []}, "targets"),
    ("ingest-targets", {"targets": [SEEDS], "kind": "nonsense"}, "kind"),
    ("ingest-targets", {"targets": [SEEDS], "since": "lately"}, "since"),
    ("backfill", {"targets": [SEEDS], "until": "lately"}, "until"),
    ("backfill", {"targets": [SEEDS], "workers": 0}, "workers"),
    ("reprocess", {"since": "lately"}, "since"),
    ("reprocess", {"outdated": True, "jobs": 0}, "jobs"),
    ("poll-feeds", {"jobs": 0}, "jobs"),
    ("poll-feeds", {"batch_size": 0}, "batch_size"),
    ("watch", {"fail_on_findings": "perhaps"}, "fail_on_findings"),
]


@pytest.mark.parametrize(("flow", "parameters", "named"), WRONG)
def test_a_wrong_parameter_is_refused_by_name_before_anything_runs(
    served: Served, flow: str, parameters: dict[str, Any], named: str
) -> None:
    deployment = served.get(f"/deployments/name/{flow}/{NAME}")["id"]
    url = f"{served.api}/deployments/{deployment}/create_flow_run"
    refused = httpx.post(url, json={"parameters": parameters}, timeout=30)
    assert refused.status_code == 409
    assert f"field '{named}" in refused.text


def test_schedules_go_on_where_another_process_serves_them(served: Served) -> None:
    def known() -> dict[str, object]:
        found: dict[str, object] = served.get(f"/deployments/name/{POLL_FEEDS.flow}/{NAME}")
        return found

    before = known()["updated"]
    with start_serving(served.environment, free_port()) as second:
        wait_for(lambda: known()["updated"] != before)
        second.send_signal(signal.SIGINT)
        assert second.wait(DEADLINE) in {0, 130}
    assert known()["paused"] is False


def test_prefect_deploy_gives_the_same(served: Served) -> None:
    assert (ROOT / "prefect.yaml").read_text(encoding="utf-8") == prefect_yaml(), "python -m flows.deployments > prefect.yaml"
    before = facts(served)
    for arguments in (("work-pool", "create", WORK_POOL, "--type", "process"), ("--no-prompt", "deploy", "--all")):
        done = subprocess.run([PREFECT, *arguments], cwd=ROOT, env=served.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert facts(served) == before
    pools = {served.get(f"/deployments/name/{d.flow}/{NAME}")["work_pool_name"] for d in DEPLOYMENTS}
    assert pools == {WORK_POOL}


@pytest.mark.parametrize(("zone", "change"), [("Europe/Berlin", dt.date(2026, 10, 25)), ("America/New_York", dt.date(2027, 3, 14))])
def test_a_daily_run_stays_at_its_hour_when_the_clocks_change(zone: str, change: dt.date) -> None:
    for hour in (1, 2, 3):  # before, within and after the hour that is skipped or comes twice
        schedule = CronSchedule(cron=f"40 {hour} * * *", timezone=zone)
        start = dt.datetime.combine(change - dt.timedelta(days=3), dt.time(), ZoneInfo(zone))
        runs = [at.astimezone(ZoneInfo(zone)) for at in asyncio.run(schedule.get_dates(7, start=start))]
        assert [at.date() for at in runs] == [change + dt.timedelta(days=n) for n in range(-3, 4)]
        assert {at.hour for at in runs if at.date() != change} == {hour}


def test_what_runs_often_misses_no_hour_when_the_clocks_change() -> None:
    """In a zone whose clocks change, Prefect leaves out the hour that comes twice: what runs often is scheduled in UTC."""
    often = [(d.cron, d.time_zone) for d in DEPLOYMENTS if d.cron and d.cron.split()[1] == "*"]
    assert often
    for cron, zone in often:
        schedule = CronSchedule(cron=cron, timezone=zone)
        start = dt.datetime(2026, 10, 24, 23, 59, tzinfo=dt.UTC)  # European clocks go back at 01:00 UTC
        runs = asyncio.run(schedule.get_dates(30, start=start))
        gaps = {later.timestamp() - earlier.timestamp() for earlier, later in itertools.pairwise(runs)}
        assert len(gaps) == 1


def test_one_command_starts_all_of_it_and_ctrl_c_ends_all_of_it(tmp_path: Path) -> None:
    """A Prefect server, the embedded Postgres and the schedules, without any setting."""
    port = free_port()
    with start_serving(settings_of(tmp_path), port, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            wait_for(lambda: process.poll() is not None or deployment_exists(f"http://127.0.0.1:{port}/api"))
            assert process.poll() is None, process.stderr and process.stderr.read()
            page = httpx.get(f"http://127.0.0.1:{port}/", timeout=30, follow_redirects=True)
            assert page.headers["content-type"].startswith("text/html")
            assert httpx.get(f"http://127.0.0.1:{port}/ui-settings", timeout=30).json()["api_url"] == "/api"  # whom the page asks
            children = descendants(process.pid)
            postgres = int((next((tmp_path / "ingest").rglob("postmaster.pid"))).read_text().splitlines()[0])
            assert alive(postgres)
        finally:
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=DEADLINE)
    assert process.returncode in {0, 130}
    assert "Traceback" not in errors
    assert f"http://127.0.0.1:{port}" in output
    assert "embedded" in output
    wait_for(lambda: not any(alive(pid) for pid in [postgres, *children]))
