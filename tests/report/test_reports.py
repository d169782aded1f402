from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from ingest.extract import extract
from ingest.model import (
    Article,
    Block,
    BlockKind,
    Candidate,
    DropReason,
    FieldCandidate,
    FieldProvenance,
    MediaType,
    Page,
    PageResult,
    Rejection,
    Stage,
    Tally,
)
from ingest.report.explain_page import explain_page
from ingest.report.explain_terminal import explanation
from ingest.report.record import as_json, as_record, as_text
from ingest.report.run_table import run_table, summary
from ingest.report.vocabulary import REASONS

CANDIDATE = Candidate("file:///a.html", "a.html")
HOSTILE = "<script>alert('x')</script>"
ARTICLE = Article(
    url=None,
    canonical_url=None,
    title=HOSTILE,
    body="They met.",
    blocks=(Block(BlockKind.PARAGRAPH, "They met."), Block(BlockKind.PARAGRAPH, HOSTILE, DropReason.ADVERTISEMENT)),
)


def test_a_record_names_every_absent_fact() -> None:
    record = as_record(PageResult(CANDIDATE, Rejection(Stage.READ, "empty", "a.html is empty."), seconds=0.1))
    assert record["error"] == {"stage": "read", "reason": "empty", "message": "a.html is empty."}
    assert record["title"] is None
    assert record["authors"] == record["topics"] == record["blocks_dropped"] == []


def test_instants_say_how_they_were_read() -> None:
    body = b"<html><meta property='article:published_time' content='2020-05-01T10:00:00+02:00'><article><h1>Talks go on in the capital</h1>"
    body += b"<p>They met in the capital on Monday, and said that talks would go on for weeks and weeks.</p>"
    page = Page(CANDIDATE, body, MediaType.HTML, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    record = as_record(PageResult(CANDIDATE, extract(page), page))
    assert record["published_at"] == "2020-05-01T10:00:00+02:00"
    assert (record["published_precision"], record["published_from"], record["published_tz_from"]) == ("second", "meta", "explicit")


def test_a_lone_surrogate_does_not_break_the_line() -> None:
    article = Article(url=None, canonical_url=None, title="a\ud800b", body="c")
    line = as_json(PageResult(CANDIDATE, article))
    assert json.loads(line.encode("utf-8"))["title"] == "a?b"


def test_text_for_reading() -> None:
    assert as_text(PageResult(CANDIDATE, ARTICLE)) == f"{HOSTILE}\n\nThey met.\n"


def test_the_explain_page_shows_hostile_text_as_text() -> None:
    page = explain_page([PageResult(CANDIDATE, ARTICLE), PageResult(CANDIDATE, Rejection(Stage.READ, "empty", HOSTILE))])
    assert "<script" not in page
    assert page.count("&lt;script&gt;") == 3
    assert (
        '<div class="block dropped"><div class="why" title="an advertiser&#x27;s text, an advertisement marker">advertisement</div>' in page
    )


def test_many_dropped_blocks_fold_into_a_line_that_counts_them() -> None:
    menu = tuple(Block(BlockKind.LIST_ITEM, f"Section {at}", DropReason.NAVIGATION) for at in range(4))
    article = replace(ARTICLE, blocks=(*menu, Block(BlockKind.PARAGRAPH, "Sponsored", DropReason.ADVERTISEMENT), *ARTICLE.blocks[:1]))
    page = explain_page([PageResult(CANDIDATE, article)])
    assert "<details><summary>5 blocks dropped: navigation 4, advertisement 1</summary>" in page
    assert page.count("<details>") == 1
    assert page.index("</details>") < page.index("They met.")


def test_the_chosen_candidate_is_marked_with_the_value_that_came_of_it() -> None:
    provenance = FieldProvenance(
        "title", "meta:og:title", (FieldCandidate("meta:og:title", "Talks | Post"), FieldCandidate("h1", "Talks!"))
    )
    page = explain_page([PageResult(CANDIDATE, replace(ARTICLE, title="Talks", provenance=(provenance,)))])
    assert '<tr><td>title<td dir="auto">Talks<td><ol><li class=chosen>meta:og:title: <bdi>Talks | Post</bdi></li><li>h1: ' in page


def test_the_document_explains_every_reason() -> None:
    document = (Path(__file__).parents[2] / "docs" / "extraction.md").read_text("utf-8")
    section = document[document.index("## Reasons") : document.index("## What is no article")]
    assert dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", section, re.MULTILINE)) == {str(reason): text for reason, text in REASONS.items()}
    assert set(REASONS) == set(DropReason)


def test_the_terminal_shows_markup_as_text() -> None:
    bracketed = Article(
        url=None, canonical_url=None, title="t", body="[bold]b[/bold]", blocks=(Block(BlockKind.PARAGRAPH, "[bold]b[/bold]"),)
    )
    console = Console(width=100)
    with console.capture() as capture:
        console.print(explanation(PageResult(CANDIDATE, bracketed)))
    assert "[bold]b[/bold]" in capture.get()


def test_the_table_sums_up_and_shortens() -> None:
    tallies = [Tally(f"source-{i}.example", found=i, new=i) for i in range(1, 41)]
    console = Console(width=120)
    with console.capture() as capture:
        console.print(run_table(tallies))
    text = capture.get()
    assert "source-40.example" in text
    assert "source-3.example" not in text
    assert "… 15 more sources" in text
    assert "820" in text.splitlines()[-2]


def test_the_sentence_says_what_changed() -> None:
    assert summary([Tally("a", found=2, new=1, updated=1)]) == "Loaded 1 new and 1 updated of 2 pages."
    assert summary([Tally("a", found=1, new=1)]) == "Loaded 1 new of 1 page."
    assert summary([Tally("a", found=3, unchanged=2, duplicates=1)]) == "Nothing new: what these pages hold is loaded already."
    assert summary([Tally("(none)", found=1, rejected=1)]) == "Nothing loaded: no page gave an article."
    assert summary([]).startswith("No articles, and no saved pages (.html")
