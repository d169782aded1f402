"""The bytes of pages, as ops.raw_page keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import zstandard
from sqlalchemy import text

from ingest.identify.identity import article_key
from ingest.model import MediaType, Page
from ingest.store.packing import pack_page

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from sqlalchemy import Engine

    from ingest.model import Candidate
    from ingest.store.write import Connection

_LAST_PAGES = text("""
SELECT t.url_key, p.body_zstd, p.byte_len, p.media_type, p.charset
FROM ops.url_task t JOIN ops.raw_page p USING (body_sha256) WHERE t.url_key = ANY(:keys)
""")
_BYTES = text("SELECT body_sha256, body_zstd, byte_len, media_type, charset FROM ops.raw_page WHERE body_sha256 = ANY(:bodies)")
# Those that are locked are being kept by another loader: nobody waits for it.
_LET_GO = """
SELECT n.i FROM unnest(%s::int[], %s::bytea[], %s::timestamptz[]) AS n (i, sha256, at) JOIN ops.raw_page p ON p.body_sha256 = n.sha256
WHERE p.store = 'none' AND p.first_seen_at < n.at ORDER BY n.at FOR UPDATE OF p SKIP LOCKED
"""
_KEEP_AGAIN = "UPDATE ops.raw_page SET store = 'pg', body_zstd = %s, first_seen_at = %s WHERE body_sha256 = %s"


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page's bytes, and what they were said to be."""

    body: bytes
    media_type: MediaType
    charset: str | None

    def page(self, candidate: Candidate, observed_at: dt.datetime) -> Page:
        """The page as it was read."""
        return Page(candidate, self.body, self.media_type, observed_at, self.charset)


def kept_page(body_zstd: bytes, byte_len: int, media_type: str | None, charset: str | None) -> KeptPage:
    """A page from its columns."""
    body = zstandard.ZstdDecompressor().decompress(body_zstd, max_output_size=byte_len)
    return KeptPage(body, MediaType(media_type or MediaType.HTML), charset)


def last_pages(engine: Engine, urls: Sequence[str]) -> dict[str, KeptPage]:
    """The pages that URLs gave when they were last had."""
    by_key = {article_key(url): url for url in urls}
    with engine.connect() as connection:
        rows = connection.execute(_LAST_PAGES, {"keys": list(by_key)}).all()
    return {by_key[key]: kept_page(*columns) for key, *columns in rows if columns[0] is not None}


def kept_pages(engine: Engine, places: Sequence[tuple[Candidate, bytes, dt.datetime]]) -> list[Page | None]:
    """The pages of candidates, by the SHA-256 of their bytes and the time that they were observed; None where they are not kept."""
    with engine.connect() as connection:
        rows = connection.execute(_BYTES, {"bodies": list({body for _, body, _ in places})}).all()
    kept = {sha256: kept_page(*columns) for sha256, *columns in rows if columns[0] is not None}
    return [kept[body].page(candidate, at) if body in kept else None for candidate, body, at in places]


def keep_again(connection: Connection, pages: Sequence[tuple[bytes, Page]]) -> None:
    """Keep the bytes of pages that were let go, given with their SHA-256: those that are observed later, and count as first seen then.

    A folder of old pages that is read every night is not: what it brings would be let go every night.
    """
    if not pages:
        return
    columns = [list(range(len(pages))), [sha256 for sha256, _ in pages], [page.observed_at for _, page in pages]]
    for (i,) in connection.execute(_LET_GO, columns).fetchall():
        sha256, page = pages[i]
        connection.execute(_KEEP_AGAIN, [pack_page(page).zstd, page.observed_at, sha256])
