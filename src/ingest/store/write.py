"""The statements that write a batch. Each takes the driver's connection inside the batch's transaction.

Rows that several loaders may write at once are written in the order of their keys, so that two loaders never wait
for each other in a circle. Rows with long texts go in by COPY, short ones as arrays.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import psycopg

from ingest.extract.version import version_with
from ingest.identify.identity import article_key, url_key
from ingest.store.archive import keep_again
from ingest.store.rows import CONTENT_COLUMNS, VERSION_COLUMNS, storable
from ingest.store.sightings import link_sightings, move_urls

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    import sqlalchemy

    from ingest.identify.source import Source
    from ingest.model import PageResult, Rejection
    from ingest.store.decide import Decision, Known, Version
    from ingest.store.rows import ArticlePage

Connection = psycopg.Connection[Any]


def driver_connection(connection: sqlalchemy.Connection) -> Connection:
    """The psycopg connection below a SQLAlchemy connection: COPY is the driver's own."""
    driver: Connection | None = connection.connection.driver_connection
    assert driver is not None  # noqa: S101  # the pool has just handed it out
    return driver


class Overtaken(Exception):
    """Another loader has added one of the batch's pages or articles since it was looked for."""


@contextmanager
def _overtaken_at(key: str) -> Iterator[None]:
    """Raise `Overtaken` where a row is there already."""
    try:
        yield
    except psycopg.errors.UniqueViolation as error:
        if error.diag.constraint_name == key:
            raise Overtaken from error
        raise


def _copy(connection: Connection, into: str, rows: Iterable[Sequence[Any]]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def copy_binary(connection: Connection, table: str, types: Mapping[str, str], rows: Iterable[Sequence[Any]]) -> None:
    """Add rows of few and plain types, given for each column: cheaper to write than text, and half the bytes."""
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(types)}) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(list(types.values()))
        for row in rows:
            copy.write_row(row)


def sources(connection: Connection, wanted: Iterable[Source]) -> dict[str, int]:
    """The numbers of sources by slug; those that are missing are added."""
    by_slug = {s.slug: s for s in wanted}
    find = "SELECT slug, source_id FROM news.source WHERE slug = ANY(%s)"
    found: dict[str, int] = dict(connection.execute(find, [list(by_slug)]).fetchall())
    missing = sorted((s for slug, s in by_slug.items() if slug not in found), key=lambda s: s.slug)
    if missing:
        connection.execute(
            "INSERT INTO news.source (slug, name, domain) SELECT * FROM unnest(%s::text[], %s::text[], %s::text[]) "
            "ON CONFLICT (slug) DO NOTHING",
            [[s.slug for s in missing], [storable(s.name) for s in missing], [s.domain for s in missing]],
        )
        found = dict(connection.execute(find, [list(by_slug)]).fetchall())
    return found


def time_zones(connection: Connection, pages: Iterable[ArticlePage], source_ids: Mapping[str, int]) -> None:
    """Note the zones that the dates of pages were read in: a source's days are counted in the same."""
    used = {source_ids[p.source.slug]: zone for p in pages if (zone := p.result.candidate.rules.time_zone)}
    if used:
        connection.execute(
            "UPDATE news.source s SET time_zone_used = u.zone FROM unnest(%s::bigint[], %s::text[]) AS u (source_id, zone) "
            "WHERE s.source_id = u.source_id AND s.time_zone_used IS DISTINCT FROM u.zone",
            _by_column(sorted(used.items())),
        )


_RAW_PAGE = {
    "body_sha256": "bytea", "byte_len": "int4", "charset": "text", "media_type": "text", "store": "text", "body_zstd": "bytea",
    "first_seen_at": "timestamptz",
}  # fmt: skip


def raw_pages(connection: Connection, results: Iterable[PageResult]) -> None:
    """Keep the bytes of results' pages, once each; those that were let go are kept again.

    Raises:
        Overtaken: another loader has added one of them since it was looked for; the transaction can only be rolled back.
    """
    by_hash = {r.packed_page.sha256: (r.page, r.packed_page.zstd) for r in results if r.page and r.packed_page}
    known = connection.execute("SELECT body_sha256, store = 'none' FROM ops.raw_page WHERE body_sha256 = ANY(%s)", [list(by_hash)])
    known_pages = [(sha256, by_hash.pop(sha256)[0], is_let_go) for sha256, is_let_go in known.fetchall()]
    keep_again(connection, [(sha256, page) for sha256, page, is_let_go in known_pages if is_let_go])
    if not by_hash:
        return
    rows = (
        (sha256, len(page.body), page.charset and storable(page.charset), str(page.media_type), "pg", zstd, page.observed_at)
        for sha256, (page, zstd) in sorted(by_hash.items())
    )
    with _overtaken_at("raw_page_pkey"):
        copy_binary(connection, "ops.raw_page", _RAW_PAGE, rows)


_STATE = ("url_key", "url", "source_id", "version_no", "first_seen_at", "last_seen_at", "last_changed_at", *CONTENT_COLUMNS)
_UPDATED = tuple(c for c in _STATE if c not in {"url_key", "url", "first_seen_at"})
_CREATE_STAGE = f"""
CREATE TEMP TABLE IF NOT EXISTS stage_article ON COMMIT DELETE ROWS AS SELECT {", ".join(_STATE)} FROM news.article WITH NO DATA
"""  # noqa: S608  # names of our own columns
_UPDATE_ARTICLES = f"""
UPDATE news.article a SET ({", ".join(_UPDATED)}, last_run_id) = ({", ".join("s." + c for c in _UPDATED)}, %(run)s)
FROM stage_article s WHERE a.url_key = s.url_key
"""  # noqa: S608  # names of our own columns
_NUMBERS = "SELECT nextval(pg_get_serial_sequence('news.article', 'article_id')) FROM generate_series(1, %s)"


def insert_articles(connection: Connection, run_id: UUID, articles: Sequence[Known], source_ids: Mapping[str, int]) -> None:
    """Add new articles, which get their numbers.

    Raises:
        Overtaken: one of them is there; the transaction can only be rolled back.
    """
    if not articles:
        return
    numbers = connection.execute(_NUMBERS, [len(articles)]).fetchall()
    in_turn = sorted(articles, key=lambda k: k.key)
    rows = ((number, *_state(k, source_ids), run_id, run_id) for (number,), k in zip(numbers, in_turn, strict=True))
    with _overtaken_at("article_url_key_key"):
        _copy(connection, f"news.article (article_id, {', '.join(_STATE)}, first_run_id, last_run_id)", rows)
    for (number,), article in zip(numbers, in_turn, strict=True):
        article.article_id = number


def update_articles(connection: Connection, run_id: UUID, articles: Sequence[Known], source_ids: Mapping[str, int]) -> None:
    """Bring known articles to their new version."""
    if not articles:
        return
    connection.execute(_CREATE_STAGE)
    connection.execute("DELETE FROM stage_article")
    _copy(connection, f"stage_article ({', '.join(_STATE)})", (_state(k, source_ids) for k in articles))
    connection.execute(_UPDATE_ARTICLES, {"run": run_id})


def _state(known: Known, source_ids: Mapping[str, int]) -> tuple[Any, ...]:
    """An article as it is after the batch."""
    page, first = known.latest_page, known.first_page
    assert page is not None  # noqa: S101  # only what the batch adds or changes is written
    return (
        known.key,
        (first or page).url,
        source_ids[page.source.slug],
        known.version_no,
        first.observed_at if first else page.observed_at,
        known.last_seen_at,
        known.last_changed_at,
        *(getattr(page.content, c) for c in CONTENT_COLUMNS),
    )


def touch_articles(connection: Connection, run_id: UUID, articles: Sequence[Known]) -> None:
    """Note that articles were seen. The search vector is not made again: none of the columns that it depends on is set."""
    if articles:
        connection.execute(
            "UPDATE news.article a SET last_seen_at = s.seen_at, last_run_id = %s, extractor_version = s.extractor "
            "FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[]) AS s (article_id, seen_at, extractor) "
            "WHERE a.article_id = s.article_id",
            [run_id, [a.article_id for a in articles], [a.last_seen_at for a in articles], [a.extractor_version for a in articles]],
        )


def versions(connection: Connection, run_id: UUID, added: Sequence[Version]) -> None:
    """Add versions of articles."""
    columns = ("article_id", "version_no", "observed_at", "run_id", "reason", "changed", *VERSION_COLUMNS, "blocks")
    rows = (
        (
            v.known.article_id,
            v.version_no,
            v.page.observed_at,
            run_id,
            v.reason,
            v.changed,
            *(getattr(v.page.content, c) for c in VERSION_COLUMNS),
            v.page.packed.blocks,
        )
        for v in added
    )
    _copy(connection, f"news.article_version ({', '.join(columns)})", rows)


def provenance(connection: Connection, added: Sequence[Version]) -> None:
    """Add where the fields of new versions came from."""
    rows = ((v.known.article_id, v.version_no, *field) for v in added for field in v.page.packed.provenance)
    _copy(connection, "news.provenance (article_id, version_no, field, chosen_from, candidates)", rows)


def article_urls(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Note every URL and file that led to an article; a URL stays with the article that it led to first, unless its page is apart."""
    found = [(d, kind, url, article_key(url)) for d in decisions for url, kind in _urls(d.page).items()]
    found.sort(key=lambda f: f[3] != f[0].page.key)  # what led to a page before it had one of its own is its own
    urls: dict[bytes, tuple[Any, ...]] = {}
    for d, kind, url, match_key in found:
        urls.setdefault(url_key(url), (url, d.known.article_id, kind, d.page.observed_at, match_key))
    connection.execute(
        "INSERT INTO news.article_url (url_key, url, article_id, kind, first_seen_at, match_key) "
        "SELECT * FROM unnest(%b::bytea[], %b::text[], %b::bigint[], %b::text[], %b::timestamptz[], %b::bytea[]) "
        "ON CONFLICT (url_key) DO NOTHING",
        _by_column([(key, *row) for key, row in sorted(urls.items())]),
    )
    if apart := {d.page.key: d.known.article_id for d in decisions if d.page.is_apart and d.known.article_id}:
        move_urls(connection, apart)
    link_sightings(connection, ((url, article_id) for url, article_id, *_ in urls.values()))


_DECLARED = {"page": "requested", "meta:og:url": "og_url"}  # any other place that names a canonical URL does what a canonical link does


def _urls(page: ArticlePage) -> dict[str, str]:
    """The URLs that have led to a page, each with what it is."""
    candidate = page.result.candidate
    offered = [
        (_DECLARED.get(page.canonical_from or "", "rel_canonical"), page.article.canonical_url),
        ("requested", page.article.url),
        ("requested", candidate.url),
        ("file" if candidate.location.startswith("file:") else "requested", candidate.location),
    ]
    if (transfer := page.result.transfer) and transfer.hops:
        offered += [("requested" if n == 0 else "redirect", hop.url) for n, hop in enumerate(transfer.hops)]
        offered.append(("final", transfer.final_url))
    kinds: dict[str, str] = {}
    for kind, url in offered:
        if url:
            kinds.setdefault(storable(url), kind)
    return kinds


def rejections(connection: Connection, run_id: UUID, rejected: Sequence[tuple[PageResult, Rejection]]) -> None:
    """Add rejections. The same page refused for the same reason again is one row that counts its attempts, open again."""
    rows: dict[tuple[Any, ...], tuple[Any, ...]] = {}
    for result, why in rejected:
        sha256 = result.packed_page.sha256 if result.packed_page else None
        location = storable(result.candidate.location)
        url = result.candidate.url and storable(result.candidate.url)
        version = version_with(result.candidate.rules)
        key = (location, why.stage, why.reason, sha256 or b"")
        rows[key] = (location, str(why.stage), why.reason, sha256, storable(why.message), url, version)
    connection.execute(
        "INSERT INTO ops.rejection AS r (location, stage, reason, body_sha256, message, url, first_run_id, last_run_id, extractor_version) "
        "SELECT s.location, s.stage, s.reason, s.body, s.message, s.url, %s::uuid, %s::uuid, s.version "
        "FROM unnest(%s::text[], %s::text[], %s::text[], %s::bytea[], %s::text[], %s::text[], %s::text[]) "
        "AS s (location, stage, reason, body, message, url, version) "
        "ON CONFLICT (md5(location), stage, reason, body_sha256) DO UPDATE SET attempts = r.attempts + 1, last_at = now(), "
        "last_run_id = excluded.last_run_id, message = excluded.message, extractor_version = excluded.extractor_version, "
        "resolved_at = NULL, resolution = NULL",
        [run_id, run_id, *_by_column([row for _, row in sorted(rows.items())])],
    )


def resolve_rejections(connection: Connection, run_id: UUID, places: Sequence[tuple[str, bytes | None]]) -> None:
    """Close the open rejections of places that have given an article; an old page made again says nothing of the newer ones."""
    connection.execute(
        "UPDATE ops.rejection r SET resolved_at = now(), resolution = 'loaded' "
        "FROM unnest(%s::text[], %s::bytea[]) AS p (location, body) "
        "WHERE r.resolved_at IS NULL AND md5(r.location) = md5(p.location) AND r.location = p.location "
        "AND (r.body_sha256 = p.body OR (SELECT kind FROM ops.run WHERE run_id = %s) <> 'reextract')",
        [[location for location, _ in places], [body for _, body in places], run_id],
    )


def run_counts(connection: Connection, run_id: UUID, counts: Mapping[tuple[int | None, str, str], int]) -> None:
    """Add to the counts of a run, by source, stage and outcome."""
    connection.execute(
        "INSERT INTO ops.run_count AS c (run_id, source_id, stage, outcome, n) "
        "SELECT %s, * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::bigint[]) "
        "ON CONFLICT (run_id, source_id, stage, outcome) DO UPDATE SET n = c.n + excluded.n",
        [run_id, *_by_column(sorted(((*key, n) for key, n in counts.items()), key=str))],
    )


def _by_column(rows: Sequence[Sequence[Any]]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]
