"""Full-text search over the current versions of the articles."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import text

if TYPE_CHECKING:
    from sqlalchemy import Engine

# The excerpt is made for the best hits only: ts_headline reads the whole body.
_SEARCH = text("""
WITH wanted AS (SELECT websearch_to_tsquery(news.fts_config(:language), :query) AS query),
best AS (
  SELECT a.article_id, ts_rank_cd(a.search, wanted.query) AS rank
  FROM news.article a, wanted
  WHERE a.search @@ wanted.query
  ORDER BY rank DESC, a.published_at DESC NULLS LAST, a.article_id
  LIMIT :limit
)
SELECT a.article_id, a.title, a.url, s.slug AS source, a.published_at,
       ts_headline(news.fts_config(a.language), a.body, wanted.query,
                   'MaxFragments=1, MaxWords=30, MinWords=15, StartSel=*, StopSel=*') AS excerpt
FROM best JOIN news.article a USING (article_id) JOIN news.source s USING (source_id), wanted
ORDER BY best.rank DESC, a.published_at DESC NULLS LAST, a.article_id
""")


@dataclass(frozen=True, slots=True)
class Hit:
    """One article that matches; ``excerpt`` marks the words found with asterisks."""

    article_id: int
    title: str | None
    url: str
    source: str
    published_at: dt.datetime | None
    excerpt: str

    def as_dict(self) -> dict[str, Any]:
        """The hit as JSON can hold it."""
        return asdict(self) | {"published_at": self.published_at.isoformat() if self.published_at else None}


def search(engine: Engine, query: str, *, language: str, limit: int) -> list[Hit]:
    """The articles that match a query in the syntax of PostgreSQL's ``websearch_to_tsquery``, best first."""
    with engine.connect() as connection:
        rows = connection.execute(_SEARCH, {"query": query, "language": language, "limit": limit})
        return [Hit(**{**row._mapping, "excerpt": " ".join(row.excerpt.split())}) for row in rows]
