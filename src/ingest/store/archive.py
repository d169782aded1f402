"""The bytes of pages, as ops.raw_page keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard
from sqlalchemy import text

from ingest.identify.identity import article_key
from ingest.model import MediaType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Engine

_LAST_PAGES = text("""
SELECT t.url_key, p.body_zstd, p.byte_len, p.media_type, p.charset
FROM ops.url_task t JOIN ops.raw_page p USING (body_sha256) WHERE t.url_key = ANY(:keys)
""")


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page's bytes, and what they were said to be."""

    body: bytes
    media_type: MediaType
    charset: str | None


def last_pages(engine: Engine, urls: Sequence[str]) -> dict[str, KeptPage]:
    """The pages that URLs gave when they were last had."""
    by_key = {article_key(url): url for url in urls}
    decompressor = zstandard.ZstdDecompressor()
    with engine.connect() as connection:
        rows = connection.execute(_LAST_PAGES, {"keys": list(by_key)}).all()
    return {
        by_key[row.url_key]: KeptPage(
            decompressor.decompress(row.body_zstd, max_output_size=row.byte_len), MediaType(row.media_type or MediaType.HTML), row.charset
        )
        for row in rows
        if row.body_zstd is not None
    }
