from __future__ import annotations

import gzip
import json
import os
import pty
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import pytest

INGEST = Path(sys.executable).with_name("ingest")
SEEDS = Path(__file__).parents[2] / "seeds"
SENTENCE = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "

Environment = dict[str, str]


def page(title: str, paragraphs: int = 4) -> str:
    story = "".join(f"<p>{SENTENCE}It was their meeting number {i} of the year, and not the last.</p>" for i in range(paragraphs))
    return f"<!doctype html><html lang=en><title>{title}</title><body><article><h1>{title}</h1>{story}</article></body></html>"


def ingest(environment: Environment, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], env=environment, capture_output=True, text=True, check=False)


def total(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    counts: dict[str, Any] = json.loads(done.stdout)["total"]
    return {k: v for k, v in counts.items() if v and k not in {"source", "seconds"}}


def rows(environment: Environment, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def test_the_seed_becomes_a_clean_row(cli_env: Environment) -> None:
    done = ingest(cli_env, "run", SEEDS)
    assert done.returncode == 0, done.stderr
    assert "iran-press-tv" in done.stdout
    [row] = rows(
        cli_env,
        "SELECT title, publisher, section, published_at, published_precision, published_tz_from, language, body FROM news.article",
    )
    title, publisher, section, published_at, precision, zone_from, language, body = row
    assert (title, publisher) == ("Philippine capital hosts high-level talks on North Korea", "Iran Press TV")
    assert section == "Weapons of Mass Destruction (WMD)"
    assert (published_at.isoformat(), precision, zone_from) == ("2017-08-07T07:19:00+00:00", "minute", "assumed_utc")
    assert language == "en"
    assert body.startswith("Foreign ministers of North and South Korea have briefly met")
    assert body.endswith("can hit the US mainland.")
    assert "\n\nRussia urges 'six-party talks'\n\n" in body
    assert "\n\nWorld is united against North Korea\n\n" in body
    reasons = rows(cli_env, "SELECT reason FROM ops.removed_block ORDER BY reason")
    assert {r for (r,) in reasons} == {"advertisement", "section", "publisher", "title", "date", "mailing_list"}


def test_a_second_run_loads_nothing_and_says_so(cli_env: Environment, tmp_path: Path) -> None:
    (tmp_path / "bad.html").write_text("")
    assert total(ingest(cli_env, "run", SEEDS, tmp_path, "--json")) == {"found": 2, "new": 1, "rejected": 1}
    assert total(ingest(cli_env, "run", SEEDS, tmp_path, "--json")) == {"found": 2, "unchanged": 1, "rejected": 1}
    assert "Nothing new" in ingest(cli_env, "run", SEEDS).stdout
    counts = "SELECT (SELECT count(*) FROM news.article), (SELECT count(*) FROM news.article_version), (SELECT count(*) FROM ops.rejection)"
    assert rows(cli_env, counts) == [(1, 1, 1)]


def test_an_edited_file_is_a_new_version_and_a_copy_is_a_duplicate(cli_env: Environment, tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    file.write_text(page("Treaty talks go on"))
    assert total(ingest(cli_env, "run", file, "--json")) == {"found": 1, "new": 1}
    (tmp_path / "b.html").write_text(page("Treaty talks go on"))
    (tmp_path / "c.html.gz").write_bytes(gzip.compress(file.read_bytes()))
    assert total(ingest(cli_env, "run", tmp_path, "--json")) == {"found": 3, "unchanged": 1, "duplicates": 2}
    file.write_text(page("Treaty talks have ended"))
    assert total(ingest(cli_env, "run", file, "--json")) == {"found": 1, "updated": 1}
    versions = rows(cli_env, "SELECT version_no, title, changed FROM news.article_version ORDER BY version_no")
    assert versions == [(1, "Treaty talks go on", []), (2, "Treaty talks have ended", ["title"])]


def test_bad_input_is_rejected_with_its_bytes_and_the_rest_loads(cli_env: Environment, tmp_path: Path) -> None:
    (tmp_path / "good.html").write_text(page("Treaty talks go on"))
    (tmp_path / "empty.html").write_text("")
    (tmp_path / "binary.html").write_bytes(bytes(range(256)) * 100)
    (tmp_path / "menu.html").write_text("<nav>" + "".join(f"<a href=/{i}>Topic {i}</a> " for i in range(50)) + "</nav>")
    with (tmp_path / "huge.html").open("wb") as huge:
        huge.truncate(300_000_000)
    (tmp_path / "deep.html").write_text("<div>" * 100_000 + "text" + "</div>" * 100_000)
    (tmp_path / "nul.html").write_bytes(b"<html><body>" + b"\0" * 1000)
    (tmp_path / "broken.html").write_bytes(b"\xef\xbb\xbf<p>" + b"word \xff\xff\xff " * 200)
    (tmp_path / "cut.html.gz").write_bytes(gzip.compress(os.urandom(1000))[:-30])
    (tmp_path / "dangling.html").symlink_to(tmp_path / "gone")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "loop").symlink_to(tmp_path)
    done = ingest(cli_env, "run", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    assert total(done) == {"found": 11, "new": 1, "rejected": 10}
    found = rows(
        cli_env,
        "SELECT regexp_replace(r.location, '.*/', ''), r.stage, r.reason, p.body_zstd IS NOT NULL "
        "FROM ops.rejection r LEFT JOIN ops.raw_page p USING (body_sha256) ORDER BY 1",
    )
    assert found == [
        ("binary.html", "decode", "binary", True),
        ("broken.html", "decode", "undecodable", True),
        ("cut.html.gz", "read", "truncated_gzip", True),
        ("dangling.html", "read", "unreadable", False),
        ("deep.html", "extract", "too_deep", True),
        ("empty.html", "read", "empty", True),
        ("huge.html", "read", "too_large", False),
        ("loop", "discover", "symlink_loop", False),
        ("menu.html", "extract", "no_article_text", True),
        ("nul.html", "decode", "binary", True),
    ]


def test_a_path_that_names_nothing_is_named_and_the_others_load(cli_env: Environment, tmp_path: Path) -> None:
    done = ingest(cli_env, "run", tmp_path / "gone.html", SEEDS, "--json")
    assert done.returncode == 2
    assert str(tmp_path / "gone.html") in done.stderr
    assert total(done) == {"found": 1, "new": 1}
    run = rows(cli_env, "SELECT state, params -> 'targets' FROM ops.run")
    assert run == [("failed", [str(SEEDS), str(tmp_path / "gone.html")])]


def test_every_target_failing_is_exit_code_1(cli_env: Environment, tmp_path: Path) -> None:
    (tmp_path / "empty.html").write_text("")
    done = ingest(cli_env, "run", tmp_path)
    assert done.returncode == 1
    assert "empty" in done.stdout


def test_pages_on_several_processes(cli_env: Environment, tmp_path: Path) -> None:
    for i in range(300):
        (tmp_path / f"{i:03}.html").write_text(page(f"Story number {i}", paragraphs=3 + i % 5))
    assert total(ingest(cli_env, "run", tmp_path, "--json", "--jobs", "2")) == {"found": 300, "new": 300}
    assert rows(cli_env, "SELECT count(DISTINCT title) FROM news.article") == [(300,)]


@pytest.mark.parametrize(
    "url", ["postgresql://someone:s3cret@127.0.0.1:1/news", "postgresql://someone:s3cret@nohost.invalid/news", "nonsense"]
)
def test_a_database_out_of_reach_is_one_sentence(cli_env: Environment, url: str) -> None:
    done = ingest(cli_env | {"INGEST_DATABASE_URL": url}, "run", SEEDS)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "Traceback" not in done.stderr
    assert "s3cret" not in done.stderr


def test_a_newer_schema_is_one_sentence(cli_env: Environment) -> None:
    assert ingest(cli_env, "db", "upgrade").returncode == 0
    with psycopg.connect(cli_env["INGEST_DATABASE_URL"]) as connection:
        connection.execute("UPDATE ops.alembic_version SET version_num = '9999'")
    done = ingest(cli_env, "run", SEEDS)
    assert done.returncode == 2
    assert len(done.stderr.strip().splitlines()) == 1
    assert "newer" in done.stderr


def test_the_progress_bar_is_for_terminals(cli_env: Environment) -> None:
    assert "ingesting" not in ingest(cli_env, "run", SEEDS).stderr
    terminal, theirs = pty.openpty()
    with subprocess.Popen([INGEST, "run", SEEDS], env=cli_env | {"TERM": "xterm"}, stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(terminal, 4096):
                shown += chunk
        except OSError:  # how Linux says that the other end of a terminal is closed
            pass
        os.close(terminal)
        assert process.wait() == 0
    assert b"ingesting" in shown


def test_ctrl_c_keeps_what_is_loaded_and_the_next_run_goes_on(cli_env: Environment, tmp_path: Path) -> None:
    for i in range(1500):
        (tmp_path / f"{i:04}.html").write_text(page(f"Story number {i}", paragraphs=40))
    command: list[str | Path] = [INGEST, "run", tmp_path]
    with subprocess.Popen(command, env=cli_env, stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts) as process:  # noqa: PLW1509
        wait_for_articles(cli_env, process)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
    [(loaded,)] = rows(cli_env, "SELECT count(*) FROM news.article")
    assert 0 < loaded < 1500
    assert rows(cli_env, "SELECT state FROM ops.run") == [("cancelled",)]
    assert total(ingest(cli_env, "run", tmp_path, "--json")) == {"found": 1500, "new": 1500 - loaded, "unchanged": loaded}


def test_kill_at_any_moment_ends_in_the_same_tables(cli_env: Environment, tmp_path: Path) -> None:
    for i in range(600):
        (tmp_path / f"{i:04}.html").write_text(page(f"Story number {i}", paragraphs=40))
    with subprocess.Popen([INGEST, "run", tmp_path], env=cli_env, stdout=subprocess.DEVNULL) as process:
        wait_for_articles(cli_env, process)
        process.kill()
    [(articles, versions, pages)] = rows(
        cli_env,
        "SELECT (SELECT count(*) FROM news.article), (SELECT count(*) FROM news.article_version), (SELECT count(*) FROM ops.raw_page)",
    )
    assert articles == versions == pages < 600
    assert total(ingest(cli_env, "run", tmp_path, "--json"))["found"] == 600
    assert rows(cli_env, "SELECT count(*), count(DISTINCT title) FROM news.article") == [(600, 600)]
    assert rows(cli_env, "SELECT state FROM ops.run ORDER BY started_at") == [("crashed",), ("completed",)]


def hear_interrupts() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and their children after them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_articles(environment: Environment, process: subprocess.Popen[Any]) -> None:
    """Until the first batch is committed; polling the database is the only way to see that from outside."""
    while process.poll() is None:
        try:
            if rows(environment, "SELECT 1 FROM news.article LIMIT 1"):
                return
        except psycopg.errors.UndefinedTable:
            continue
    pytest.fail("the run ended before it could be interrupted")
