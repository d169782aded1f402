from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from tests.store.demo import load_demo

INGEST = Path(sys.executable).with_name("ingest")


@pytest.fixture
def demo(engine: Engine) -> Engine:
    load_demo(engine)
    return engine


@pytest.fixture
def env(database_url: str, cli_env: dict[str, str]) -> dict[str, str]:
    """For the command, the database of `engine`."""
    return cli_env | {"INGEST_DATABASE_URL": database_url}


def export(env: dict[str, str], *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, "export", *arguments], capture_output=True, text=True, check=False, env=env)


def count(engine: Engine, condition: str) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text(f"SELECT count(*) FROM news.article JOIN news.source USING (source_id) WHERE {condition}"))  # noqa: S608


def test_every_article_in_each_format(demo: Engine, env: dict[str, str], tmp_path: Path) -> None:
    everything = count(demo, "true")
    jsonl, table, parquet = tmp_path / "a.jsonl", tmp_path / "a.csv", tmp_path / "a.parquet"
    assert export(env, "--out", jsonl).stderr == f"Exported {everything} articles to {jsonl}.\n"
    records = [json.loads(line) for line in jsonl.read_text("utf-8").splitlines()]
    assert len(records) == everything
    assert export(env, "--out", table).returncode == 0
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert export(env, "--out", parquet).returncode == 0
    columns = pq.read_table(parquet).to_pylist()
    for record, row, column in zip(records, rows, columns, strict=True):
        assert record["title"] == row["title"] == column["title"]
        assert record["authors"] == json.loads(row["authors"]) == column["authors"]
        assert (record["published_at"] or "") == row["published_at"]
        assert (column["published_at"] is None) == (record["published_at"] is None)
    assert list(tmp_path.glob("*.part")) == []


def test_conditions_narrow_it(demo: Engine, env: dict[str, str]) -> None:
    done = export(
        env,
        "--where",
        "'budget' = ANY(topics) AND title NOT LIKE '%union%' -- mine",
        "--source",
        "wire.example",
        "--columns",
        "url,source",
        "--out",
        "-",
    )
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(records) == count(demo, "'budget' = ANY(topics) AND title NOT LIKE '%union%' AND slug = 'wire.example'") > 3
    assert set(records[0]) == {"url", "source"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--out", "a.xlsx"], "names no format"),
        (["--out", "-", "--columns", "url,nothing"], "no such column"),
        (["--out", "-", "--where", "no_such = 1"], "no_such"),
        (["--out", "-", "--where", "true); DELETE FROM news.article; --"], "refuses the condition"),
        (["--out", "-", "--since", "soon"], "is no date"),
    ],
)
def test_mistakes_are_one_sentence(env: dict[str, str], demo: Engine, arguments: list[str], says: str) -> None:
    before = count(demo, "true")
    done = export(env, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1
    assert count(demo, "true") == before


def test_a_condition_can_change_nothing(env: dict[str, str], demo: Engine) -> None:
    done = export(env, "--out", "-", "--where", "pg_catalog.nextval('news.article_article_id_seq') > 0")
    assert done.returncode == 2
    assert "read-only" in done.stderr
    assert count(demo, "true") > 0
