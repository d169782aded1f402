from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine, text

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


def test_every_question_of_the_document_has_an_answer(engine: Engine) -> None:
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, results())
    questions = re.findall(r"```sql\n(.*?);\n```", SCHEMA_DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(questions) == 12
    with engine.connect() as connection:
        for question in questions:
            assert connection.execute(text(question)).all(), question


def test_the_document_names_every_table(engine: Engine) -> None:
    query = text(
        "SELECT relnamespace::regnamespace || '.' || relname FROM pg_class WHERE relnamespace::regnamespace::text IN ('news', 'ops') "
        "AND relkind IN ('r', 'v', 'p') AND NOT relispartition"
    )
    with engine.connect() as connection:
        tables = {name for (name,) in connection.execute(query)} - {"ops.alembic_version"}
    assert tables == set(re.findall(r"^\| `((?:news|ops)\.\w+)`", SCHEMA_DOCUMENT.read_text("utf-8"), re.MULTILINE))


def test_what_a_run_rejected_and_what_is_loaded(engine: Engine) -> None:
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, results())
    [rejected] = run_rejections(engine, run_id)
    assert (rejected.stage, rejected.reason, rejected.pages, rejected.example) == ("read", "empty", 1, "file:///c: It is empty.")
    status = database_status(engine)
    assert (status.articles, status.versions, status.open_rejections, status.raw_pages, status.runs) == (2, 3, 1, 4, 1)
    assert status.revision == status.code_revision
