"""Every earlier revision with rows in it: down to it, and up again."""

from __future__ import annotations

import datetime as dt
import hashlib

import pytest
from sqlalchemy import Engine, text

from ingest.identify.identity import article_key
from ingest.model import Article, Candidate, FieldProvenance, MediaType, Page, PageResult
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.load import load_batch
from ingest.store.migrate import downgrade, revisions, upgrade
from ingest.store.runs import running
from ingest.store.search import search
from tests.store.demo import demo_results, demo_today, load_demo

KEPT = ("news.article", "news.article_version", "news.article_url", "news.provenance", "news.source", "ops.run", "ops.run_count",
        "ops.raw_page", "ops.removed_block", "ops.rejection")  # fmt: skip


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {table: connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0 for table in KEPT}  # noqa: S608


@pytest.mark.parametrize("revision", revisions()[:-1])
def test_rows_outlive_the_way_down_and_up(engine: Engine, revision: str) -> None:
    load_demo(engine)
    before = counts(engine)
    assert all(before.values())
    downgrade(engine, revision)
    assert counts(engine) == before
    upgrade(engine)
    assert counts(engine) == before
    with engine.connect() as connection:
        urls = connection.execute(text("SELECT url, match_key FROM news.article_url")).all()
        assert all(article_key(url) == match_key for url, match_key in urls)
        articles = connection.execute(text("SELECT url, url_key FROM news.article")).all()
        assert all(article_key(url) == key for url, key in articles)
    assert len(search(engine, "treaty", limit=100)) > 20


def test_what_is_loaded_is_known_after_an_upgrade_from_the_first_revision(engine: Engine) -> None:
    load_demo(engine)
    downgrade(engine, "0001")
    upgrade(engine)
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        tallies = load_batch(engine, run_id, list(demo_results(demo_today()))[:100])
    assert sum(t.new for t in tallies) == 0


# Two shapes of one URL, which 0002 still took for two articles; and a saved page that names no URL.
OLD_URLS = ("https://post.example/story-1", "https://m.post.example/story-1/", "https://post.example/story-2", "file:///saved/page.html")
OLD_ROWS = """
WITH r AS (INSERT INTO ops.run (run_id, kind, flow_name, code_version) VALUES (gen_random_uuid(), 'adhoc', 'test', '0') RETURNING run_id),
s AS (INSERT INTO news.source (slug, name) VALUES ('post.example', 'Post') RETURNING source_id),
a AS (INSERT INTO news.article (url_key, url, source_id, body, word_count, content_sha256, extractor_version, first_seen_at,
        last_seen_at, last_changed_at, first_run_id, last_run_id)
      SELECT sha256(convert_to(url, 'UTF8')), url, source_id, url, 1, 'c', '1', now(), now(), now(), run_id, run_id
      FROM r, s, unnest(CAST(:urls AS text[])) WITH ORDINALITY AS u (url, place) ORDER BY place
      RETURNING article_id, url, first_run_id),
v AS (INSERT INTO news.article_version (article_id, version_no, observed_at, run_id, reason, body, word_count, content_sha256,
        extractor_version)
      SELECT article_id, 1, now(), first_run_id, 'new', url, 1, 'c', '1' FROM a),
u AS (INSERT INTO news.article_url (url_key, url, article_id, kind, first_seen_at)
      SELECT sha256(convert_to(url, 'UTF8')), url, article_id, 'requested', now() FROM a)
INSERT INTO ops.rejection (first_run_id, last_run_id, stage, reason, message, location, extractor_version)
SELECT run_id, run_id, 'extract', 'no_article_text', 'No text.', 'https://post.example/empty', '1' FROM r
"""


def test_articles_that_turn_out_to_be_one_keep_their_rows(engine: Engine) -> None:
    downgrade(engine, "0002")
    with engine.begin() as connection:
        connection.execute(text(OLD_ROWS), {"urls": list(OLD_URLS)})
    filled = ("news.source", "news.article", "news.article_version", "news.article_url", "ops.rejection", "ops.run")
    before = {table: n for table, n in counts(engine).items() if table in filled}
    assert before == dict.fromkeys(filled, 1) | dict.fromkeys(("news.article", "news.article_version", "news.article_url"), 4)
    upgrade(engine)
    assert {table: n for table, n in counts(engine).items() if table in filled} == before
    with engine.connect() as connection:
        articles = connection.execute(text("SELECT url, url_key FROM news.article ORDER BY article_id")).all()
        urls = connection.execute(text("SELECT url, match_key, url_key FROM news.article_url")).all()
        rejected = connection.execute(text("SELECT stage, reason, location, attempts, resolved_at FROM ops.rejection")).one()
    older, younger, *others = articles
    assert article_key(OLD_URLS[0]) == article_key(OLD_URLS[1])  # else this tests nothing
    assert older == (OLD_URLS[0], article_key(OLD_URLS[0]))
    assert younger == (OLD_URLS[1], hashlib.sha256(OLD_URLS[1].encode()).digest())
    assert others == [(url, article_key(url)) for url in OLD_URLS[2:]]
    assert {url: (match, key) for url, match, key in urls} == {
        url: (article_key(url), hashlib.sha256(url.encode()).digest()) for url in OLD_URLS
    }
    assert rejected == ("extract", "no_article_text", "https://post.example/empty", 1, None)
    downgrade(engine, "0002")
    with engine.connect() as connection:
        keys = connection.execute(text("SELECT url, url_key FROM news.article")).all()
    assert {url: key for url, key in keys} == {url: hashlib.sha256(url.encode()).digest() for url in OLD_URLS}  # noqa: C416  # rows


def test_urls_say_what_they_are_and_months_what_they_hold(engine: Engine) -> None:
    candidate = Candidate("https://post.example/a", "a", "https://post.example/a")
    provenance = (FieldProvenance("canonical_url", "page", ()),)
    article = Article(candidate.url, candidate.url, "Title", "Body.", provenance=provenance, extractor_version="1")
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, [PageResult(candidate, article)])
    downgrade(engine, "0005")
    with engine.begin() as connection:  # as 0005 left them
        connection.execute(text("UPDATE news.article_url SET kind = 'rel_canonical'"))
        connection.execute(text("CREATE TABLE ops.fetch_2026_05 PARTITION OF ops.fetch FOR VALUES FROM ('2026-05-01') TO ('2026-06-01')"))
    upgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT kind FROM news.article_url")) == "requested"
        about = "SELECT obj_description('ops.fetch_2026_05'::regclass), col_description('ops.fetch_2026_05'::regclass, 2)"
        assert list(connection.execute(text(about)).one()) == ["The requests of one month: ask ops.fetch.", "When it was made."]


def test_on_the_way_down_the_current_version_is_the_newest_number_again(engine: Engine) -> None:
    def observed(day: int, title: str) -> PageResult:
        candidate = Candidate("https://post.example/a", "a", "https://post.example/a")
        provenance = (FieldProvenance("title", title, ()),)
        article = Article(candidate.url, candidate.url, title, "Body.", provenance=provenance, extractor_version="1")
        page = Page(candidate, title.encode(), MediaType.HTML, dt.datetime(2026, 5, day, tzinfo=dt.UTC))
        return PageResult(candidate, article, page)

    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, [observed(*of) for of in ((3, "third"), (5, "fifth"), (2, "second"), (4, "fourth"))])
    downgrade(engine, "0005")
    query = """
    SELECT v.version_no, v.reason, v.title, p.chosen_from, v.version_no = a.version_no AND v.title = a.title AS is_current
    FROM news.article_version v JOIN news.provenance p USING (article_id, version_no) JOIN news.article a USING (article_id) ORDER BY 1
    """
    with engine.connect() as connection:
        assert [tuple(row) for row in connection.execute(text(query))] == [
            (1, "new", "third", "third", False),
            (2, "reextract", "second", "second", False),
            (3, "reextract", "fourth", "fourth", False),
            (4, "publisher_change", "fifth", "fifth", True),
        ]
    upgrade(engine)


# All that 0008 replaces, and what is said of it.
DEFINITIONS = """
SELECT p.oid::regprocedure::text AS name, p.prosrc AS is, obj_description(p.oid, 'pg_proc') AS about
FROM pg_proc p WHERE pronamespace::regnamespace::text IN ('news', 'ops')
UNION ALL SELECT c.oid::regclass::text, pg_get_viewdef(c.oid), obj_description(c.oid, 'pg_class')
FROM pg_class c WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relkind = 'v'
UNION ALL SELECT attrelid::regclass || '.' || attname, format_type(atttypid, atttypmod), col_description(attrelid, attnum)
FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relkind IN ('r', 'v', 'p') AND attnum > 0 AND NOT attisdropped ORDER BY 1
"""


def test_down_from_0008_is_0007_again(engine: Engine, empty_database_url: str) -> None:
    downgrade(engine, "0007")
    with open_engine(Settings(database_url=empty_database_url), check_schema=False) as other:
        upgrade(other, "0007")
        with engine.connect() as was, other.connect() as never:
            assert was.execute(text(DEFINITIONS)).all() == never.execute(text(DEFINITIONS)).all()


def test_articles_in_scripts_without_spaces_get_their_words_anew_and_only_they(engine: Engine) -> None:
    def written(language: str, title: str) -> PageResult:
        url = f"https://post.example/{language}"
        return PageResult(Candidate(url, url, url), Article(url, url, title, "Body.", language=language, extractor_version="1"))

    def state() -> tuple[int, bool, str]:
        query = """
        SELECT (SELECT count(*) FROM news.article WHERE search @@ to_tsquery('simple', 'nhk')),
               (SELECT bool_and(search = news.search_vector(language, title, summary, body)) FROM news.article),
               (SELECT xmin::text FROM news.article WHERE language = 'en')
        """
        with engine.connect() as connection:
            found, is_right, english = connection.execute(text(query)).one()
        return found, is_right, english

    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, [written("ja", "ＮＨＫ予算案を国会に提出"), written("en", "The budget of a broadcaster")])
    found, _, english = state()
    assert found == 1
    downgrade(engine, "0007")
    assert state() == (0, True, english)
    upgrade(engine)
    assert state() == (1, True, english)
