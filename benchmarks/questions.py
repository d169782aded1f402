"""The cookbook's questions on a million made-up articles: milliseconds of each, warm.

    python -m benchmarks.questions [--articles 1000000]

Two hundred sources over two years, among them those of the cookbook; a text has 80 words, and one article in fifty is a copy. Each
question is asked three times, and the fastest counts: the tables are in memory then, as they are for somebody who works with them.
"""

from __future__ import annotations

import argparse
import re
import shutil
import tempfile
import time
from pathlib import Path

import psycopg

from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine

_COOKBOOK = Path(__file__).parents[1] / "docs" / "cookbook.md"
_QUESTIONS = re.compile(r"^## (\d+\. .*?)\n.*?^```sql\n(.*?);\n```", re.MULTILINE | re.DOTALL)
_GOAL_MS = 200.0
_ROUNDS = 3
_CHUNK = 50_000
_SOURCES = """
INSERT INTO news.source (slug, name, domain, time_zone)
SELECT s, s, s, 'UTC' FROM unnest(ARRAY['post.example', 'wire.example', 'kurier.example', 'nippo.example']) AS s
UNION ALL SELECT 'site' || n || '.example', 'Site', NULL, 'Europe/Berlin' FROM generate_series(1, 196) AS n
"""
_RUN = "INSERT INTO ops.run (run_id, kind, flow_name, code_version) VALUES (gen_random_uuid(), 'backfill', 'made', '0')"
_WORDS = """
CREATE TABLE words AS
SELECT n, CASE n WHEN 70 THEN 'treaty' WHEN 80 THEN 'strike' WHEN 90 THEN 'union' ELSE 'w' || md5(n::text)::char(7) END AS word
FROM generate_series(1, 20000) AS n
"""
_ARTICLES = """
WITH made AS (
  SELECT n, (SELECT string_agg(w.word, ' ') FROM generate_series(1, 80) AS i
             JOIN words w ON w.n = 1 + (20000 * pow(((n * 7919::bigint + i * 104729 + n * i) %% 99991) / 99991.0, 3))::int) AS body
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n)
INSERT INTO news.article (url_key, url, source_id, title, body, word_count, authors, published_at, content_sha256, body_sha256,
    extractor_version, language, topics, author_organisations, date_suspect, version_no, dup_of, similarity, first_seen_at, last_seen_at,
    last_changed_at, first_run_id, last_run_id)
SELECT sha256(n::text::bytea), 'https://post.example/' || n, 1 + n %% 200,
    split_part(body, ' ', 1) || ' ' || split_part(body, ' ', 2) || ' ' || n,
    body, 80, ARRAY['Author ' || n %% 500],
    now() - make_interval(secs => (n * 63.0)::int), sha256(body::bytea), sha256(n::text::bytea),
    '1', CASE WHEN n %% 50 = 0 THEN 'ja' WHEN n %% 7 = 0 THEN 'de' ELSE 'en' END,
    CASE WHEN n %% 9 = 0 THEN ARRAY['budget'] ELSE '{}' END, '{}', n %% 5000 = 0, 1, NULL, NULL, now(), now(), now(), run_id, run_id
FROM made, ops.run
"""
_VERSIONS = """
INSERT INTO news.article_version (article_id, version_no, observed_at, run_id, reason, changed, title, body, word_count, content_sha256,
    body_sha256, extractor_version, blocks)
SELECT article_id, 1, first_seen_at, first_run_id, 'new', '{}'::text[], title, body, word_count, content_sha256, body_sha256, '1',
    jsonb_build_array(jsonb_build_object('kind', 'paragraph', 'reason', NULL, 'text', left(body, 300))) FROM news.article
UNION ALL
SELECT article_id, 2, first_seen_at, first_run_id, 'publisher_change', '{title}'::text[], title || ' again', body, word_count + 1,
    content_sha256,
    body_sha256, '1', NULL FROM news.article WHERE article_id % 200 = 0
"""
_REST = (
    "INSERT INTO news.article_url (url_key, url, match_key, article_id, kind, first_seen_at) "
    "SELECT url_key, url, url_key, article_id, 'requested', now() FROM news.article",
    "INSERT INTO news.provenance SELECT article_id, 1, 'published_at', 'meta:date', '[]' FROM news.article",
    "UPDATE news.article SET dup_of = article_id - 1, similarity = 0.8 WHERE article_id % 50 = 0",
    "INSERT INTO ops.feed (source_id, url, state) "
    "SELECT source_id, 'https://' || slug || '/feed', CASE source_id % 40 WHEN 0 THEN 'failing' ELSE 'healthy' END FROM news.source",
    "INSERT INTO news.sighting SELECT f.feed_id, a.url_key, a.article_id, a.url, NULL, a.title, NULL, now(), now() "
    "FROM news.article a JOIN ops.feed f USING (source_id)",
    "INSERT INTO ops.url_task (url_key, url, host, state) SELECT url_key, url, 'post.example', 'done' FROM news.article",
    "INSERT INTO ops.run_count SELECT run_id, source_id, 'load', 'new', 5000 FROM news.source, ops.run",
    "INSERT INTO ops.rejection (first_run_id, last_run_id, stage, reason, message, location, extractor_version) "
    "SELECT run_id, run_id, 'extract', 'no_article_text', '', 'x' || n, '1' FROM ops.run, generate_series(1, 20000) AS n",
)


def fill(connection: psycopg.Connection[tuple[str, ...]], articles: int) -> None:
    """Made-up articles with all that belongs to them; the indexes are built afterwards, which is faster."""
    indexes = connection.execute(
        "SELECT schemaname, indexname, indexdef FROM pg_indexes WHERE schemaname IN ('news', 'ops') "
        "AND tablename IN ('article', 'article_version', 'article_url', 'sighting') AND indexdef NOT LIKE '%UNIQUE%'"
    ).fetchall()
    for schema, name, _ in indexes:
        connection.execute(f"DROP INDEX {schema}.{name}")
    for statement in (_RUN, _SOURCES, _WORDS, "ALTER TABLE words ADD PRIMARY KEY (n)", "ANALYZE words"):
        connection.execute(statement)
    for first in range(1, articles + 1, _CHUNK):
        connection.execute(_ARTICLES, {"first": first, "last": min(first + _CHUNK - 1, articles)})
    for statement in (_VERSIONS, *_REST):
        connection.execute(statement)
    for _, _, definition in indexes:
        connection.execute(definition)
    connection.execute("VACUUM ANALYZE")


def ask(connection: psycopg.Connection[tuple[str, ...]]) -> None:
    """Each question with its milliseconds; those beyond the goal are marked."""
    print(f"{'ms':>8}  {'rows':>7}  question")
    for name, sql in _QUESTIONS.findall(_COOKBOOK.read_text("utf-8")):
        fastest, rows = float("inf"), 0
        for _ in range(_ROUNDS):
            started = time.perf_counter()
            rows = len(connection.execute(sql).fetchall())
            fastest = min(fastest, (time.perf_counter() - started) * 1_000)
        print(f"{fastest:>8.1f}  {rows:>7,}  {name}{'  <- over 200 ms' if fastest > _GOAL_MS else ''}", flush=True)


def main() -> None:
    """Fill a fresh embedded database, and ask."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=1_000_000)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="news-"))
    embedded = Embedded(home)
    try:
        with embedded.using() as url:
            with open_engine(Settings(home=home, database_url=url)):
                pass
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("SET maintenance_work_mem = '512MB'")
                connection.execute("SET synchronous_commit = off")
                fill(connection, arguments.articles)
                ask(connection)
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
