from __future__ import annotations

import csv
import datetime as dt
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Engine, text

from ingest.report.export_file import WRITERS
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


def export(env: dict[str, str], *arguments: str | bytes | Path) -> subprocess.CompletedProcess[str]:
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


def test_every_column_but_keys_and_hashes(demo: Engine, env: dict[str, str]) -> None:
    with demo.connect() as connection:
        columns = text("SELECT attname FROM pg_attribute WHERE attrelid = 'news.article'::regclass AND attnum > 0 AND NOT attisdropped")
        kept_back = {"url_key", "content_sha256", "body_sha256", "search", "source_id", "first_run_id", "last_run_id"}
        there = set(connection.scalars(columns)) - kept_back
    done = export(env, "--out", "-")
    assert set(json.loads(done.stdout.partition("\n")[0])) == there | {"source"}
    dates = [json.loads(line)["published_raw"] for line in export(env, "--out", "-", "--columns", "published_raw").stdout.splitlines()]
    assert sum(d is not None for d in dates) == count(demo, "published_raw IS NOT NULL") > 0


def test_without_a_date_it_counts_when_an_article_was_first_seen(demo: Engine, env: dict[str, str]) -> None:
    with demo.connect() as connection:
        query = text("SELECT article_id, first_seen_at FROM news.article WHERE published_at IS NULL LIMIT 1")
        number, seen = connection.execute(query).one()

    def exported(*arguments: str) -> set[int]:
        done = export(env, "--columns", "article_id", "--out", "-", *arguments)
        return {json.loads(line)["article_id"] for line in done.stdout.splitlines()}

    later = (seen + dt.timedelta(seconds=1)).isoformat()
    assert number in exported("--since", seen.isoformat())
    assert number not in exported("--since", later)
    assert number in exported("--until", later)
    assert number not in exported("--until", seen.isoformat())
    assert exported("--since", later) | exported("--until", later) == exported()


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
        (["--out", "-", "--columns", "url,nothing"], "no such column to export"),
        (["--out", "-", "--where", "no_such = 1"], "no_such"),
        (["--out", "-", "--where", "true); DELETE FROM news.article; --"], "refuses the condition"),
        (["--out", "-", "--since", "soon"], "is no date"),
        (["--out", "-", "--since", "999999d"], "is no date"),
        (["--out", "-", "--source", "wire.exmaple"], "No source is known as wire.exmaple: the table news.source lists them."),
        (["--out", "-", "--source", b"\xff"], "No source is known as ?"),
        (["--out", "-", "--where", b"title = \xff"], "refuses the condition"),
    ],
)
def test_mistakes_are_one_sentence(env: dict[str, str], demo: Engine, arguments: list[str | bytes], says: str) -> None:
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


def test_a_link_stays_and_what_it_leads_to_is_written(demo: Engine, env: dict[str, str], tmp_path: Path) -> None:
    target, link = tmp_path / "target.csv", tmp_path / "link.csv"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to(target.name)
    assert export(env, "--out", link).returncode == 0
    assert link.is_symlink()
    assert target.read_text("utf-8").count("https://") >= count(demo, "true")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


@pytest.mark.usefixtures("demo")
def test_a_pipe_is_written_to_and_stays(env: dict[str, str], tmp_path: Path) -> None:
    pipe, taken = tmp_path / "pipe", tmp_path / "taken"
    os.mkfifo(pipe)
    for form in WRITERS:
        with taken.open("wb") as file, subprocess.Popen(["cat", pipe], stdout=file) as reader:
            done = export(env, "--format", form, "--out", pipe)
            if done.returncode or not pipe.is_fifo():  # nobody will ever write to what the reader waits for
                reader.kill()
        assert done.returncode == 0, done.stderr
        assert taken.stat().st_size > 10_000
        assert pipe.is_fifo()
    assert sorted(tmp_path.iterdir()) == [pipe, taken]


@pytest.mark.usefixtures("demo")
def test_a_neighbour_is_left_alone(env: dict[str, str], tmp_path: Path) -> None:
    neighbour = tmp_path / "keep.csv.part"
    neighbour.write_text("mine")
    assert export(env, "--out", tmp_path / "keep.csv").returncode == 0
    assert neighbour.read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 2


def test_what_cannot_be_written_is_one_sentence(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file.txt").touch()
    (tmp_path / "loop.csv").symlink_to("loop.csv")
    before = sorted(tmp_path.iterdir())
    for name in ("there/is/none.csv", ".", "loop.csv", "file.txt/below.csv", "a" * 300 + ".csv"):
        done = export(env, "--format", "csv", "--out", tmp_path / name)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
        assert done.stderr.startswith(f"ingest: {tmp_path / name} cannot be written")
        assert sorted(tmp_path.iterdir()) == before
    done = export(env, "--format", "csv", "--out", "")
    assert (done.returncode, done.stderr) == (2, "ingest: --out names no file: give it one, or - for standard output.\n")


@pytest.mark.usefixtures("demo")
def test_a_full_disk_is_one_sentence_and_leaves_what_was_there(env: dict[str, str], tmp_path: Path) -> None:
    full, captured = tmp_path / "full", tmp_path / "captured"
    full.write_text("old")
    for form in WRITERS:
        for out, stdout in ((str(full), tmp_path / "nothing"), ("-", captured)):
            with stdout.open("wb") as file:
                done = subprocess.run(
                    ["sh", "-c", 'ulimit -f 10 && exec "$@"', "sh", INGEST, "export", "--format", form, "--out", out],
                    stdout=file,
                    stderr=subprocess.PIPE,
                    text=True,
                    check=False,
                    env=env,
                )
            assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
            assert f"{'Standard output' if out == '-' else full} cannot be written (File too large)" in done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"full", "captured", "nothing"}
    assert full.read_text() == "old"


@pytest.mark.usefixtures("demo")
def test_a_reader_that_has_seen_enough_ends_it_quietly(env: dict[str, str]) -> None:
    for form in WRITERS:
        with subprocess.Popen(
            [INGEST, "export", "--format", form, "--out", "-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env
        ) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            assert len(process.stdout.read(100)) == 100
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0
