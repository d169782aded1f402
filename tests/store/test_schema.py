from __future__ import annotations

import threading
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from ingest.errors import SchemaAhead, SchemaBehind
from ingest.settings import Settings
from ingest.store import schema_compare, schema_fetch, schema_work  # their tables belong to the same metadata
from ingest.store.engine import open_engine
from ingest.store.fetches import note_attempts
from ingest.store.migrate import alembic_config, check_revision, current_revision, downgrade, revisions, upgrade
from ingest.transfer import Attempt, Purpose
from tests.store.following import NOON, a_run


def test_the_migrations_make_what_the_metadata_says(engine: Engine) -> None:
    def ours(_object: Any, name: str | None, kind: str, _reflected: bool, _compared: Any) -> bool:
        return not (kind == "table" and name == "alembic_version")

    with engine.connect() as connection:
        options = {"include_schemas": True, "include_object": ours, "compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)
        assert schema_fetch.feed.metadata is schema_compare.boilerplate.metadata is schema_work.shard.metadata
        assert compare_metadata(context, schema_fetch.feed.metadata) == []


def test_everything_has_a_comment(engine: Engine) -> None:
    note_attempts(engine, a_run(engine), [Attempt("https://post.example/a", Purpose.ARTICLE, NOON, "ok", 200)])  # makes a month's table
    query = """
    SELECT nspname FROM pg_namespace n WHERE nspname IN ('news', 'ops') AND obj_description(n.oid, 'pg_namespace') IS NULL
    UNION ALL SELECT oid::regclass::text FROM pg_class c
      WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relkind IN ('r', 'v', 'p', 'm')
      AND obj_description(oid, 'pg_class') IS NULL
    UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
      WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relkind IN ('r', 'v', 'p', 'm') AND attnum > 0 AND NOT attisdropped
      AND col_description(attrelid, attnum) IS NULL
    UNION ALL SELECT oid::regprocedure::text FROM pg_proc
      WHERE pronamespace::regnamespace::text IN ('news', 'ops') AND obj_description(oid, 'pg_proc') IS NULL
    """
    with engine.connect() as connection:
        assert connection.execute(text(query)).all() == []


def test_a_reader_may_read_everything_and_change_nothing(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE news.later (n int)"))  # by a later migration
    note_attempts(engine, a_run(engine), [Attempt("https://post.example/a", Purpose.ARTICLE, NOON, "ok", 200)])
    relations = """
    SELECT c.oid::regclass::text, c.relkind FROM pg_class c
    WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relkind IN ('r', 'v', 'p', 'm') ORDER BY 1
    """
    with engine.connect() as connection:
        names = connection.execute(text(relations)).all()
        connection.execute(text("SET ROLE news_reader"))
        assert {"news.later", f"ops.fetch_{NOON:%Y_%m}", "news.source_gap"} <= {name for name, _ in names}
        for name, _ in names:
            connection.execute(text(f"SELECT count(*) FROM {name}"))  # noqa: S608
    changes = [change.format(name) for name, kind in names if kind != "v" for change in ("DELETE FROM {}", "TRUNCATE {}", "DROP TABLE {}")]
    changes += [
        "CREATE TABLE news.mine (n int)",
        "CREATE VIEW ops.mine AS SELECT 1",
        "DROP SCHEMA news CASCADE",
        "DROP VIEW news.source_day",
    ]
    changes += ["UPDATE news.article SET title = ''", "INSERT INTO news.source (slug, name) VALUES ('a', 'A')"]
    for change in changes:
        with engine.connect() as connection:
            connection.execute(text("SET ROLE news_reader"))
            with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"):
                connection.execute(text(change))


def test_down_to_nothing_and_up_again(engine: Engine) -> None:
    left = text("SELECT count(*) FROM pg_class WHERE relnamespace::regnamespace::text IN ('news', 'ops') AND relname NOT LIKE 'alembic%'")
    downgrade(engine)
    with engine.connect() as connection:
        assert connection.scalar(left) == 0
    upgrade(engine)
    with engine.connect() as connection:
        assert current_revision(connection) == revisions()[-1]


def test_what_older_revisions_hold_stays(engine: Engine) -> None:
    downgrade(engine, "0001")
    with engine.begin() as connection:
        connection.execute(
            text("""
            WITH r AS (INSERT INTO ops.run (run_id, kind, flow_name, code_version) VALUES (gen_random_uuid(), 'adhoc', 'test', '0')
                       RETURNING run_id),
            s AS (INSERT INTO news.source (slug, name) VALUES ('post.example', 'Post') RETURNING source_id),
            a AS (INSERT INTO news.article (url_key, url, source_id, body, word_count, content_sha256, extractor_version, first_seen_at,
                    last_seen_at, last_changed_at, first_run_id, last_run_id)
                  SELECT 'k', 'https://post.example/a', source_id, 'The text.', 2, 'c', '1', now(), now(), now(), run_id, run_id FROM r, s
                  RETURNING article_id, first_run_id)
            INSERT INTO news.article_version (article_id, version_no, observed_at, run_id, reason, body, word_count, content_sha256,
                extractor_version)
            SELECT article_id, 1, now(), first_run_id, 'new', 'The text.', 2, 'c', '1' FROM a
            """)
        )
    upgrade(engine)
    with engine.connect() as connection:
        kept = connection.execute(
            text("""
            SELECT body, author_organisations, article_type, is_free, blocks
            FROM news.article JOIN news.article_version USING (article_id, body)
            """)
        ).one()
        assert tuple(kept) == ("The text.", [], None, None, None)
        assert connection.scalar(text("SELECT count(*) FROM news.article_block")) == 0


def test_the_file_names_give_alembic_s_revisions(engine: Engine) -> None:
    with engine.connect() as connection:
        script = ScriptDirectory.from_config(alembic_config(connection))
    assert [r.revision for r in script.walk_revisions()][::-1] == revisions()


def test_concurrent_upgrades_do_the_work_once(empty_database_url: str) -> None:
    with open_engine(Settings(database_url=empty_database_url), check_schema=False) as engine:
        failures: list[BaseException] = []

        def run() -> None:
            try:
                upgrade(engine)
            except BaseException as error:  # noqa: BLE001  # shown by the assertion
                failures.append(error)

        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []


def test_other_revisions_are_refused(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    known = revisions()
    monkeypatch.setattr("ingest.store.migrate.revisions", lambda: [*known, "9999"])
    with pytest.raises(SchemaBehind, match="ingest db upgrade"):
        check_revision(engine, upgrade_old=False)
    monkeypatch.setattr("ingest.store.migrate.revisions", lambda: ["0000"])
    with pytest.raises(SchemaAhead, match="newer"):
        check_revision(engine, upgrade_old=True)
