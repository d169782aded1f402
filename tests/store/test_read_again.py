"""Another extractor, other rules, or what was learned meanwhile never look like the publisher's edit."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ingest.model import Article, Candidate, Limits, MediaType, Page, PageResult, SourceRules
from ingest.store.history import TEXT_FIELDS, history, version_texts
from ingest.store.load import load_batch
from ingest.store.runs import running
from ingest.workers import extract_pages
from tests.store.test_learned import LINE, story
from tests.store.test_learned import load as load_made

URL = "https://gazette.example/world/treaty"
BANNER = "Read the Gazette on paper every morning, delivered to your door in time."
STORY = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on."
NEWER = "Late on Monday the ministers signed a preliminary text, which both parliaments have to approve by March."
MAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
BETTER = SourceRules(drop_text=("^Read the Gazette",), fingerprint="better")


def page(hour: int, *, title: str = "Treaty talks go on", more: str = "", rules: SourceRules | None = None) -> Page:
    """The page as it is some hours later; each has an advertisement of its own, so that no two are the same bytes."""
    paragraphs = "".join(f"<p>{STORY} It was round {i}.</p>" for i in range(4)) + (f"<p>{more}</p>" if more else "")
    markup = (
        f'<!doctype html><html lang=en><head><title>{title}</title><link rel=canonical href="{URL}"></head>'
        f"<body><article><h1>{title}</h1>{paragraphs}<p>{BANNER}</p></article><!-- {hour} --></body></html>"
    )
    candidate = Candidate(URL, URL, URL)
    return Page(replace(candidate, rules=rules) if rules else candidate, markup.encode(), MediaType.HTML, MAY + dt.timedelta(hours=hour))


def load(engine: Engine, *pages: Page, limits: Limits = Limits()) -> dict[str, int]:
    results: list[PageResult] = extract_pages(pages, limits)
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        tallies = load_batch(engine, run_id, results, limits)
    return {k: n for k in ("new", "updated", "unchanged", "duplicates", "rejected") if (n := sum(getattr(t, k) for t in tallies))}


def made(result: PageResult) -> Article:
    assert isinstance(result.result, Article)
    return result.result


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


VERSIONS = "SELECT reason, changed, body LIKE '%Gazette%' FROM news.article_version WHERE article_id = 1 ORDER BY version_no"


def test_a_page_that_only_another_extractor_reads_otherwise_is_no_edit(engine: Engine) -> None:
    load(engine, page(0))
    assert load(engine, page(1, rules=BETTER)) == {"unchanged": 1}
    assert rows(engine, VERSIONS) == [("new", [], True), ("reextract", ["body"], False)]
    assert rows(engine, "SELECT body LIKE '%Gazette%', version_no, last_changed_at, last_seen_at FROM news.article") == [
        (False, 2, MAY, MAY + dt.timedelta(hours=1))
    ]
    assert rows(engine, "SELECT sum(n) FROM ops.run_count") == [(2,)]  # two pages, however many versions
    assert load(engine, page(2, rules=BETTER)) == {"unchanged": 1}


@pytest.mark.parametrize("together", [True, False])
def test_an_edit_that_another_extractor_reads_is_told_from_its_reading(engine: Engine, *, together: bool) -> None:
    load(engine, page(0))
    edits = [page(1, title="Treaty signed", more=NEWER, rules=BETTER), page(2, title="Treaty signed, talks end", more=NEWER, rules=BETTER)]
    counts = [load(engine, *edits)] if together else [load(engine, edit) for edit in edits]
    assert counts == ([{"updated": 2}] if together else [{"updated": 1}] * 2)
    assert rows(engine, VERSIONS) == [
        ("new", [], True),
        ("reextract", ["body"], False),
        ("publisher_change", ["title", "body"], False),
        ("publisher_change", ["title"], False),
    ]
    assert rows(engine, "SELECT title_before, title_after FROM news.headline_change ORDER BY observed_at") == [
        ("Treaty talks go on", "Treaty signed"),
        ("Treaty signed", "Treaty signed, talks end"),
    ]


def test_an_extractor_that_reads_the_loaded_page_as_before_adds_no_version(engine: Engine) -> None:
    load(engine, page(0))
    assert load(engine, page(1, title="Treaty signed", rules=SourceRules(fingerprint="other"))) == {"updated": 1}
    assert rows(engine, VERSIONS) == [("new", [], True), ("publisher_change", ["title"], True)]


def test_where_the_loaded_page_is_not_kept_nobody_is_said_to_have_edited_it(engine: Engine) -> None:
    load(engine, page(0))
    with engine.begin() as connection:
        connection.execute(text("UPDATE ops.raw_page SET body_zstd = NULL, store = 'none'"))
    assert load(engine, page(1, title="Treaty signed", rules=BETTER)) == {"updated": 1}
    assert rows(engine, VERSIONS) == [("new", [], True), ("reextract", ["title", "body"], False)]
    assert rows(engine, "SELECT count(*) FROM news.headline_change") == [(0,)]
    assert load(engine, page(2, rules=BETTER)) == {"updated": 1}
    assert rows(engine, "SELECT title_before, title_after FROM news.headline_change") == [("Treaty signed", "Treaty talks go on")]


def test_what_an_edited_article_loses_because_it_was_learned_is_no_part_of_the_edit(engine: Engine) -> None:
    load_made(engine, story(0, LINE), story(1, LINE))
    load_made(engine, *[story(n, LINE) for n in range(2, 15)])
    retitled, longer = story(0, LINE, raw="headline"), story(1, "One sentence more.", LINE, raw="text")
    load_made(engine, replace(retitled, result=replace(made(retitled), title="Another title")), longer)
    changes = (
        "SELECT a.url, v.reason, v.changed, v.body LIKE '%letter%' FROM news.article_version v JOIN news.article a USING (article_id) "
        "WHERE v.version_no = 2 ORDER BY a.url"
    )
    assert rows(engine, changes) == [
        ("https://post.example/0", "publisher_change", ["title"], False),
        ("https://post.example/1", "publisher_change", ["body"], False),
    ]
    before, after = version_texts(engine, history(engine, "https://post.example/0"), (1, 2))
    assert [f for f in TEXT_FIELDS if before[f] != after[f]] == ["title"]
    before, after = version_texts(engine, history(engine, "https://post.example/1"), (1, 2))
    paragraphs = before["body"].split("\n\n")
    assert after["body"].split("\n\n") == [*paragraphs[:-1], "One sentence more.", paragraphs[-1]]


def test_what_was_made_again_without_what_was_learned_shows_it(engine: Engine) -> None:
    load_made(engine, story(0, LINE))
    load_made(engine, *[story(n, LINE) for n in range(1, 15)])
    load_made(engine, story(0, LINE), kind="reextract")
    before, after = version_texts(engine, history(engine, "https://post.example/0"), (1, 2))
    assert set(before["body"].split("\n\n")) - set(after["body"].split("\n\n")) == {LINE}


def test_the_loaded_page_is_read_again_within_the_same_limits(engine: Engine) -> None:
    """A page that is nested more deeply than the default allows, for somebody who allows more."""
    deep = Limits(max_tree_depth=20_000)
    nested = "<div>" * 6_000 + NEWER
    load(engine, page(0, more=nested), limits=deep)
    load(engine, page(1, title="Treaty signed", more=nested, rules=BETTER), limits=deep)
    assert [reason for reason, *_ in rows(engine, VERSIONS)] == ["new", "reextract", "publisher_change"]
