"""Runs that are killed, cut off and doubled: afterwards every page is one article or one rejection, and everything adds up."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.store.disturbances import INGEST, broken_promises, made_folder, run_once

ROUNDS = int(os.environ.get("DISTURBANCES", "3"))
SEED = int(os.environ.get("DISTURBANCE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made_folder(tmp_path_factory.mktemp("pages"), 150)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> Iterator[random.Random]:
    """Its seed is printed where a test fails: DISTURBANCE_SEED=… repeats it."""
    print(f"DISTURBANCE_SEED={SEED} {request.node.name}")  # noqa: T201  # pytest shows it where a test fails
    yield random.Random(f"{SEED} {request.node.name}")  # noqa: S311


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_killed_at_any_moment(cli_env: dict[str, str], folder: Path, rng: random.Random, _round: int) -> None:
    for _ in range(3):
        with subprocess.Popen([INGEST, "run", folder], env=cli_env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                process.wait(rng.uniform(0.3, 1.6))
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
    run_once(cli_env, folder)
    assert broken_promises(cli_env, folder) == []


@pytest.mark.parametrize("_round", range(ROUNDS))
def test_the_servers_process_is_ended(cli_env: dict[str, str], folder: Path, rng: random.Random, _round: int) -> None:
    """As a restart of the server does, for one database: the other tests share the server."""
    with subprocess.Popen([INGEST, "run", folder], env=cli_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        wait = rng.uniform(0.3, 1.4)
        ended = 0
        deadline = time.monotonic() + wait + 20
        while process.poll() is None and not ended and time.monotonic() < deadline:
            try:
                process.wait(wait)
            except subprocess.TimeoutExpired:
                ended = _end_backends(cli_env["INGEST_DATABASE_URL"])
        said = process.stderr.read() if process.stderr else ""
    if process.returncode:
        assert (process.returncode, said.count("\n"), "Traceback" in said) == (2, 1, False), said
        assert "run the same command again" in said
    run_once(cli_env, folder)
    assert broken_promises(cli_env, folder) == []


@pytest.mark.parametrize("loaders", [2, 3])
def test_several_loaders_at_once(cli_env: dict[str, str], folder: Path, loaders: int) -> None:
    run_once(cli_env, made_folder(folder.parent / "one", 1))  # the schema is there: not what is raced for
    command = [str(INGEST), "run", str(folder)]
    processes = [subprocess.Popen(command, env=cli_env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) for _ in range(loaders)]
    for process in processes:
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()
    assert broken_promises(cli_env, folder) == []


def test_a_full_disk(cli_env: dict[str, str], tmp_path: Path) -> None:
    """An embedded server of its own, whose files may grow to twenty megabytes only: writing fails as it does on a full disk."""
    env = {k: v for k, v in cli_env.items() if k != "INGEST_DATABASE_URL"} | {"INGEST_HOME": str(tmp_path / "home")}
    large = made_folder(tmp_path / "large", 150, noise_bytes=200_000)
    run_once(env, made_folder(tmp_path / "one", 1))
    limited = ["sh", "-c", 'ulimit -f "$0" && exec "$@"', str(20 * 1024 * 2), str(INGEST), "run", str(large)]
    done = subprocess.run(limited, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert "see that its disk has room" in done.stderr
    run_once(env, large)
    assert broken_promises(env, large) == []
    subprocess.run([INGEST, "db", "stop", "--force"], env=env, check=True, capture_output=True)


def test_two_versions_of_the_same_pages_from_two_loaders(cli_env: dict[str, str], tmp_path: Path) -> None:
    first, second = made_folder(tmp_path / "a", 60), made_folder(tmp_path / "b", 60, edition="second")
    run_once(cli_env, made_folder(tmp_path / "one", 1))
    threads = [threading.Thread(target=run_once, args=(cli_env, folder)) for folder in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    run_once(cli_env, first)
    run_once(cli_env, second)
    assert broken_promises(cli_env, second) == []


def _end_backends(url: str) -> int:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'news-ingest' AND pid <> pg_backend_pid()"
        ).fetchone()
    return int(row[0]) if row else 0
