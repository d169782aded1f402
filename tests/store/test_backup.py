"""A backup by `ingest db dump`, and what `ingest db restore` makes of it, with the embedded server's own programs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine

from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.load import load_batch
from ingest.store.migrate import downgrade
from ingest.store.runs import running
from ingest.store.search import search
from tests.store.demo import demo_results, demo_today, load_demo

INGEST = Path(sys.executable).with_name("ingest")
Environment = dict[str, str]


def ingest(environment: Environment, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], env=environment, capture_output=True, text=True, check=False)


def contents(url: str) -> dict[str, str]:
    """A fingerprint of the rows of every table."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('news', 'ops') ORDER BY 1"
        ).fetchall()
        query = "SELECT count(*) || ' ' || coalesce(md5(string_agg(t::text, chr(10) ORDER BY t::text)), '') FROM {} t"
        return {table: connection.execute(query.format(table)).fetchall()[0][0] for (table,) in tables}


@pytest.fixture
def loaded(engine: Engine, database_url: str, cli_env: Environment) -> Environment:
    """An environment for the command with the demo's articles in its database."""
    load_demo(engine)
    return cli_env | {"INGEST_DATABASE_URL": database_url}


def test_a_backup_restored_is_the_same_database(loaded: Environment, cli_env: Environment, tmp_path: Path) -> None:
    file = tmp_path / "news.dump"
    dumped = ingest(loaded, "db", "dump", file)
    assert (dumped.returncode, dumped.stderr) == (0, "")
    restored = ingest(cli_env, "db", "restore", file)
    assert (restored.returncode, restored.stderr) == (0, "")
    before, after = contents(loaded["INGEST_DATABASE_URL"]), contents(cli_env["INGEST_DATABASE_URL"])
    assert after == before
    assert len([table for table, rows in after.items() if not rows.startswith("0 ")]) > 15
    assert list(tmp_path.iterdir()) == [file]
    with open_engine(Settings(database_url=cli_env["INGEST_DATABASE_URL"])) as engine:
        assert search(engine, "treaty", limit=5)
        with running(engine, kind="adhoc", flow_name="test") as run_id:
            again = load_batch(engine, run_id, list(demo_results(demo_today()))[:50])
    assert sum(t.new for t in again) == 0
    with psycopg.connect(cli_env["INGEST_DATABASE_URL"]) as connection:
        connection.execute("SET ROLE news_reader")
        assert connection.execute("SELECT count(*) > 100 FROM news.article").fetchone() == (True,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM news.article")


def test_an_older_backup_is_brought_to_the_newest_revision(
    loaded: Environment, engine: Engine, cli_env: Environment, tmp_path: Path
) -> None:
    downgrade(engine, "0003")
    assert ingest(loaded, "db", "dump", tmp_path / "old.dump").returncode == 0
    assert ingest(cli_env, "db", "status").returncode == 0  # a first command may have made the schema already
    assert ingest(cli_env, "sources", "list").returncode == 0
    assert ingest(cli_env, "db", "restore", tmp_path / "old.dump").returncode == 0
    with open_engine(Settings(database_url=cli_env["INGEST_DATABASE_URL"])) as restored:
        assert search(restored, "treaty", limit=5)


def test_nothing_is_overwritten(loaded: Environment, cli_env: Environment, tmp_path: Path) -> None:
    file = tmp_path / "news.dump"
    file.write_text("not a dump")
    refused = ingest(loaded, "db", "dump", file)
    assert (refused.returncode, refused.stderr) == (2, f"ingest: {file} is there already: name another file.\n")
    assert ingest(cli_env, "db", "restore", file).stderr == f"ingest: {file} is no dump of `ingest db dump`.\n"
    before = contents(loaded["INGEST_DATABASE_URL"])
    assert ingest(loaded, "db", "dump", tmp_path / "good.dump").returncode == 0
    refused = ingest(loaded, "db", "restore", tmp_path / "good.dump")
    assert refused.returncode == 2
    assert "empty one only" in refused.stderr
    assert contents(loaded["INGEST_DATABASE_URL"]) == before
    assert ingest(loaded, "db", "dump", tmp_path / "gone" / "news.dump").returncode == 2


def test_a_schema_of_somebody_else_is_left_alone(loaded: Environment, cli_env: Environment, tmp_path: Path) -> None:
    assert ingest(loaded, "db", "dump", tmp_path / "news.dump").returncode == 0
    with psycopg.connect(cli_env["INGEST_DATABASE_URL"]) as connection:
        connection.execute("CREATE SCHEMA news CREATE TABLE theirs (id int)")
    failed = ingest(cli_env, "db", "restore", tmp_path / "news.dump")
    assert failed.returncode == 2
    assert failed.stderr.startswith("ingest: pg_restore failed: ")
    assert contents(cli_env["INGEST_DATABASE_URL"]) == {"news.theirs": "0 "}
