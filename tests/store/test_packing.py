"""What is stored is made once, where the page is extracted, and again only for what was learned since."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard

from ingest.extract import extract
from ingest.identify.boilerplate import without_learned
from ingest.model import Article, Candidate, DropReason, Limits, MediaType, Page, PageResult
from ingest.store.packing import pack, pack_again, pack_article
from ingest.workers import extract_batches

PAGES = sorted((Path(__file__).parents[1] / "extract" / "body" / "pages").glob("*.html"))


def page(file: Path) -> Page:
    return Page(Candidate(file.as_uri(), file.name), file.read_bytes(), MediaType.HTML, dt.datetime(2024, 5, 3, tzinfo=dt.UTC))


def packed(file: Path) -> PageResult:
    return pack(PageResult(page(file).candidate, extract(page(file)), page(file)))


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_a_packed_page_is_the_page(file: Path) -> None:
    result = packed(file)
    assert result.packed_page is not None
    assert zstandard.ZstdDecompressor().decompress(result.packed_page.zstd) == file.read_bytes()
    assert pack(result).packed_page is result.packed_page
    if isinstance(article := result.result, Article):
        assert result.packed_article is not None
        stored = json.loads(result.packed_article.blocks)
        assert [(b["kind"], b["reason"], b["text"]) for b in stored] == [(b.kind, b.reason, b.text) for b in article.blocks]
        assert pack(result).packed_article is result.packed_article


@pytest.mark.parametrize("file", PAGES, ids=lambda file: file.stem)
def test_what_is_learned_is_packed_again(file: Path) -> None:
    result = packed(file)
    article, before = result.result, result.packed_article
    if not isinstance(article, Article) or before is None:
        return
    learned = {key for key in before.block_keys[-2:] if key is not None}
    cleaned = without_learned(article, before.block_keys, learned)
    again = pack_again(before, cleaned)
    assert again == replace(pack_article(cleaned), content_sha256=before.content_sha256)
    assert len(again.dropped) >= len(before.dropped)
    assert (f'"{DropReason.LEARNED}"' in again.blocks) == (cleaned is not article)


def test_workers_pack_what_they_extract() -> None:
    pages = [page(file) for file in PAGES]
    [results] = extract_batches([pages], Limits(), 1, pack)
    assert results == [replace(packed(file), seconds=r.seconds) for file, r in zip(PAGES, results, strict=True)]
