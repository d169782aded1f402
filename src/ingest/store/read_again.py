"""Pages of known articles, read again before newer ones are compared with them.

Another extractor, or other rules, make another text of the same page. Where the one made an article and the other makes
its next version, what differs between the two would pass for the publisher's edit.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.model import Article
from ingest.store.archive import kept_page
from ingest.store.packing import pack
from ingest.store.rows import article_page
from ingest.workers import extract_pages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.model import Limits
    from ingest.store.rows import ArticlePage
    from ingest.store.write import Connection

_READ_OTHERWISE = """
SELECT n.i, v.observed_at, p.body_zstd, p.byte_len, p.media_type, p.charset
FROM unnest(%s::int[], %s::bytea[], %s::bytea[], %s::bytea[], %s::text[], %s::timestamptz[])
     AS n (i, key, content, body, extractor, published_at)
JOIN news.article a ON a.url_key = n.key JOIN news.article_version v USING (article_id, version_no)
JOIN ops.raw_page p ON p.body_sha256 = a.body_sha256
WHERE a.extractor_version <> n.extractor AND a.body_sha256 <> n.body AND p.body_zstd IS NOT NULL
  AND (a.content_sha256, a.published_at) IS DISTINCT FROM (n.content, n.published_at)
"""


def with_loaded_pages(connection: Connection, pages: Sequence[ArticlePage], limits: Limits) -> list[ArticlePage]:
    """The pages; before the first of each article that another extractor has made, the page that it was made from, read anew."""
    first: dict[bytes, int] = {}
    for i, page in enumerate(pages):
        first.setdefault(page.key, i)
    said = ((p.key, p.content) for p in pages)
    rows = [(i, key, c.content_sha256, c.body_sha256, c.extractor_version, c.published_at) for i, (key, c) in enumerate(said)]
    loaded = {}
    for i, observed_at, *columns in connection.execute(_READ_OTHERWISE, [list(column) for column in zip(*rows, strict=True)]):
        if first[pages[i].key] == i:
            old = kept_page(*columns).page(pages[i].result.candidate, observed_at)
            [result] = extract_pages([old], limits, pack)
            if isinstance(result.result, Article):
                again = article_page(result, result.result, observed_at)
                loaded[i] = replace(again, key=pages[i].key, source=pages[i].source, is_loaded=True)
    return [p for i, page in enumerate(pages) for p in (loaded.get(i), page) if p]
