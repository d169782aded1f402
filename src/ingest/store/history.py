"""The versions of one article, found by its number or by any URL that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.identify.identity import article_key
from ingest.store.rows import storable

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Connection, Engine

TEXT_FIELDS = ("title", "subtitle", "authors", "published_at", "modified_at", "body")
"""What each version keeps of the article: columns of ``news.article_version``."""

_ARTICLE = text("""
SELECT a.article_id, a.url, a.title, s.slug AS source, a.version_no
FROM news.article a JOIN news.source s USING (source_id) WHERE a.article_id = :id
""")
# One key may have led to two articles before it was one key: the older has it, as in loading.
_BY_URL = text("SELECT min(article_id) FROM news.article_url WHERE match_key = :key")
_VERSIONS = text("""
SELECT version_no, observed_at, reason, changed, extractor_version, word_count FROM news.article_version
WHERE article_id = :id ORDER BY version_no
""")
_TEXTS = text("""
SELECT version_no, title, subtitle, authors, published_at, modified_at,
       CASE WHEN :as_extracted THEN coalesce((
           SELECT string_agg(b.value->>'text', E'\n\n' ORDER BY b.ordinality)
           FROM jsonb_array_elements(blocks) WITH ORDINALITY AS b
           WHERE coalesce(b.value->>'reason', 'learned') = 'learned'), body)
       ELSE body END AS body
FROM news.article_version WHERE article_id = :id AND version_no = ANY(:numbers)
""")
_LARGEST_ID = 2**63 - 1  # of a bigint


@dataclass(frozen=True, slots=True)
class VersionLine:
    """One version without its text."""

    version_no: int
    observed_at: dt.datetime
    reason: str
    changed: list[str]
    extractor_version: str
    word_count: int


@dataclass(frozen=True, slots=True)
class History:
    """An article with its versions, the first one first."""

    article_id: int
    url: str
    title: str | None
    source: str
    version_no: int
    """Of the current version: later ones are earlier states, loaded afterwards."""
    versions: list[VersionLine]


def history(engine: Engine, article: str) -> History:
    """The history of an article, named by its number or by one of its URLs.

    Raises:
        UsageError: no article is known under that name.
    """
    with engine.connect() as connection:
        row = connection.execute(_ARTICLE, {"id": _article_id(connection, article)}).one_or_none()
        if row is None:
            raise UsageError(f"No article is loaded under {article}: `ingest search` finds articles, news.article_url lists their URLs.")
        versions = [VersionLine(*v) for v in connection.execute(_VERSIONS, {"id": row.article_id})]
    return History(row.article_id, row.url, row.title, row.source, row.version_no, versions)


def version_texts(engine: Engine, of: History, numbers: tuple[int, int]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What two versions that exist say, by `TEXT_FIELDS`.

    Where the publisher made all that lie between them, bodies are with what was learned to be boilerplate: that one of
    them has lost it is no edit.
    """
    after, last = sorted(numbers)
    as_extracted = all(v.reason != "reextract" for v in of.versions if after < v.version_no <= last)
    parameters = {"id": of.article_id, "numbers": list(numbers), "as_extracted": as_extracted}
    with engine.connect() as connection:
        rows = {r["version_no"]: dict(r) for r in connection.execute(_TEXTS, parameters).mappings()}
    return rows[numbers[0]], rows[numbers[1]]


def _article_id(connection: Connection, article: str) -> int | None:
    if article.isascii() and article.isdigit():
        return int(article) if len(article) < 20 and int(article) <= _LARGEST_ID else None  # noqa: PLR2004  # digits of a bigint
    found: int | None = connection.scalar(_BY_URL, {"key": article_key(storable(article))})
    return found
