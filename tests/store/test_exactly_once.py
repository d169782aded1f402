"""Runs that are killed, cut off, starved and doubled: afterwards every page is one article or one rejection, and everything adds up."""

from __future__ import annotations

import datetime as dt
import os
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, MediaType, Page, PageResult
from ingest.store.load import load_batch
from ingest.store.runs import running
from tests.identify.made_copies import Writer
from tests.store.disturbances import KINDS, Ends, Stage
from tests.store.promises import PROMISES, Connection, broken_promises, run_once

SEED = int(os.environ.get("DISTURBANCE_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
ROUNDS = 2  # of each kind; `python -m tests.store.disturbances` plays hundreds


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    made = Stage(tmp_path_factory.mktemp("stage"), pages=60)
    yield made
    made.close()


@pytest.mark.xdist_group("disturbances")
@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_lost_and_nothing_is_there_twice(stage: Stage, kind: str, number: int) -> None:
    ends = Ends()
    wrong = stage.play(KINDS[kind], f"{SEED} {number}", ends)
    assert wrong == [], f"DISTURBANCE_SEED={SEED} repeats the round's choices; runs ended with {dict(ends.codes)}"


# What a loader with a fault would leave behind, and the promise that it breaks.
FAULTS = {
    "DELETE FROM news.article_version WHERE version_no = 1 AND article_id IN (SELECT article_id FROM news.article WHERE version_no = 2)": (
        "versions have gaps"
    ),
    "UPDATE news.article SET version_no = version_no + 1": "an article's number is not its newest version's",
    "UPDATE news.article_version SET reason = 'publisher_change' WHERE reason = 'earlier'": "an article is what it was, not what it is",
    "UPDATE news.article SET body = body || '.' WHERE article_id = 1": "an article is not its newest version",
    "UPDATE news.article_version SET body_sha256 = '1'": "one version is there twice in a row",
    "UPDATE news.article SET url = (SELECT max(url) FROM news.article)": "two articles have one URL",
    "UPDATE news.article SET url = 'file:///' || article_id, content_sha256 = '1' WHERE article_id < 3": (
        "copies of a page without a URL are two articles"
    ),
    "UPDATE news.article SET dup_of = 3 - article_id WHERE article_id < 3": "a copy's original is a copy",
    "UPDATE news.article SET dup_of = NULL": "a link is not what the texts come to",
    "UPDATE news.article SET similarity = similarity / 2": "a link is not what the texts come to",
    "DELETE FROM ops.rejection": "a page is not one article or one rejection",
    "UPDATE ops.rejection SET location = (SELECT url FROM news.article_url WHERE kind = 'file' LIMIT 1) WHERE rejection_id = 1": (
        "a page is not one article or one rejection"
    ),
    "UPDATE ops.rejection SET resolved_at = now()": "a page is not one article or one rejection",
    "DELETE FROM news.article_url WHERE kind = 'rel_canonical'": "an article cannot be found by its own URL",
    "UPDATE news.article_url u SET match_key = (SELECT match_key FROM news.article_url WHERE article_id = 1 LIMIT 1)": (
        "one identity leads to two articles"
    ),
    "UPDATE news.article SET url_key = '1' WHERE article_id = 1": "an article has another key than its own",
    "DELETE FROM ops.raw_page": "a page's bytes are not kept",
    "INSERT INTO ops.raw_page (body_sha256, byte_len, store, body_zstd, first_seen_at) VALUES ('1', 1, 'pg', '1', now())": (
        "bytes are kept that no row is made of"
    ),
    "DELETE FROM ops.article_sketch WHERE article_id = 1": "articles and sketches are not one to one",
    "DELETE FROM ops.sketch_band WHERE article_id = 1": "a sketch has no bands",
    "INSERT INTO ops.sketch_band VALUES (1, 0)": "a band belongs to no sketch",
    "DELETE FROM news.provenance WHERE article_id = 1": "a version lacks its provenance",
    "UPDATE ops.run_count SET n = n + 1": "a completed run does not count each page once",
    "UPDATE ops.run SET state = 'running'": "a run is still running",
}


def test_each_promise_can_be_broken() -> None:
    assert set(PROMISES) <= set(FAULTS.values())


@pytest.fixture(scope="module")
def loaded(stage: Stage) -> Iterator[Connection]:
    with stage.server.embedded.using() as url:
        stage.server.clean(migrated=True)
        run_once(stage.server.environment, stage.folder)
        with psycopg.connect(url) as connection:
            yield connection


@pytest.mark.xdist_group("disturbances")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_promise_is_seen(stage: Stage, loaded: Connection, fault: str) -> None:
    assert broken_promises(loaded, stage.folder) == []
    with loaded.transaction(force_rollback=True):
        loaded.execute("SET LOCAL session_replication_role = replica")  # the database's own guard, foreign keys, looks away
        loaded.execute(fault)
        broken = broken_promises(loaded, stage.folder)
    assert FAULTS[fault] in {sentence.partition(":")[0] for sentence in broken}


def result(url: str, body: str, *, canonical: str | None, day: int = 1) -> PageResult:
    article = Article(None if url.startswith("file:") else url, canonical, "Title", body, extractor_version="1")
    page = Page(Candidate(url, url), f"{body} {canonical}".encode(), MediaType.HTML, dt.datetime(2026, 5, day, tzinfo=dt.UTC))
    return PageResult(page.candidate, article, page)


def load(engine: Engine, *batches: list[PageResult]) -> None:
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        for batch in batches:
            load_batch(engine, run_id, batch)


def load_at_once(engine: Engine, *batches: list[PageResult], held_at: str = "news.provenance") -> None:
    """Each by a loader of its own; all have looked for their articles before one commits, unless they wait for each other.

    Their sources are there already: two loaders that add the same source take turns for that alone.
    """
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    load(engine, [result("https://post.example/0", "Before.", canonical=None), result("file:///0.html", "Before, too.", canonical=None)])
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with ThreadPoolExecutor() as pool, autocommit.connect() as watching:
        with engine.begin() as gate:
            gate.execute(text(f"LOCK TABLE {held_at} IN SHARE MODE"))
            loaders = [pool.submit(load, engine, batch) for batch in batches]
            while watching.scalar(waiting) != len(batches) and not any(loader.done() for loader in loaders):
                pass
        for loader in loaders:
            loader.result()


def articles(engine: Engine) -> list[tuple[str, int]]:
    count = "(SELECT count(*) FROM news.article_url u WHERE u.article_id = a.article_id)"
    query = f"SELECT a.url, {count} FROM news.article a WHERE body NOT LIKE 'Before%' ORDER BY 1"  # noqa: S608  # ours
    with engine.connect() as connection:
        return [(url, n) for url, n in connection.execute(text(query))]


X, Y = "https://post.example/x", "https://post.example/y"


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize("backwards", [True, False])
def test_a_page_that_changes_what_it_calls_itself_stays_one_article(engine: Engine, *, together: bool, backwards: bool) -> None:
    """In one batch as in two: captures of one URL often come together."""
    first, second = result(Y, "one", canonical=X, day=1), result(Y, "two", canonical=Y, day=2)
    pages = [second, first] if backwards else [first, second]
    load(engine, *([pages] if together else [[page] for page in pages]))
    assert articles(engine) == [(Y if backwards else X, 2)]
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM news.article_version")) == 2
        assert connection.scalar(text("SELECT body FROM news.article")) == "two"


def test_two_loaders_of_two_names_of_one_page_make_one_article(engine: Engine) -> None:
    load_at_once(engine, [result(Y, "one", canonical=X)], [result(Y, "two", canonical=Y, day=2)])
    [(_, urls)] = articles(engine)
    assert urls == 2


@pytest.mark.parametrize("places", [("file:///a/1.html", "file:///b/1.html"), (X, Y)])
def test_two_loaders_of_copies_of_one_page_make_one_article(engine: Engine, places: tuple[str, str]) -> None:
    load_at_once(engine, *([result(place, "The same.", canonical=None)] for place in places))
    [(_, urls)] = articles(engine)
    assert urls == 2


@pytest.mark.parametrize("held_at", ["news.provenance", "ops.run_count"])  # before copies are looked for, and after
def test_two_loaders_of_copies_find_each_other(engine: Engine, held_at: str) -> None:
    words = Writer("latin", seed=1).words(200)
    whole, cut = " ".join(words), " ".join(words[:150])
    load_at_once(engine, [result(X, whole, canonical=None)], [result(Y, cut, canonical=None)], held_at=held_at)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(dup_of) FROM news.article")) == 1


def test_two_loaders_of_the_same_pages_in_other_orders(engine: Engine) -> None:
    pages = [result(f"{X}/{n}", f"Text {n}.", canonical=f"{X}/{n}") for n in range(9)]
    load_at_once(engine, pages, pages[::-1])
    assert articles(engine) == [(f"{X}/{n}", 1) for n in range(9)]
