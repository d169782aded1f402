"""Saved pages beside what they must give: `pages/*.txt` with `pages/*.json`. A new case is two files and no code."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import extract
from ingest.extract.plain_text import read_plain_text
from ingest.model import Article, BlockKind, Candidate, MediaType, Page, Rejection

PAGES = sorted((Path(__file__).parent / "pages").glob("*.txt"))
SEED = Path(__file__).parents[3] / "seeds" / "000_538f4130def33c1f.txt"


def page(body: bytes) -> Page:
    return Page(Candidate("file:///a.txt", "a.txt"), body, MediaType.TEXT, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def facts(result: Article | Rejection) -> dict[str, Any]:
    if isinstance(result, Rejection):
        return {"rejected": result.reason}
    return {
        "title": result.title,
        "subtitle": result.subtitle,
        "publisher": result.publisher,
        "section": result.section,
        "authors": list(result.authors),
        "published_at": result.published.at.isoformat() if result.published else None,
        "language": result.language,
        "kept": [[b.kind, b.text] for b in result.blocks if b.kept],
        "dropped": [[b.reason, b.text] for b in result.blocks if not b.kept],
    }


@pytest.mark.parametrize("file", PAGES, ids=lambda f: f.stem)
def test_a_saved_page_gives_what_it_must(file: Path) -> None:
    assert facts(extract(page(file.read_bytes()))) == json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))


def test_the_page_that_this_project_was_born_from() -> None:
    article = extract(page(SEED.read_bytes()))
    assert isinstance(article, Article)
    got = facts(article)
    assert got["title"] == "Philippine capital hosts high-level talks on North Korea"
    assert got["publisher"] == "Iran Press TV"
    assert got["section"] == "Weapons of Mass Destruction (WMD)"
    assert got["language"] == "en"
    assert article.published is not None
    assert article.published.at == dt.datetime(2017, 8, 7, 7, 19, tzinfo=dt.UTC)
    assert (article.published.precision, article.published.tz_from) == ("minute", "assumed_utc")
    paragraphs = SEED.read_text(encoding="utf-8").split("\n\n")
    assert [text for _, text in got["kept"]] == paragraphs[6:-2]
    assert article.body == "\n\n".join(paragraphs[6:-2])
    assert [text for kind, text in got["kept"] if kind == BlockKind.HEADING] == [
        "Russia urges 'six-party talks'",
        "World is united against North Korea",
    ]
    reasons = [reason for reason, _ in got["dropped"]]
    assert reasons == ["advertisement", "section", "publisher", "title", "publisher", "date", "mailing_list", "advertisement"]


@given(st.lists(st.sampled_from(SEED.read_text(encoding="utf-8").split("\n\n")[6:-2]), min_size=1, unique=True))
def test_a_text_that_is_all_story_survives(paragraphs: list[str]) -> None:
    prose = [p for p in paragraphs if p.endswith((".", '"')) and len(p) > 90]
    if not prose:
        return
    kept = [b.text for b in read_plain_text("\n\n".join(prose)).blocks if b.kept]
    assert kept == prose


def test_a_story_may_open_with_a_short_sentence() -> None:
    story = [
        "On 3 July 2019 the council met.",
        "The harbour council of Westmere voted to close the old fish market for two years while its roof is rebuilt.",
        "He declined to comment.",
    ]
    assert [b.text for b in read_plain_text("\n\n".join(story)).blocks if b.kept] == story


@given(st.text(max_size=2000))
def test_any_text_is_read_and_nothing_is_invented(text: str) -> None:
    read = read_plain_text(text)
    squeezed = "".join(text.split())
    for block in read.blocks:
        assert "".join(c for c in block.text.split()[0] if c.isalnum())[:1] in squeezed
        assert block.text == " ".join(block.text.split())


@given(st.text(alphabet="aA .,\n-|>:\u3042", max_size=20_000))
def test_long_texts_of_awkward_characters_take_no_time(text: str) -> None:
    read_plain_text(text)
