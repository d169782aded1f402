"""Articles out of the database, row by row, however many there are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from ingest.errors import UsageError
from ingest.store.queries import refuse_unknown_sources
from ingest.store.rows import storable

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy import Engine

COLUMNS = (
    "article_id", "url", "source", "title", "subtitle", "body", "word_count", "authors", "author_organisations", "published_at",
    "published_precision", "published_from", "published_tz_from", "published_raw", "date_suspect", "modified_at", "publisher", "section",
    "language", "summary", "topics", "image_url", "article_type", "is_free", "extractor_version", "version_no", "dup_of", "similarity",
    "first_seen_at", "last_seen_at", "last_changed_at", "loaded_at",
)  # fmt: skip
"""What an exported article has, in order: all that news.article says of it but keys and hashes; ``source`` is the source's slug."""
_CHUNK = 1_000  # rows that the server hands over at a time


@contextmanager
def exported(
    engine: Engine,
    columns: Sequence[str],
    *,
    condition: str | None = None,
    source: str | None = None,
    since: dt.datetime | None = None,
    until: dt.datetime | None = None,
    language: str | None = None,
) -> Iterator[Iterator[tuple[Any, ...]]]:
    """The articles that meet every condition, in the order of their numbers, as of one moment; nothing can be changed meanwhile.

    ``condition`` is SQL over news.article's columns and ``source``; an article without a date counts by when it was first seen.

    Raises:
        UsageError: a column or the source is not known, or the server refuses the condition.
    """
    condition, language = condition and storable(condition), language and storable(language)
    unknown = [c for c in columns if c not in COLUMNS]
    if unknown:
        raise UsageError(f"{', '.join(unknown)}: no such column to export; there are {', '.join(COLUMNS)}.")
    wanted = [f"({condition.replace('%', '%%')}\n)"] if condition else []  # a line of its own: the condition may end in a comment
    wanted += [f"{c} = %({c})s" for c, value in (("source", source), ("language", language)) if value is not None]
    wanted += [_dated(f"{sign} %({name})s") for name, sign, value in (("since", ">=", since), ("until", "<", until)) if value]
    # Known columns, and the caller's own SQL, in a transaction that can only read.
    query = (
        f"SELECT {', '.join(columns)} "  # noqa: S608
        "FROM (SELECT a.*, s.slug AS source FROM news.article a JOIN news.source s USING (source_id)) AS article "
        f"WHERE {' AND '.join(wanted) or 'true'} ORDER BY article_id"
    )
    with engine.connect() as sa_connection:
        connection: Any = sa_connection.connection.driver_connection
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if source is not None:
            refuse_unknown_sources(sa_connection, [source])
        with connection.cursor(name="export") as cursor:
            cursor.itersize = _CHUNK
            with _refusals(condition):
                cursor.execute(query, {"source": source, "language": language, "since": since, "until": until})
            yield _rows(cursor, condition)
        sa_connection.rollback()


def _dated(compared: str) -> str:
    # Not coalesce(): the index of published_at serves both halves.
    return f"(published_at {compared} OR published_at IS NULL AND first_seen_at {compared})"


def _rows(cursor: Any, condition: str | None) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401  # a cursor of psycopg's
    with _refusals(condition):
        yield from cursor


@contextmanager
def _refusals(condition: str | None) -> Iterator[None]:
    """What is wrong with a condition shows when it is read, or at any row."""
    try:
        yield
    except psycopg.Error as error:
        if condition is None:
            raise
        raise UsageError(f"The server refuses the condition ({str(error).splitlines()[0]}): {condition}") from None
