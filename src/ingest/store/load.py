"""Loading: a batch of results becomes rows in one transaction, whole or not at all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import psycopg
from psycopg import errors

from ingest.model import Article, Limits, PageResult, Rejection, Stage, Tally
from ingest.store import write
from ingest.store.copies import Compared, keep_sketches, link_copies
from ingest.store.decide import Known, Outcome, decide
from ingest.store.faults import told_in_a_sentence
from ingest.store.fetches import write_attempts
from ingest.store.identities import keys_of_owners, lead_elsewhere, take_turns, under_known_keys
from ingest.store.learned import count_removed, note_verdicts, take_out_learned
from ingest.store.packing import pack
from ingest.store.read_again import with_loaded_pages
from ingest.store.removed import count_removed_blocks
from ingest.store.rows import DECISIVE_COLUMNS, ArticlePage, article_page
from ingest.store.tasks import settle, visits_of

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import Engine

REJECTED_SOURCE = "(none)"
"""The slug that rejected pages are counted under: nobody knows whose they are."""

_MOST_TRIES = 20  # of a batch that met another loader; each try waits for the other's commit, so few are ever needed

# What one record can be guilty of; everything else is a fault of the server or of this code, and is raised.
_POISON = (
    psycopg.DataError,
    psycopg.IntegrityError,
    errors.ProgramLimitExceeded,
    errors.UntranslatableCharacter,
    UnicodeError,
    OverflowError,
)


_COLLISIONS = (write.Overtaken, errors.DeadlockDetected, errors.SerializationFailure)

Connection = psycopg.Connection[Any]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What became of one result."""

    slug: str
    source_id: int | None
    stage: str
    outcome: str
    seconds: float


def load_batch(engine: Engine, run_id: UUID, results: Sequence[PageResult], limits: Limits = Limits()) -> list[Tally]:
    """Commit a batch whole: pages, articles, versions, URLs, provenance, removed blocks, rejections, requests, counts.

    Loading it again changes nothing but when things were last seen. A record that the database refuses becomes a
    rejection at stage ``load``, and the others of its batch are loaded.

    Raises:
        DatabaseUnreachable: the connection was lost; nothing of the batch is loaded.
    """
    if not results:
        return []
    results = [pack(r) for r in results]  # what came from a worker is
    with told_in_a_sentence():
        try:
            return past_others(lambda: _load_whole(engine, run_id, results, limits))
        except _POISON:
            return past_others(lambda: _load_apart(engine, run_id, results, limits))


def past_others(transaction: Callable[[], _T]) -> _T:
    """What a transaction comes to, which is begun again where it meets another loader's."""
    for _ in range(_MOST_TRIES - 1):
        with suppress(*_COLLISIONS):
            return transaction()
    return transaction()


def _load_whole(engine: Engine, run_id: UUID, results: Sequence[PageResult], limits: Limits) -> list[Tally]:
    with engine.begin() as sa_connection:
        connection = write.driver_connection(sa_connection)
        loaded = _load(connection, run_id, results, limits)
        _note_visits(connection, run_id, results, limits)
        return _counted(connection, run_id, loaded)


def _load_apart(engine: Engine, run_id: UUID, results: Sequence[PageResult], limits: Limits) -> list[Tally]:
    """One transaction again, with a savepoint around each record, so that a poisonous one harms only itself."""
    with engine.begin() as sa_connection:
        connection = write.driver_connection(sa_connection)
        loaded: list[_Loaded] = []
        for result in results:
            try:
                with connection.transaction():
                    loaded += _load(connection, run_id, [result], limits)
            except _POISON as error:
                sentence = str(error).splitlines()[0] if str(error) else type(error).__name__
                refused = Rejection(Stage.LOAD, "unstorable", f"The database refuses the record: {sentence[:300]}.")
                loaded += _load_rejections(connection, run_id, [(result, refused)])
        _note_visits(connection, run_id, results, limits)
        return _counted(connection, run_id, loaded)


def _note_visits(connection: Connection, run_id: UUID, results: Sequence[PageResult], limits: Limits) -> None:
    write_attempts(connection, run_id, [attempt for r in results if r.transfer for attempt in r.transfer.attempts])
    settle(connection, visits_of(results), limits.max_task_tries)


def _load(connection: Connection, run_id: UUID, results: Sequence[PageResult], limits: Limits) -> list[_Loaded]:
    now = dt.datetime.now(dt.UTC)
    pages = [article_page(r, r.result, now) for r in results if isinstance(r.result, Article)]
    rejected = [(r, r.result) for r in results if isinstance(r.result, Rejection)]
    take_turns(connection, pages)
    loaded = _load_rejections(connection, run_id, rejected)
    if pages:
        loaded += _load_articles(connection, run_id, pages, limits)
    return loaded


def _load_rejections(connection: Connection, run_id: UUID, rejected: Sequence[tuple[PageResult, Rejection]]) -> list[_Loaded]:
    if not rejected:
        return []
    write.raw_pages(connection, [r for r, _ in rejected])
    write.rejections(connection, run_id, rejected)
    return [_Loaded(REJECTED_SOURCE, None, why.stage, "rejected", r.seconds) for r, why in rejected]


def _load_articles(connection: Connection, run_id: UUID, pages: Sequence[ArticlePage], limits: Limits) -> list[_Loaded]:
    source_ids = write.sources(connection, [p.source for p in pages])
    write.time_zones(connection, pages, source_ids)
    pages = with_loaded_pages(connection, under_known_keys(connection, pages), limits)
    owner_keys = keys_of_owners(connection, pages)
    known = _lock_known(connection, run_id, {p.key for p in pages} | set(owner_keys.values()))
    existing = set(known)
    pages = take_out_learned(connection, pages, source_ids, existing | set(owner_keys))
    owners = {sha256: known[key] for sha256, key in owner_keys.items() if key in known}
    decisions = decide(pages, known, owners)
    seen = [d for d in decisions if not d.page.is_loaded]  # what a run counts: pages that it brought, however many versions come of them

    versions = [d.version for d in decisions if d.version]
    write.raw_pages(connection, [p.result for p in pages])
    _write_articles(connection, run_id, known, existing, source_ids)
    write.versions(connection, run_id, versions)
    write.provenance(connection, versions)
    count_removed_blocks(connection, versions, source_ids)
    compared = _compared(known, existing)
    before = keep_sketches(connection, compared)
    note_verdicts(connection, decisions)
    count_removed(connection, [v.page for v in versions], source_ids)
    write.article_urls(connection, seen)
    if lead_elsewhere(connection, seen):
        raise write.Overtaken
    write.resolve_rejections(connection, run_id, [(d.page.location, d.page.content.body_sha256) for d in seen])
    link_copies(connection, compared, before)  # last, since others wait from here on
    return [_Loaded(d.page.source.slug, source_ids[d.page.source.slug], Stage.LOAD, d.outcome, d.page.result.seconds) for d in seen]


def _write_articles(
    connection: Connection,
    run_id: UUID,
    known: Mapping[bytes, Known],
    existing: Container[bytes],
    source_ids: Mapping[str, int],
) -> None:
    """The articles as the decisions left them; new ones get their numbers.

    Raises:
        Overtaken: another loader has added one of the new ones meanwhile.
    """
    new = [k for key, k in known.items() if key not in existing]
    updated = [k for key, k in known.items() if key in existing and k.latest_page]
    touched = [k for key, k in known.items() if key in existing and k.seen_in_run and not k.latest_page]
    write.insert_articles(connection, run_id, new, source_ids)
    write.update_articles(connection, run_id, updated, source_ids)
    write.touch_articles(connection, run_id, touched)


def _compared(known: Mapping[bytes, Known], existing: Container[bytes]) -> dict[int, Compared]:
    """What the articles that are new or otherwise than before are compared by."""
    changed = ((key, k.article_id, k.latest_page) for key, k in known.items())
    return {
        article_id: Compared(page.packed.sketch, page.packed.bands, page.keys, page.boilerplate, is_new=key not in existing)
        for key, article_id, page in changed
        if article_id and page
    }


# A statement of its own, in the order of the keys: inside the merge it would see the rows as they were before the wait.
# No key is updated: other loaders link copies to the articles meanwhile.
_LOCK = f"""
SELECT url_key, article_id, version_no, last_changed_at, last_seen_at, extractor_version, last_run_id = %s,
       (SELECT kind = 'reextract' FROM ops.run WHERE run_id = %s), {", ".join(DECISIVE_COLUMNS)}
FROM news.article WHERE url_key = ANY(%s) ORDER BY url_key FOR NO KEY UPDATE
"""  # noqa: S608  # names of our own columns


def _lock_known(connection: Connection, run_id: UUID, keys: set[bytes]) -> dict[bytes, Known]:
    """The articles that have one of the keys, locked until the transaction ends, with the hashes of their versions."""
    known: dict[bytes, Known] = {}
    by_id: dict[int, Known] = {}
    for key, article_id, version_no, changed_at, seen_at, extractor, in_run, again, *values in connection.execute(
        _LOCK, [run_id, run_id, sorted(keys)]
    ):
        content = dict(zip(DECISIVE_COLUMNS, values, strict=True))
        known[key] = by_id[article_id] = Known(
            key,
            article_id,
            version_no,
            version_no,  # the larger number of an earlier state comes with the hashes
            changed_at,
            seen_at,
            content,
            extractor,
            seen_in_run=in_run,  # by an earlier batch; pages of this batch set it from here on
            made_again=again,
        )
    hashes = connection.execute(
        "SELECT article_id, version_no, content_sha256, body_sha256 FROM news.article_version WHERE article_id = ANY(%s)", [list(by_id)]
    )
    for article_id, version_no, content_sha256, body_sha256 in hashes:
        by_id[article_id].versions = max(by_id[article_id].versions, version_no)
        by_id[article_id].contents.add(content_sha256)
        if body_sha256:
            by_id[article_id].pages.add(body_sha256)
    return known


def _counted(connection: Connection, run_id: UUID, loaded: Sequence[_Loaded]) -> list[Tally]:
    write.run_counts(connection, run_id, Counter((x.source_id, str(x.stage), str(x.outcome)) for x in loaded))
    return tallies((x.slug, x.outcome, x.seconds) for x in loaded)


def tallies(outcomes: Iterable[tuple[str, str, float]]) -> list[Tally]:
    """Count outcomes by source slug; the order is that of first appearance."""
    counted: dict[str, Tally] = {}
    for slug, outcome, seconds in outcomes:
        tally = counted.setdefault(slug, Tally(slug))
        name = "duplicates" if outcome == Outcome.DUPLICATE else str(outcome)
        setattr(tally, name, getattr(tally, name) + 1)
        tally.found += 1
        tally.seconds += seconds
    return list(counted.values())
