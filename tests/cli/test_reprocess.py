from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import zstandard
from sqlalchemy import Engine

from ingest.cli.again import run_of_kept
from ingest.cli.loading import loaded as taken_to_the_end
from ingest.identify.identity import article_key
from ingest.rules.book import read_book
from ingest.settings import Settings
from ingest.store.reprocess import LeftAlone, Selection, reprocess
from tests.cli.commands import Environment, complaint, ingest, rows, total
from tests.web.server import Web

STORY = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "
BANNER = "Read the Gazette on paper"


def page(number: int, canonical: str = "") -> str:
    link = f'<link rel=canonical href="{canonical}">' if canonical else ""
    story = "".join(f"<p>{STORY}It was meeting number {number} of the year, round {i}.</p>" for i in range(4))
    return (
        f"<!doctype html><html lang=en><head><title>Story {number}</title>{link}</head>"
        f"<body><article><h1>Story {number}</h1>{story}<p class=b>{BANNER} every morning, delivered to your door in time.</p></article>"
    )


@pytest.fixture
def env(cli_env: Environment, database_url: str) -> Environment:
    return cli_env | {"INGEST_DATABASE_URL": database_url, "INGEST_JOBS": "1", "INGEST_BATCH_SIZE": "2"}


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """Rules that drop the banner, as a better extractor would."""
    file = tmp_path / "rules.yaml"
    file.write_text(f"drop_text: ^{BANNER}\n")
    return file


@pytest.fixture
def loaded(env: Environment, tmp_path: Path) -> Path:
    """Five stories of two sources as saved pages, loaded without rules."""
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(5):
        host = "gazette" if n < 3 else "courier"
        (folder / f"{n}.html").write_text(page(n, f"https://{host}.example/story-{n}"))
        os.utime(folder / f"{n}.html", (1_790_000_000 + n,) * 2)
    assert total(ingest(env, "run", folder, "--json")) == {"found": 5, "new": 5}
    return folder


VERSIONS = "SELECT article_id, version_no, reason, changed FROM news.article_version WHERE version_no > 1 ORDER BY article_id"


@pytest.mark.usefixtures("loaded")
def test_what_is_refused_by_now_is_read_once_whatever_was_learned(env: Environment, tmp_path: Path) -> None:
    line = f"{BANNER} every morning, delivered to your door in time."
    assert ingest(env, "boilerplate", "gazette.example", "--pin", line, "--as", "boilerplate").returncode == 0
    (tmp_path / "strict.yaml").write_text("function: strict.py:refuse\n")
    (tmp_path / "strict.py").write_text("def refuse(soup):\n    raise ValueError('no')\n")
    again = ("reprocess", "--outdated", "--json", "--rules", tmp_path / "strict.yaml")
    assert [total(ingest(env, *again)) for _ in range(2)] == [{"found": 5, "rejected": 5}, {}]


def test_what_other_rules_made_is_made_again_and_once(env: Environment, loaded: Path, rules: Path) -> None:
    times = "SELECT article_id, first_seen_at, last_seen_at, last_changed_at FROM news.article ORDER BY article_id"
    before = rows(env, times)
    for file in loaded.iterdir():
        file.unlink()  # what is kept is enough
    done = ingest(env, "reprocess", "--outdated", "--rules", rules, "--json")
    assert done.returncode == 0, done.stderr
    assert total(done) == {"found": 5, "updated": 5}
    assert not [body for (body,) in rows(env, "SELECT body FROM news.article") if BANNER in body]
    assert {(no, reason, tuple(changed)) for _, no, reason, changed in rows(env, VERSIONS)} == {(2, "reextract", ("body",))}
    assert rows(env, times) == before
    observed = "SELECT count(DISTINCT observed_at) FROM news.article_version GROUP BY article_id"
    assert rows(env, observed) == [(1,)] * 5
    assert rows(env, "SELECT kind, state FROM ops.run ORDER BY started_at DESC LIMIT 1") == [("reextract", "completed")]
    assert rows(env, "SELECT count(*) FROM news.headline_change") == [(0,)]
    again = ingest(env, "reprocess", "--outdated", "--rules", rules)
    assert (again.returncode, again.stdout) == (0, "No article to make again: those that are kept were made by this extractor.\n")


def test_an_extractor_that_makes_the_same_adds_no_version(env: Environment, loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "idle.yaml").write_text("drop_text: ^Nothing says this\n")
    done = ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "idle.yaml", "--json")
    assert total(done) == {"found": 5, "unchanged": 5}, loaded
    assert rows(env, VERSIONS) == []
    assert total(ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "idle.yaml", "--json")) == {}


@pytest.mark.usefixtures("loaded")
def test_sources_dates_versions_and_numbers_select(env: Environment, rules: Path) -> None:
    def count(*options: str) -> int:
        found: int = total(ingest(env, "reprocess", "--rules", rules, "--json", *options)).get("found", 0)
        return found

    [(first, last)] = rows(env, "SELECT min(article_id), max(article_id) FROM news.article")
    assert count("--source", "gazette.example", "--until", "2026-09-21") == 0
    assert count("--outdated", "--extractor-version", "none") == 0
    assert count("--article", str(first), "--article", str(last)) == 2
    assert count("--source", "gazette.example", "--since", "2026-09-21") == 2
    assert count("--extractor-version", "2") == 2 - 1
    assert count("--outdated") == 0


@pytest.mark.usefixtures("loaded")
def test_rules_of_one_host_make_only_its_articles_outdated(env: Environment, tmp_path: Path) -> None:
    (tmp_path / "courier.yaml").write_text(f"hosts: courier.example\ndrop_text: ^{BANNER}\n")
    assert total(ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "courier.yaml", "--json")) == {"found": 2, "updated": 2}
    assert total(ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "courier.yaml", "--json")) == {}


def test_a_page_that_gives_no_article_any_more_is_rejected_once(env: Environment, loaded: Path, tmp_path: Path) -> None:
    (tmp_path / "strict.yaml").write_text("drop_text: .\n")
    done = ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "strict.yaml", "--json")
    assert done.returncode == 1
    assert total(done) == {"found": 5, "rejected": 5}
    assert rows(env, "SELECT state FROM ops.run ORDER BY started_at DESC LIMIT 1") == [("failed",)]
    assert rows(env, "SELECT count(*) FROM news.article WHERE version_no = 1") == [(5,)]
    assert {location for (location,) in rows(env, "SELECT location FROM ops.rejection")} == {f.as_uri() for f in loaded.iterdir()}
    assert total(ingest(env, "reprocess", "--outdated", "--rules", tmp_path / "strict.yaml", "--json")) == {}


def test_a_saved_page_whose_url_is_now_found_stays_the_same_article(env: Environment, tmp_path: Path) -> None:
    file = tmp_path / "story.html"
    file.write_text(page(1))
    other = tmp_path / "other.html"
    other.write_text(page(2))
    assert total(ingest(env, "run", file, other, "--json")) == {"found": 2, "new": 2}
    changed = (
        "UPDATE ops.raw_page SET body_zstd = %s, byte_len = %s WHERE body_sha256 = (SELECT body_sha256 FROM news.article WHERE title = %s)"
    )
    _store(env, changed, "Story 1", page(1, "https://gazette.example/story-1"))
    _store(env, changed, "Story 2", page(2, "https://gazette.example/story-1"))
    _age(env)
    done = ingest(env, "reprocess", "--outdated", "--json")
    assert rows(env, "SELECT count(*) FROM news.article") == [(2,)]
    assert total(done)["found"] == 1
    assert "1 left as they are" in done.stderr
    [(owner,)] = rows(env, "SELECT a.title FROM news.article_url u JOIN news.article a USING (article_id) WHERE u.url LIKE 'https%'")
    assert [(owner,)] == rows(env, "SELECT title FROM news.article ORDER BY article_id LIMIT 1")
    assert rows(env, "SELECT count(*) FROM news.article_version WHERE reason = 'publisher_change'") == [(0,)]


def test_fetched_pages_are_not_fetched_again(web_env: Environment, web: Web, rules: Path) -> None:
    assert ingest(web_env, "sources", "add", web.url("/"), "--feed", web.url("/feed.rss")).returncode == 0
    assert total(ingest(web_env, "poll", "--json")) == {"found": 3, "new": 3}
    facts = "SELECT url, title, published_at, published_from, authors, body_sha256 FROM news.article ORDER BY 1"
    before, tasks = rows(web_env, facts), rows(web_env, "SELECT * FROM ops.url_task ORDER BY 1")
    web.reset()
    done = ingest(web_env, "reprocess", "--outdated", "--rules", rules, "--json")
    assert total(done) == {"found": 3, "unchanged": 3}
    assert rows(web_env, facts) == before
    assert rows(web_env, "SELECT * FROM ops.url_task ORDER BY 1") == tasks
    assert web.requests == []


@pytest.mark.usefixtures("loaded")
def test_what_a_feed_said_of_the_page_still_holds(env: Environment, rules: Path) -> None:
    url = "https://courier.example/story-3"
    with psycopg.connect(env["INGEST_DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO ops.url_task (url_key, url, host, hint) VALUES (%s, %s, 'courier.example', %s)",
            [article_key(url), url, '{"origin": "feed", "published": "2026-11-02T09:30:00+00:00"}'],
        )
    assert total(ingest(env, "reprocess", "--article", _number(env, url), "--rules", rules, "--json")) == {"found": 1, "updated": 1}
    assert rows(env, "SELECT url, published_from FROM news.article WHERE published_at IS NOT NULL") == [(url, "feed")]


@pytest.mark.usefixtures("loaded")
def test_pages_that_are_not_kept_are_counted_and_left(env: Environment, rules: Path) -> None:
    rows(
        env, "DELETE FROM ops.raw_page WHERE body_sha256 IN (SELECT body_sha256 FROM news.article ORDER BY article_id LIMIT 2) RETURNING 1"
    )
    done = ingest(env, "reprocess", "--outdated", "--rules", rules, "--json")
    assert total(done) == {"found": 3, "updated": 3}
    assert "2 articles have no page that is kept" in done.stderr


def test_wrong_usage_is_one_sentence(env: Environment) -> None:
    assert "Say which articles" in complaint(ingest(env, "reprocess"))
    assert "No source is known as none.example" in complaint(ingest(env, "reprocess", "--source", "none.example"))
    assert "No article has the number 7" in complaint(ingest(env, "reprocess", "--article", "7"))
    assert "is no date" in complaint(ingest(env, "reprocess", "--since", "yesterday"))


@pytest.fixture
def refused(env: Environment, tmp_path: Path) -> Path:
    """Three pages whose text a rule takes out, of two hosts, loaded with that rule; their files are gone."""
    strict, urls, folder = tmp_path / "strict.yaml", tmp_path / "urls.jsonl", tmp_path / "refused"
    strict.write_text("drop_text: .\n")
    folder.mkdir()
    hosts = ["gazette.example", "gazette.example", "courier.example"]
    for n, _ in enumerate(hosts):
        (folder / f"{n}.html").write_text(page(n))
    lines = [json.dumps({"path": str(folder / f"{n}.html"), "url": f"https://{host}/story-{n}"}) for n, host in enumerate(hosts)]
    urls.write_text("\n".join(lines))
    done = ingest(env, "run", folder, "--url-map", urls, "--rules", strict, "--json")
    assert (done.returncode, total(done)) == (1, {"found": 3, "rejected": 3})
    assert rows(env, "SELECT state FROM ops.run ORDER BY started_at DESC LIMIT 1") == [("failed",)]
    for file in folder.iterdir():
        file.unlink()
    return strict


NOTHING = "No page to read again: `ingest rejections list` shows what was refused, and why.\n"
REFUSED = ("reprocess", "--reason", "no_article_text")


@pytest.mark.usefixtures("refused")
def test_pages_refused_for_a_reason_are_read_again_from_what_is_kept(env: Environment) -> None:
    assert total(ingest(env, "reprocess", "--reason", "out_of_time", "--json")) == {}
    done = ingest(env, *REFUSED, "--json")
    assert (done.returncode, total(done)) == (0, {"found": 3, "new": 3})
    assert rows(env, "SELECT DISTINCT resolution FROM ops.rejection") == [("loaded",)]
    run = "SELECT flow_name, kind, state, params ->> 'reason' FROM ops.run ORDER BY started_at DESC LIMIT 1"
    assert rows(env, run) == [("ingest reprocess", "adhoc", "completed", "no_article_text")]
    again = ingest(env, *REFUSED)
    assert (again.returncode, again.stdout) == (0, NOTHING)


def test_a_reason_goes_with_sources_dates_and_versions(env: Environment, loaded: Path, refused: Path) -> None:
    def count(*options: str | Path) -> int:
        found: int = total(ingest(env, *REFUSED, "--json", *options)).get("found", 0)
        return found

    assert loaded.exists()  # it made the sources known
    assert count("--until", "1d") == count("--since", "2999-01-01") == count("--extractor-version", "none") == 0
    assert count("--outdated", "--rules", refused) == 0
    assert count("--source", "courier.example", "--rules", refused) == 1
    assert count("--source", "gazette.example", "--since", "1d", "--outdated") == 2
    assert rows(env, "SELECT count(*) FROM ops.rejection WHERE resolved_at IS NULL") == [(1,)]


def test_pages_refused_again_fail_the_run(env: Environment, refused: Path) -> None:
    done = ingest(env, *REFUSED, "--rules", refused, "--json")
    assert (done.returncode, total(done)) == (1, {"found": 3, "rejected": 3})
    assert rows(env, "SELECT DISTINCT state FROM ops.run") == [("failed",)]
    assert rows(env, "SELECT DISTINCT attempts FROM ops.rejection") == [(2,)]


@pytest.mark.usefixtures("refused")
def test_refused_pages_that_are_not_kept_are_counted(env: Environment) -> None:
    rows(env, "UPDATE ops.raw_page SET body_zstd = NULL, store = 'none' RETURNING 1")
    done = ingest(env, *REFUSED)
    assert (done.returncode, done.stdout) == (0, NOTHING)
    assert "3 places have no page that is kept" in done.stderr


def test_a_reason_goes_with_no_article_and_no_unknown_source(env: Environment) -> None:
    assert "give one of the two" in complaint(ingest(env, *REFUSED, "--article", "7"))
    assert "No source is known as none.example" in complaint(ingest(env, *REFUSED, "--source", "none.example"))


@pytest.fixture
def python_handles_interrupts() -> Iterator[None]:
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


@pytest.mark.usefixtures("loaded", "python_handles_interrupts")
def test_ctrl_c_ends_between_two_batches_and_the_same_command_does_the_rest(env: Environment, engine: Engine, rules: Path) -> None:
    settings = Settings(batch_size=2)

    with pytest.raises(KeyboardInterrupt), run_of_kept(engine, "reextract", "test", {}) as (run_id, check):
        batches = reprocess(engine, run_id, Selection(), read_book([rules]), settings, 1, LeftAlone())

        def interrupted() -> Iterator[list[object]]:
            for batch in batches:
                os.kill(os.getpid(), signal.SIGINT)
                yield batch  # type: ignore[misc]

        taken_to_the_end(engine, None, run_id, interrupted(), check, 5)  # type: ignore[arg-type]
    assert len(rows(env, VERSIONS)) == 2
    assert rows(env, "SELECT state FROM ops.run WHERE kind = 'reextract'") == [("cancelled",)]
    assert total(ingest(env, "reprocess", "--outdated", "--rules", rules, "--json")) == {"found": 3, "updated": 3}


def _store(env: Environment, statement: str, title: str, content: str) -> None:
    """Put other bytes in the place of a page's: what an extractor that sees more would have seen in them."""
    with psycopg.connect(env["INGEST_DATABASE_URL"]) as connection:
        connection.execute(statement, [zstandard.compress(content.encode()), len(content.encode()), title])


def _number(env: Environment, url: str) -> str:
    return next(str(number) for number, its in rows(env, "SELECT article_id, url FROM news.article") if its == url)


def _age(env: Environment) -> None:
    assert rows(env, "UPDATE news.article SET extractor_version = '0' RETURNING 1")
