from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingest.extract.version import EXTRACTOR_VERSION
from ingest.model import (
    Article,
    ArticleType,
    Block,
    BlockKind,
    Candidate,
    DropReason,
    FieldCandidate,
    FieldProvenance,
    Instant,
    Limits,
    MediaType,
    Page,
    PageResult,
    Precision,
    Rejection,
    Stage,
    ZoneFrom,
)
from ingest.store import write
from ingest.store.known import known_pages, note_known
from ingest.store.load import REJECTED_SOURCE, load_batch
from ingest.store.packing import pack
from ingest.store.runs import running, start_run

DAY = dt.datetime(2024, 5, 1, tzinfo=dt.UTC)


def result(
    place: str,
    content: str,
    *,
    url: str | None = None,
    day: int = 0,
    raw: str | None = None,
    version: str = EXTRACTOR_VERSION,
    **fields: Any,
) -> PageResult:
    candidate = Candidate(f"file:///pages/{place}", place)
    body = (raw if raw is not None else f"{content} {url}").encode("utf-8", "replace")
    page = Page(candidate, body, MediaType.HTML, DAY + dt.timedelta(days=day))
    article = Article(url, url, f"Title {content}", f"Body of {content}", publisher="Example Post", extractor_version=version)
    return PageResult(candidate, replace(article, **fields), page, 0.5)


def refused(place: str, *, body: bytes | None = b"menu") -> PageResult:
    candidate = Candidate(f"file:///pages/{place}", place)
    page = Page(candidate, body, MediaType.HTML, DAY) if body is not None else None
    return PageResult(candidate, Rejection(Stage.EXTRACT, "no_article_text", "Nothing there."), page)


def load(engine: Engine, *batches: Sequence[PageResult]) -> list[dict[str, Any]]:
    """Each batch's counts over all sources, in one run."""
    counts = []
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        for batch in batches:
            total: dict[str, Any] = {}
            for tally in load_batch(engine, run_id, batch):
                for name in ("new", "updated", "unchanged", "duplicates", "rejected"):
                    if value := getattr(tally, name):
                        total[name] = total.get(name, 0) + value
            counts.append(total)
    return counts


def rows(engine: Engine, query: str) -> list[tuple[Any, ...]]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def content_of_tables(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """All that running again must not change; when articles were last seen may."""
    article = (
        "article_id, url, source_id, title, body, authors, version_no, content_sha256, body_sha256, first_seen_at, last_changed_at, dup_of"
    )
    return {
        "article": rows(engine, f"SELECT {article}, first_run_id FROM news.article ORDER BY 1"),  # noqa: S608
        "version": rows(engine, "SELECT * FROM news.article_version ORDER BY article_id, version_no"),
        "url": rows(engine, "SELECT * FROM news.article_url ORDER BY url_key"),
        "provenance": rows(engine, "SELECT * FROM news.provenance ORDER BY article_id, version_no, field"),
        "source": rows(engine, "SELECT * FROM news.source ORDER BY 1"),
        "raw_page": rows(engine, "SELECT * FROM ops.raw_page ORDER BY 1"),
        "removed_block": rows(engine, "SELECT * FROM ops.removed_block ORDER BY 1, 2"),
        "rejection": rows(engine, "SELECT location, stage, reason, first_run_id, resolution FROM ops.rejection ORDER BY 1, 2, 3"),
    }


def last_seen(engine: Engine) -> dict[int, dt.datetime]:
    return {article_id: at for article_id, at in rows(engine, "SELECT article_id, last_seen_at FROM news.article")}  # noqa: C416  # rows


U = "https://post.example/a"


def test_new_unchanged_updated(engine: Engine) -> None:
    first, second = result("a", "one", url=U), result("a", "two", url=U, day=1)
    assert load(engine, [first]) == [{"new": 1}]
    assert load(engine, [first]) == [{"unchanged": 1}]
    assert load(engine, [second]) == [{"updated": 1}]
    assert load(engine, [first], [second]) == [{"unchanged": 1}, {"duplicates": 1}]
    assert rows(engine, "SELECT version_no, title FROM news.article") == [(2, "Title two")]
    assert rows(engine, "SELECT version_no, reason, changed FROM news.article_version ORDER BY 1") == [
        (1, "new", []),
        (2, "publisher_change", ["title", "body"]),
    ]


def test_a_publisher_may_go_back_to_an_earlier_text(engine: Engine) -> None:
    days = [result("a", content, url=U, day=day) for day, content in enumerate(["one", "two", "one"])]
    assert load(engine, days) == [{"new": 1, "updated": 2}]
    assert rows(engine, "SELECT title FROM news.article_version ORDER BY version_no") == [("Title one",), ("Title two",), ("Title one",)]


def test_a_page_that_comes_in_late_does_not_bring_the_earlier_ones_back(engine: Engine) -> None:
    pages = [result("a", "one", url=U, day=3), result("b", "one", url=U, day=4), result("c", "two", url=U, day=3)]
    assert load(engine, pages) == [{"new": 1, "duplicates": 1, "updated": 1}]
    assert load(engine, pages) == [{"unchanged": 1, "duplicates": 2}]


def test_an_older_state_that_comes_late_is_kept_and_never_current(engine: Engine) -> None:
    load(engine, [result("a", "one", url=U, day=1)], [result("a", "three", url=U, day=3)])
    archived = [result("archive", "two", url=U, day=2), result("archive", "none", url=U, day=0)]
    assert load(engine, archived) == [{"updated": 2}]
    assert load(engine, archived) == [{"unchanged": 1, "duplicates": 1}]
    assert rows(engine, "SELECT title, body, version_no, last_changed_at, last_seen_at FROM news.article") == [
        ("Title three", "Body of three", 2, DAY + dt.timedelta(days=3), DAY + dt.timedelta(days=3))
    ]
    assert load(engine, [result("a", "four", url=U, day=4)]) == [{"updated": 1}]
    assert rows(engine, "SELECT version_no, reason, title, observed_at FROM news.article_version ORDER BY 1") == [
        (1, "new", "Title one", DAY + dt.timedelta(days=1)),
        (2, "publisher_change", "Title three", DAY + dt.timedelta(days=3)),
        (3, "earlier", "Title two", DAY + dt.timedelta(days=2)),
        (4, "earlier", "Title none", DAY),
        (5, "publisher_change", "Title four", DAY + dt.timedelta(days=4)),
    ]
    assert rows(engine, "SELECT title_before, title_after FROM news.headline_change ORDER BY observed_at") == [
        ("Title one", "Title three"),
        ("Title three", "Title four"),
    ]
    assert rows(engine, "SELECT version_no FROM news.article") == [(5,)]


def test_the_same_page_read_by_another_extractor(engine: Engine) -> None:
    load(engine, [result("a", "one", raw="page", version="0")])
    assert load(engine, [result("a", "better", raw="page")]) == [{"updated": 1}]
    assert rows(engine, "SELECT reason FROM news.article_version ORDER BY version_no") == [("new",), ("reextract",)]


def test_an_extractor_that_reads_the_same_is_noted_and_the_page_is_known_then(engine: Engine) -> None:
    page = result("a", "one", raw="page")
    load(engine, [result("a", "one", raw="page", version="0")])
    assert not known(engine, [page])
    assert load(engine, [page]) == [{"unchanged": 1}]
    assert known(engine, [page]) == {0}


@pytest.mark.parametrize("together", [True, False])
def test_a_copy_without_a_url_of_its_own_is_a_duplicate(engine: Engine, *, together: bool) -> None:
    original, copy = result("a", "one"), result("b", "one")
    batches = [[original, copy]] if together else [[original], [copy]]
    assert load(engine, *batches) == ([{"new": 1, "duplicates": 1}] if together else [{"new": 1}, {"duplicates": 1}])
    assert rows(engine, "SELECT url, kind FROM news.article_url ORDER BY url") == [("file:///pages/a", "file"), ("file:///pages/b", "file")]
    assert rows(engine, "SELECT count(*) FROM news.article") == [(1,)]


def test_a_file_that_was_moved_is_the_same_article(engine: Engine) -> None:
    load(engine, [result("a", "one"), result("b", "two")])
    before = rows(engine, "SELECT article_id, url, version_no, first_seen_at, dup_of FROM news.article ORDER BY 1")
    assert load(engine, [result("moved/a", "one"), result("moved/b", "two", raw="saved again, with another advertisement")]) == [
        {"unchanged": 2}
    ]
    assert rows(engine, "SELECT article_id, url, version_no, first_seen_at, dup_of FROM news.article ORDER BY 1") == before
    assert known(engine, [result("moved/a", "one")]) == {0}


def at_url(url: str, raw: str, *, canonical: str | None) -> PageResult:
    candidate = Candidate(url, url, url)
    article = Article(url, canonical, "Title", "Body of a page that has mirrors.", extractor_version=EXTRACTOR_VERSION)
    return PageResult(candidate, article, Page(candidate, raw.encode(), MediaType.HTML, DAY))


def test_the_same_bytes_at_another_url_are_a_mirror_unless_they_say_otherwise(engine: Engine) -> None:
    first, mirror = at_url("https://post.example/a", "page", canonical=None), at_url("https://mirror.example/x", "page", canonical=None)
    other = at_url("https://post.example/b", "another page with the same text", canonical=None)
    assert load(engine, [first], [mirror], [other]) == [{"new": 1}, {"duplicates": 1}, {"new": 1}]
    named = at_url("https://courier.example/c", "page", canonical="https://courier.example/c")
    assert load(engine, [named]) == [{"new": 1}]
    assert rows(engine, "SELECT url FROM news.article_url WHERE article_id = 1 ORDER BY 1") == [
        ("https://mirror.example/x",),
        ("https://post.example/a",),
    ]


@pytest.mark.parametrize(
    ("chosen_from", "kind"),
    [("link:canonical", "rel_canonical"), ("meta:og:url", "og_url"), ("jsonld:url", "rel_canonical"), ("page", "requested")],
)
def test_a_url_is_kept_with_what_it_is(engine: Engine, chosen_from: str, kind: str) -> None:
    page = at_url("https://post.example/a?print=1", "page", canonical="https://post.example/a")
    assert isinstance(page.result, Article)
    provenance = (FieldProvenance("canonical_url", chosen_from, ()),)
    load(engine, [replace(page, result=replace(page.result, provenance=provenance))])
    assert rows(engine, "SELECT url, kind FROM news.article_url ORDER BY 1") == [
        ("https://post.example/a", kind),
        ("https://post.example/a?print=1", "requested"),
    ]


def test_one_article_in_two_places_is_a_duplicate_in_one_run(engine: Engine) -> None:
    pages = [result("a", "one", url=U), result("b", "one", url=U, raw="other markup")]
    assert load(engine, pages) == [{"new": 1, "duplicates": 1}]
    assert load(engine, *([p] for p in pages)) == [{"unchanged": 1}, {"duplicates": 1}]


def test_everything_of_a_page_is_kept(engine: Engine) -> None:
    page = result(
        "a",
        "one",
        url=U,
        authors=("Ann Example", "Bo Example"),
        topics=("talks",),
        language="en",
        published=Instant(
            DAY.replace(tzinfo=dt.timezone(dt.timedelta(hours=2))), Precision.MINUTE, ZoneFrom.EXPLICIT, "1 May 2024 00:00 +2"
        ),
        blocks=(Block(BlockKind.PARAGRAPH, "Body of one"), Block(BlockKind.PARAGRAPH, "Buy! " * 200, DropReason.ADVERTISEMENT)),
        provenance=(FieldProvenance("published_at", "meta:article:published_time", (FieldCandidate("meta:date", "1 May"),)),),
    )
    load(engine, [page])
    assert rows(
        engine, "SELECT authors, topics, language, published_at, published_from, published_raw, date_suspect FROM news.article"
    ) == [(["Ann Example", "Bo Example"], ["talks"], "en", DAY - dt.timedelta(hours=2), "meta", "1 May 2024 00:00 +2", False)]
    assert rows(engine, "SELECT field, chosen_from, candidates FROM news.provenance") == [
        ("published_at", "meta:article:published_time", [{"origin": "meta:date", "value": "1 May"}])
    ]
    assert rows(engine, "SELECT reason, pages, length(sample) FROM ops.removed_block") == [("advertisement", 1, 500)]
    assert rows(engine, "SELECT slug, domain, name FROM news.source") == [("post.example", "post.example", "Example Post")]
    assert rows(engine, "SELECT stage, outcome, n FROM ops.run_count") == [("load", "new", 1)]
    assert rows(engine, "SELECT byte_len, store FROM ops.raw_page") == [(len(page.page.body if page.page else b""), "pg")]
    assert rows(engine, "SELECT title FROM news.article WHERE search @@ websearch_to_tsquery('english', 'bodies')") == [("Title one",)]


@pytest.mark.parametrize(
    ("at", "kept", "suspect"),
    [
        (DAY, True, False),
        (DAY + dt.timedelta(days=2), True, False),
        (DAY + dt.timedelta(days=3), True, True),
        (DAY.replace(year=1989), True, True),
        (DAY.replace(year=1), False, True),
        (dt.datetime(9999, 12, 31, 23, 59, tzinfo=dt.timezone(dt.timedelta(hours=-5))), False, True),
    ],
)
def test_dates_that_cannot_be(engine: Engine, at: dt.datetime, *, kept: bool, suspect: bool) -> None:
    load(engine, [result("a", "one", published=Instant(at, Precision.DAY, ZoneFrom.EXPLICIT, "raw"))])
    assert rows(engine, "SELECT published_at IS NOT NULL, date_suspect FROM news.article") == [(kept, suspect)]


def test_a_date_that_does_not_exist_is_kept_as_it_is_written(engine: Engine) -> None:
    declared = (FieldProvenance("published_at", "jsonld:datePublished", ()),)
    load(engine, [result("a", "one", impossible_date="2026-02-30", provenance=declared)])
    columns = "published_at, published_raw, published_from, date_suspect"
    assert rows(engine, f"SELECT {columns} FROM news.article") == [(None, "2026-02-30", "jsonld", True)]  # noqa: S608  # names of columns


def dated(at: str | None, precision: Precision = Precision.SECOND, zone: ZoneFrom = ZoneFrom.EXPLICIT, **facts: Any) -> PageResult:
    """A page of one article with another markup, and perhaps another date, each time."""
    instant = (
        Instant(dt.datetime.fromisoformat(at if "+" in at else f"{at[:10]}T{at[11:] or '00:00'}+00:00"), precision, zone, at)
        if at
        else None
    )
    return result("a", "one", url=U, raw=f"{at} {facts}", published=instant, **facts)


@pytest.mark.parametrize(
    ("before", "after", "outcome"),
    [
        (dated(None), dated("2024-05-01T08:00:00+00:00", day=1), "updated"),
        (dated("2062-05-01T08:00:00+00:00"), dated("2024-05-01T08:00:00+00:00", day=1), "updated"),
        (dated("2024-04-27T08:00:00+00:00"), dated("2024-05-01T08:00:00+00:00", day=1), "updated"),
        (dated("2024-05-01", Precision.DAY), dated("2024-05-01T08:00:00+00:00", day=1), "updated"),
        (dated("2024-04-28T08:00:00+00:00"), dated("2024-05-01", Precision.DAY, day=1), "updated"),
        # What is no news of the date: the same instant written otherwise, less finely, in nobody's zone, not at all, impossible, earlier.
        (dated("2024-05-01T08:00:00+00:00"), dated("2024-05-01T10:00:00+02:00", day=1), "unchanged"),
        (dated("2024-05-01T08:00:31+00:00"), dated("2024-05-01T08:00:00+00:00", Precision.MINUTE, day=1), "unchanged"),
        (dated("2024-05-01T08:00:00+00:00"), dated("2024-05-01", Precision.DAY, day=1), "unchanged"),
        (dated("2024-05-01T08:00:00+00:00"), dated("2024-05-01T10:00:00", zone=ZoneFrom.ASSUMED_UTC, day=1), "unchanged"),
        (dated("2024-05-01T08:00:00+00:00"), dated(None, day=1), "unchanged"),
        (dated("2024-05-01T08:00:00+00:00"), dated("2062-05-01T08:00:00+00:00", day=1), "unchanged"),
        (dated("2024-05-01T08:00:00+00:00", day=1), dated("2024-04-01T08:00:00+00:00"), "unchanged"),
    ],
)
def test_a_date_that_the_publisher_states_later(engine: Engine, before: PageResult, after: PageResult, outcome: str) -> None:
    assert load(engine, [before], [after]) == [{"new": 1}, {outcome: 1} if outcome == "updated" else {"duplicates": 1}]
    assert load(engine, [before], [after]) == [{"unchanged": 1}, {"duplicates": 1}]
    page = after if outcome == "updated" else before
    assert isinstance(page.result, Article)
    [(at, versions)] = rows(engine, "SELECT published_at, (SELECT count(*) FROM news.article_version) FROM news.article")
    assert at == (page.result.published and page.result.published.at)
    assert versions == (2 if outcome == "updated" else 1)
    if outcome == "updated":
        [(reason, changed)] = rows(engine, "SELECT reason, changed FROM news.article_version WHERE version_no = 2")
        assert reason == "publisher_change"
        assert "body" not in changed


def test_a_feeds_date_fills_a_gap_and_moves_nothing(engine: Engine) -> None:
    by_feed = (FieldProvenance("published_at", "feed:entry", ()),)
    pages = [
        dated(None),
        dated("2024-05-01T08:00:00+00:00", day=1, provenance=by_feed),
        dated("2024-05-02T08:00:00+00:00", day=2, provenance=by_feed),
    ]
    assert load(engine, pages) == [{"new": 1, "updated": 1, "duplicates": 1}]
    assert rows(engine, "SELECT published_at::text FROM news.article") == [("2024-05-01 08:00:00+00",)]


def test_text_that_no_database_likes(engine: Engine) -> None:
    odd = result("a", "one", title="N\0UL \ud800 lone", body="\0" + "word " * 400_000, authors=("\udfff",), topics=("\0",))
    assert load(engine, [odd]) == [{"new": 1}]
    assert load(engine, [odd]) == [{"unchanged": 1}]
    assert rows(engine, "SELECT title, length(body), authors FROM news.article") == [("NUL ? lone", 2_000_000, ["?"])]


def test_a_poisonous_record_is_rejected_and_the_rest_is_loaded(engine: Engine) -> None:
    from random import Random

    noise = Random(0).randbytes(20_000).hex()  # noqa: S311  # an author that no index can hold
    batch = [result("a", "one"), result("b", "two", authors=(noise,)), result("c", "three")]
    assert load(engine, batch) == [{"new": 2, "rejected": 1}]
    assert rows(engine, "SELECT stage, reason, location FROM ops.rejection") == [("load", "unstorable", "file:///pages/b")]
    assert rows(engine, "SELECT sum(n) FROM ops.run_count") == [(3,)]
    assert load(engine, batch) == [{"unchanged": 2, "rejected": 1}]
    assert rows(engine, "SELECT attempts FROM ops.rejection") == [(2,)]


def test_a_rejection_is_counted_not_repeated_and_resolved_by_an_article(engine: Engine) -> None:
    pages = [refused("a"), refused("b", body=None)]
    assert load(engine, pages, pages) == [{"rejected": 2}, {"rejected": 2}]
    assert rows(engine, "SELECT attempts, body_sha256 IS NULL, resolved_at FROM ops.rejection ORDER BY location") == [
        (2, False, None),
        (2, True, None),
    ]
    load(engine, [result("a", "one", day=1)])
    assert rows(engine, "SELECT resolution FROM ops.rejection ORDER BY location") == [("loaded",), (None,)]


def known(engine: Engine, results: Sequence[PageResult]) -> set[int]:
    from ingest.identify.fingerprint import page_sha256

    places = [(r.candidate, page_sha256(r.page.body), r.page.observed_at) for r in results if r.page]
    return known_pages(engine, places)


def test_known_pages_are_counted_like_loaded_ones(engine: Engine) -> None:
    batch = [result("a", "one"), result("b", "one"), refused("c"), result("d", "two", url=U)]
    load(engine, batch)
    assert known(engine, [*batch, result("a", "edited"), result("e", "one")]) == {0, 1, 2, 3}
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        tallies = {t.source: t for t in note_known(engine, run_id, [r.page for r in batch if r.page], Limits().max_task_tries)}
    assert (tallies["example-post"].unchanged, tallies["example-post"].duplicates) == (1, 1)
    assert tallies["post.example"].unchanged == 1
    assert tallies[REJECTED_SOURCE].rejected == 1
    assert rows(engine, "SELECT attempts FROM ops.rejection") == [(2,)]


def test_an_article_that_is_seen_again_stays_where_it_is(engine: Engine) -> None:
    """Its row finds room on its own page, or the search index would get all of its words once more."""
    batch = [result(f"{n}", f"{n} " + "of the words. " * 60, url=f"https://post.example/{n}", summary=f"{n} " * 300) for n in range(40)]
    load(engine, batch)
    places = "SELECT article_id, (ctid::text::point)[0] FROM news.article ORDER BY 1"
    before = rows(engine, places)
    with running(engine, kind="adhoc", flow_name="test") as run_id:
        note_known(engine, run_id, [r.page for r in batch if r.page], Limits().max_task_tries)
    assert rows(engine, "SELECT DISTINCT last_run_id FROM news.article") == [(run_id,)]
    assert rows(engine, places) == before


def test_a_batch_is_loaded_whole_or_not_at_all(engine: Engine) -> None:
    with pytest.raises(BaseException, match="run_id"):
        load_batch(engine, uuid4(), [refused("b"), result("a", "one")])  # a run that does not exist
    assert all(not content for content in content_of_tables(engine).values())


OBSERVATIONS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["one", "two", "three"]), st.sampled_from([None, U, U + "b"]), st.integers(0, 4)),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(OBSERVATIONS, st.integers(1, 8))
@example([("a", "one", U, 1), ("b", "one", U, 4), ("a", "two", U, 3), ("a", "three", U, 4)], 1)
@example([("a", "one", U, 0), ("a", "three", U + "b", 0), ("a", "three", None, 1), ("a", "three", U, 0)], 1)
def test_running_again_changes_nothing(engine: Engine, observations: list[tuple[str, str, str | None, int]], size: int) -> None:
    with engine.begin() as connection:
        connection.execute(text("TRUNCATE ops.run, news.source, ops.raw_page CASCADE"))
    pages = [result(place, content, url=url, day=day) for place, content, url, day in observations]
    batches = [pages[i : i + size] for i in range(0, len(pages), size)]
    load(engine, *batches)
    before, seen = content_of_tables(engine), last_seen(engine)
    load(engine, *batches)
    assert content_of_tables(engine) == before
    assert all(at >= seen[article_id] for article_id, at in last_seen(engine).items())
    assert rows(engine, "SELECT article_id FROM news.article_version GROUP BY 1 HAVING max(version_no) <> count(*)") == []
    wrong = """
    SELECT url FROM news.article a JOIN news.article_version v USING (article_id) GROUP BY a.article_id
    HAVING a.version_no <> max(v.version_no) FILTER (WHERE reason <> 'earlier')
        OR a.last_changed_at <> max(v.observed_at) FILTER (WHERE reason <> 'earlier')
        OR a.last_seen_at <= max(v.observed_at) FILTER (WHERE reason = 'earlier')
    """
    assert rows(engine, wrong) == []


def test_a_run_ends_as_it_went_and_a_dead_one_is_found(engine: Engine) -> None:
    start_run(engine, run_id=uuid4(), kind="adhoc", flow_name="dead")
    with pytest.raises(ZeroDivisionError), running(engine, kind="adhoc", flow_name="fails"):
        raise ZeroDivisionError
    with pytest.raises(KeyboardInterrupt), running(engine, kind="adhoc", flow_name="stopped"):
        raise KeyboardInterrupt
    with running(engine, kind="adhoc", flow_name="outer"), running(engine, kind="adhoc", flow_name="inner"):
        assert rows(engine, "SELECT flow_name FROM ops.run WHERE state = 'running' ORDER BY 1") == [("inner",), ("outer",)]
    assert rows(engine, "SELECT flow_name, state FROM ops.run ORDER BY 1") == [
        ("dead", "crashed"),
        ("fails", "failed"),
        ("inner", "completed"),
        ("outer", "completed"),
        ("stopped", "cancelled"),
    ]


def test_blocks_are_stored_with_their_verdicts(engine: Engine) -> None:
    blocks = (
        Block(BlockKind.PARAGRAPH, "Home News Sport", DropReason.NAVIGATION),
        Block(BlockKind.HEADING, "What the ministers said"),
        Block(BlockKind.QUOTE, "We \0 agree."),
    )
    load(engine, [result("a", "The text.", url="https://post.example/a", blocks=blocks)])
    load(engine, [result("a", "Another text.", url="https://post.example/a", day=1, blocks=blocks[1:])])
    stored = rows(engine, "SELECT position, kind, kept, reason, text FROM news.article_block ORDER BY position")
    assert stored == [(1, "heading", True, None, "What the ministers said"), (2, "quote", True, None, "We  agree.")]
    versions = rows(engine, "SELECT version_no, jsonb_array_length(blocks) FROM news.article_version ORDER BY version_no")
    assert versions == [(1, 3), (2, 2)]


def test_organisations_type_and_access_are_stored(engine: Engine) -> None:
    load(
        engine,
        [
            result(
                "a",
                "The text.",
                authors=("Jane Roe", "AFP"),
                author_organisations=("AFP",),
                article_type=ArticleType.OPINION,
                is_free=False,
            )
        ],
    )
    assert rows(engine, "SELECT author_organisations, article_type, is_free FROM news.article") == [(["AFP"], "opinion", False)]


@pytest.mark.parametrize("page", [refused("a"), result("a", "The text.", url="https://post.example/a")], ids=["rejection", "article"])
def test_a_page_that_another_loader_adds_meanwhile_is_kept_once(engine: Engine, page: PageResult) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
    with ThreadPoolExecutor(1) as beside, engine.connect() as other:
        driver = write.driver_connection(other)
        write.raw_pages(driver, [pack(page)])
        loading = beside.submit(load, engine, [page])
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watching:  # else it sees what it saw first
            while not watching.scalar(waiting):
                assert not loading.done()
        driver.commit()
        loading.result()
    assert rows(engine, "SELECT (SELECT count(*) FROM ops.raw_page), (SELECT count(*) FROM ops.run_count)") == [(1, 1)]
