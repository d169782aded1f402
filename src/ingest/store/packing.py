"""Pages and articles in the form in which they are stored. Pure: the workers that extract do it, and the loader where none did."""

from __future__ import annotations

import json
from dataclasses import replace
from json.encoder import encode_basestring
from typing import TYPE_CHECKING

import zstandard

from ingest.identify.boilerplate import block_keys
from ingest.identify.fingerprint import block_sha256, content_sha256, page_sha256, word_count
from ingest.identify.near_copies import bands, sketch
from ingest.model import Article
from ingest.packed import PackedArticle, PackedPage
from ingest.store.rows import storable

if TYPE_CHECKING:
    from ingest.model import Block, FieldProvenance, Page, PageResult

_ZSTD_LEVEL = 3  # Zstandard's own default: news pages shrink to a fifth, at 300 MB/s
_SAMPLE = 500  # characters of a dropped block that are kept for people to read


def pack(result: PageResult) -> PageResult:
    """The result with its page and its article packed, if it has any."""
    page, article = result.page, result.result
    return replace(
        result,
        packed_page=pack_page(page) if page and not result.packed_page else result.packed_page,
        packed_article=pack_article(article) if isinstance(article, Article) and not result.packed_article else result.packed_article,
    )


def pack_page(page: Page) -> PackedPage:
    """A page's bytes, compressed."""
    return PackedPage(page_sha256(page.body), zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(page.body))


def pack_article(article: Article) -> PackedArticle:
    """An article's hashes and JSON documents."""
    fields = {p.field: p for p in article.provenance}.values()
    return _packed(article, content_sha256(article), tuple([_field(p) for p in fields]))


def pack_again(before: PackedArticle, after: Article) -> PackedArticle:
    """An article that differs from a packed one in nothing but its text and the verdicts on its blocks."""
    return _packed(after, before.content_sha256, before.provenance)


def _packed(article: Article, content: bytes, provenance: tuple[tuple[str, str, str], ...]) -> PackedArticle:
    sketched = sketch(article.body)
    dropped = {block_sha256(b.text): b for b in article.blocks_dropped}
    return PackedArticle(
        content_sha256=content,
        word_count=word_count(article.body),
        block_keys=block_keys(article.blocks),
        sketch=sketched,
        bands=bands(sketched) if sketched else (),
        blocks=f"[{', '.join([_block(b) for b in article.blocks])}]",
        dropped=tuple([(sha256, storable(b.text[:_SAMPLE]), str(b.reason)) for sha256, b in dropped.items()]),
        provenance=provenance,
    )


def _block(block: Block) -> str:
    """A block with its verdict, as ``news.article_version.blocks`` holds it; `json.dumps` takes three times as long for one so small."""
    reason = f'"{block.reason}"' if block.reason else "null"
    return f'{{"kind": "{block.kind}", "reason": {reason}, "text": {encode_basestring(storable(block.text))}}}'


def _field(p: FieldProvenance) -> tuple[str, str, str]:
    candidates = [{"origin": storable(c.origin), "value": storable(c.value)} for c in p.candidates]
    return p.field, storable(p.chosen_from), json.dumps(candidates, ensure_ascii=False)
