from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from ingest.extract.version import EXTRACTOR_VERSION
from ingest.model import (
    Article,
    Block,
    BlockKind,
    Candidate,
    DropReason,
    FieldProvenance,
    Instant,
    MediaType,
    Page,
    PageResult,
    Precision,
    Rejection,
    Stage,
    ZoneFrom,
)
from ingest.store.load import load_batch
from ingest.store.queries import database_status, run_rejections
from ingest.store.runs import running
from tests.store.schema_document import document

SCHEMA_DOCUMENT = Path(__file__).parents[2] / "docs" / "schema.md"
DAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def results() -> list[PageResult]:
    def page(place: str, day: int) -> Page:
        return Page(Candidate(f"file:///{place}", place), f"{place} {day}".encode(), MediaType.HTML, DAY + dt.timedelta(days=day))

    article = Article(
        url="https://post.example/a",
        canonical_url=None,
        title="Treaty talks go on",
        body="The ministers met.",
        language="en",
        published=Instant(DAY, Precision.MINUTE, ZoneFrom.EXPLICIT, "1 May 2024"),
        blocks=(
            Block(BlockKind.PARAGRAPH, "Buy!", DropReason.ADVERTISEMENT),
            Block(BlockKind.HEADING, "What now?"),
            Block(BlockKind.PARAGRAPH, "The ministers met."),
        ),
        provenance=(FieldProvenance("published_at", "meta:date", ()),),
        extractor_version=EXTRACTOR_VERSION,
    )
    pages = [page("a", 0), page("a", 1), page("b", 0), page("c", 0)]
    edited, copied = replace(article, title="Treaty talks end"), replace(article, url="https://post.example/b", title="Treaty talks end")
    outcomes: list[Article | Rejection] = [article, edited, copied, Rejection(Stage.READ, "empty", "It is empty.")]
    return [PageResult(p.candidate, outcome, p) for p, outcome in zip(pages, outcomes, strict=True)]


def test_the_document_is_what_the_database_says(engine: Engine) -> None:
    with engine.connect() as connection:
        assert SCHEMA_DOCUMENT.read_text("utf-8") == document(connection), "run: python -m tests.store.schema_document > docs/schema.md"


def test_what_a_run_rejected_and_what_is_loaded(engine: Engine) -> None:
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, results())
    [rejected] = run_rejections(engine, run_id)
    assert (rejected.stage, rejected.reason, rejected.pages, rejected.example) == ("read", "empty", 1, "file:///c: It is empty.")
    status = database_status(engine)
    assert (status.articles, status.versions, status.open_rejections, status.raw_pages, status.runs) == (2, 3, 1, 4, 1)
    assert status.revision == status.code_revision
