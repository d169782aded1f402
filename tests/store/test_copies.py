"""Near copies as they are linked: whatever is loaded, changed or loaded side by side, links are what the texts come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, MediaType, Page, PageResult
from ingest.store.load import load_batch
from ingest.store.runs import running
from ingest.store.write import driver_connection
from tests.identify.made_copies import Writer
from tests.store.promises import wrong_links

STORIES = [[writer.sentence(30, 30) for _ in range(9)] for writer in (Writer("latin", seed) for seed in range(3))]
A, B = STORIES[0], STORIES[1]
WITHDRAWN = ["This article has been withdrawn."]
DAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


def result(name: str, paragraphs: Sequence[str], day: int) -> PageResult:
    url = f"https://{name}.example/1"
    article = Article(url, url, f"Wire {name}", "\n\n".join(paragraphs), extractor_version="1")
    page = Page(Candidate(url, url, url), f"{name} {paragraphs}".encode(), MediaType.HTML, DAY + dt.timedelta(days=day))
    return PageResult(page.candidate, article, page)


def load(engine: Engine, *batches: dict[str, Sequence[str]], first_numbers: Sequence[int] = ()) -> None:
    """Batches of texts by name, one a day, each with a number for its first new article: loaders side by side take numbers early."""
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        for day, batch in enumerate(batches):
            if first_numbers:
                with engine.begin() as connection:
                    sequence = "pg_get_serial_sequence('news.article', 'article_id')"
                    connection.execute(text(f"SELECT setval({sequence}, {first_numbers[day]}, false)"))
            load_batch(engine, run_id, [result(name, paragraphs, day) for name, paragraphs in batch.items()])


def links(engine: Engine) -> dict[str, str]:
    query = "SELECT s.slug, t.slug FROM news.article a JOIN news.source s USING (source_id) JOIN news.article b ON b.article_id = a.dup_of "
    with engine.connect() as connection:
        rows = connection.execute(text(query + "JOIN news.source t ON t.source_id = b.source_id"))
        return {copy.removesuffix(".example"): original.removesuffix(".example") for copy, original in rows}


@pytest.mark.parametrize(
    ("batches", "linked"),
    {
        "the first is rewritten": ([{"a": A}, {"b": A[:6]}, {"a": B}], {}),
        "and a new one is like the new text": ([{"a": A}, {"b": A[:6]}, {"a": B}, {"c": B[:7]}], {"c": "a"}),
        "the first is withdrawn": ([{"a": A}, {"b": A[:6]}, {"c": A[2:]}, {"a": WITHDRAWN}], {"c": "b"}),
        "an early one becomes like a later one": ([{"a": A}, {"b": B}, {"a": B[:7]}], {"b": "a"}),
        "it takes the later one's copies along": ([{"a": A}, {"b": B}, {"c": B[:5]}, {"a": B[2:]}], {"b": "a", "c": "a"}),
        "a copy is rewritten, another is like it now": ([{"a": A}, {"b": A[:6]}, {"b": B, "d": B[:7]}], {"d": "b"}),
        "the middle of a chain is rewritten": ([{"a": A[:4]}, {"b": A[1:7]}, {"c": A[4:]}, {"b": B}], {}),
    }.values(),
)
def test_an_edit_changes_the_links_of_others(engine: Engine, batches: list[dict[str, Sequence[str]]], linked: dict[str, str]) -> None:
    load(engine, *batches)
    assert links(engine) == linked


def test_the_middle_of_the_chain_holds_it_together(engine: Engine) -> None:
    load(engine, {"a": A[:4]}, {"b": A[1:7]}, {"c": A[4:]})
    assert links(engine) == {"b": "a", "c": "a"}


TEXTS = st.one_of(
    st.just(WITHDRAWN),
    st.builds(lambda story, start, length: story[start : start + length], st.sampled_from(STORIES), st.integers(0, 5), st.integers(3, 9)),
)
BATCHES = st.lists(st.dictionaries(st.sampled_from("abcdef"), TEXTS, min_size=1, max_size=3), min_size=1, max_size=7)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES, st.permutations(range(1, 80, 10)))
@example([{"a": A}, {"b": A[:6], "c": A[3:]}, {"d": A[1:8]}], [31, 21, 11, 1])
def test_links_are_what_the_texts_come_to(engine: Engine, batches: list[dict[str, Sequence[str]]], first_numbers: list[int]) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.run, news.source, ops.raw_page, ops.sketch_band CASCADE"))
    load(engine, *batches, first_numbers=first_numbers)
    with engine.connect() as connection:
        assert wrong_links(driver_connection(connection)) == []


def test_an_edit_of_the_title_looks_nothing_up(engine: Engine) -> None:
    load(engine, {"a": A}, {"b": A[:6]})
    with engine.begin() as connection:
        connection.execute(text("UPDATE news.article SET similarity = 0.5 WHERE dup_of IS NOT NULL"))
    page = result("a", A, 5)
    assert isinstance(page.result, Article)
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        load_batch(engine, run_id, [replace(page, result=replace(page.result, title="Another title"))])
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT title FROM news.article ORDER BY article_id")) == "Another title"
        assert connection.scalar(text("SELECT similarity FROM news.article WHERE dup_of IS NOT NULL")) == 0.5
