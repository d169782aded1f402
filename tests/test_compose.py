"""docker-compose.yml against the code that it runs. No Docker engine runs here: images are neither built nor started."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from ingest.settings import PREFIX, Settings
from ingest.store.engine import connection_parameters

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")


@pytest.fixture
def services() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(TEXT)["services"]
    return found


def test_the_services_are_there(services: dict[str, Any]) -> None:
    assert set(services) == {"postgres", "prefect-server", "worker", "reports"}


def test_every_service_says_how_it_is(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["healthcheck"]["test"], name
    assert {d: c["condition"] for d, c in services["worker"]["depends_on"].items()} == {
        "postgres": "service_healthy",
        "prefect-server": "service_healthy",
    }


def test_no_password_stands_in_the_file(services: dict[str, Any]) -> None:
    for service in services.values():
        for name, value in service.get("environment", {}).items():
            if "PASSWORD" in name or "://" in str(value):
                assert not re.search(r"://[^:/@]+:(?!\$\{)[^@/]+@", value)
                assert "PASSWORD" not in name or value.startswith("${POSTGRES_PASSWORD:?")


def test_volumes_are_named(services: dict[str, Any]) -> None:
    declared = set(yaml.safe_load(TEXT)["volumes"])
    used = {v.partition(":")[0] for s in services.values() for v in s["volumes"] if not v.startswith(("${", "."))}
    assert used == declared


def test_postgres_keeps_its_data_where_its_image_does(services: dict[str, Any]) -> None:
    assert services["postgres"]["image"] == "postgres:18"
    assert "postgres-data:/var/lib/postgresql" in services["postgres"]["volumes"]


def test_ports_are_open_to_this_machine_only(services: dict[str, Any]) -> None:
    assert all(p.startswith("127.0.0.1:") for s in services.values() for p in s.get("ports", ()))


def as_compose_reads(value: str) -> str:
    """A value, where nothing but the password is set."""
    with_password = re.sub(r"\$\{POSTGRES_PASSWORD:\?[^}]*\}", "s3cret", value)
    return re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", with_password)


def test_the_code_reads_every_setting(services: dict[str, Any]) -> None:
    written = services["worker"]["environment"]
    environment = {k: as_compose_reads(v) for k, v in written.items()}
    known = {PREFIX + name.upper() for name in Settings.__dataclass_fields__}
    assert {k for k in environment if k.startswith(PREFIX)} <= known
    parameters = connection_parameters(Settings.from_env(environment).database_url or "")
    postgres = services["postgres"]["environment"]
    assert parameters["host"] in services
    assert (parameters["user"], parameters["dbname"], parameters["password"]) == (
        postgres["POSTGRES_USER"],
        postgres["POSTGRES_DB"],
        "s3cret",
    )


def test_the_worker_runs_what_is_there(services: dict[str, Any]) -> None:
    assert services["worker"]["command"] == "python -m flows.serve"
    assert importlib.util.find_spec("flows.serve")
    copied = re.findall(r"^COPY (.+) \S+$", services["worker"]["build"]["dockerfile_inline"], re.MULTILINE)
    assert all((ROOT / name).exists() for line in copied for name in line.split())


def test_the_image_has_what_every_flow_needs(services: dict[str, Any]) -> None:
    extra = re.search(r"uv sync .*--extra (\w+)", services["worker"]["build"]["dockerfile_inline"])
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert extra
    assert "news-ingest[flows]" in extras[extra[1]]  # the flows' own
    assert any(needed.startswith("prefect-dask") for needed in extras[extra[1]])


def test_the_pages_of_runs_are_served_where_their_links_lead(services: dict[str, Any]) -> None:
    worker, reports = services["worker"], services["reports"]
    written = {k: as_compose_reads(v) for k, v in worker["environment"].items()}
    link = Settings.from_env(written).reports_url or ""
    assert [as_compose_reads(p) for p in reports["ports"]] == [f"{link.removeprefix('http://')}:4201"]
    served = reports["command"].partition("--directory ")[2]
    [mounted] = [v.split(":")[1] for v in reports["volumes"]]
    [home] = [v.split(":")[1] for v in worker["volumes"] if v.startswith("worker-data:")]
    assert str(Settings.from_env(written).reports_folder) == served.replace(mounted, home, 1)


def test_the_server_is_the_locked_prefect(services: dict[str, Any]) -> None:
    locked = {p["name"]: p.get("version") for p in tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]}
    assert services["prefect-server"]["image"].startswith(f"prefecthq/prefect:{locked['prefect']}-")


def _has_compose() -> bool:
    return (
        bool(shutil.which("docker")) and subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0
    )


@pytest.mark.skipif(not _has_compose(), reason="the docker client has no compose here")
def test_compose_itself_takes_the_file() -> None:
    command = ["docker", "compose", "config", "--quiet"]
    assert subprocess.run(command, cwd=ROOT, env=os.environ | {"POSTGRES_PASSWORD": "x"}, check=False).returncode == 0
    without = {k: v for k, v in os.environ.items() if k != "POSTGRES_PASSWORD"}
    refused = subprocess.run(command, cwd=ROOT, env=without, capture_output=True, text=True, check=False)
    assert refused.returncode != 0
    assert "POSTGRES_PASSWORD" in refused.stderr
