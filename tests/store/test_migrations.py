"""Every earlier revision with rows in it: down to it, and up again."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from ingest.identify.identity import article_key
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
