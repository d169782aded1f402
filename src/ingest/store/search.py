"""Full-text search over the current versions of the articles, each in its own language."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

from ingest.store.queries import refuse_unknown_sources
from ingest.store.rows import storable

if TYPE_CHECKING:
    from sqlalchemy import Engine

# The index is asked for the query in every language at once; each article that it gives is then asked in its own.
# The excerpt is made for the best hits only: ts_headline reads the whole body.
_SEARCH = text("""
WITH wanted AS (
  SELECT CASE WHEN CAST(:language AS text) IS NULL THEN news.search_query(:query) ELSE news.search_query(:query, :language) END AS query
), best AS (
  SELECT a.article_id, own.query, ts_rank_cd(a.search, own.query) AS rank
  FROM wanted, news.article a JOIN news.source s USING (source_id),
       LATERAL (SELECT news.search_query(:query, coalesce(a.language, '')) AS query) own
  WHERE a.search @@ wanted.query AND a.search @@ own.query
    AND (CAST(:language AS text) IS NULL OR a.language = :language)
    AND (CAST(:source AS text) IS NULL OR s.slug = :source)
    AND (CAST(:since AS timestamptz) IS NULL OR coalesce(a.published_at, a.first_seen_at) >= :since)
  ORDER BY rank DESC, a.published_at DESC NULLS LAST, a.article_id
  LIMIT :limit
)
SELECT a.article_id, a.title, a.url, s.slug AS source, a.published_at, a.language,
       CASE WHEN news.is_unspaced(a.language) THEN a.body ELSE
           ts_headline(news.fts_config(a.language), a.body, best.query,
                       'MaxFragments=1, MaxWords=30, MinWords=15, StartSel=*, StopSel=*') END AS excerpt,
       news.is_unspaced(a.language) AS is_unspaced
FROM best JOIN news.article a USING (article_id) JOIN news.source s USING (source_id)
ORDER BY best.rank DESC, a.published_at DESC NULLS LAST, a.article_id
""")
_AROUND = 60  # characters of an unspaced script on either side of the words that were found


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that matches; ``excerpt`` marks the words found with asterisks."""

    article_id: int
    title: str | None
    url: str
    source: str
    published_at: dt.datetime | None
    language: str | None
    excerpt: str

    def as_dict(self) -> dict[str, Any]:
        """The hit as JSON can hold it."""
        return asdict(self) | {"published_at": self.published_at.isoformat() if self.published_at else None}


def search(
    engine: Engine, query: str, *, limit: int, language: str | None = None, source: str | None = None, since: dt.datetime | None = None
) -> list[Hit]:
    """The articles that match a query, best first; in ``language`` alone where it is given, else each in its own.

    Raises:
        UsageError: the source is not known.
    """
    query, language = storable(query), language and storable(language)
    parameters = {"query": query, "limit": limit, "language": language, "source": source, "since": since}
    with engine.connect() as connection:
        if source is not None:
            refuse_unknown_sources(connection, [source])
        return [_hit(row, query) for row in connection.execute(_SEARCH, parameters)]


def _hit(row: Any, query: str) -> Hit:  # noqa: ANN401  # a row of SQLAlchemy's
    excerpt = _excerpt(row.excerpt, query) if row.is_unspaced else row.excerpt
    return Hit(row.article_id, row.title, row.url, row.source, row.published_at, row.language, " ".join(excerpt.split()))


def _excerpt(body: str, query: str) -> str:
    """The text around the first words of the query that stand in it, which are marked: Postgres knows no words in such text."""
    folded, places = _folded(body)
    wanted = _wanted(query)
    words = [m.span() for m in re.finditer(wanted, folded, re.IGNORECASE)] if wanted else []
    found = [(places[first][0], places[end - 1][1]) for first, end in words]
    start = max(0, (found[0][0] if found else 0) - _AROUND)
    stop = (found[0][1] if found else 0) + _AROUND
    marked, at = "…" if start else "", start
    for first, end in found:
        if at <= first and end <= stop:
            marked += f"{body[at:first]}*{body[first:end]}*"
            at = end
    return marked + body[at:stop]


def _wanted(query: str) -> str:
    """A pattern of the words of a query that are not negated; empty where there are none."""
    positive = re.sub(r'(?<!\S)-("[^"]*"?|\S+)', " ", unicodedata.normalize("NFKC", query))
    return "|".join(re.escape(word) for word in re.split(r'[\s"]+', positive) if word)


def _folded(body: str) -> tuple[str, list[tuple[int, int]]]:
    """A text as news.pairs folds it, full-width letters as plain ones, and for each of its characters where it stands in the text."""
    folded, places = "", []
    for character in re.finditer(r".[\uff9e\uff9f]?", body, re.DOTALL):  # half-width kana have their voicing marks behind them
        plain = unicodedata.normalize("NFKC", character[0])
        folded += plain
        places += [character.span()] * len(plain)
    return folded, places
