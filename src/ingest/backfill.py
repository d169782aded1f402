"""A backfill: an archive is cut into shards, which several processes load side by side, each with a connection of its own.

The shards that are done are known in the database: begun again, a backfill goes on with the others. The flow `backfill` hands the
same shards to Dask's workers.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from ingest.discover.files import missing_targets
from ingest.discover.shards import Shard, ShardSize, is_between, read_shard, shards_of_files, shards_of_urls
from ingest.discover.targets import DiscoverOptions, Discovery, is_url
from ingest.errors import IngestError, UsageError
from ingest.gather import Pace, gather
from ingest.model import Candidate, PageResult, Tally
from ingest.normalise.credentials import without_credentials
from ingest.pipeline import fetch_session, ingest_batches, listing_limits, merge_tallies, with_source_rules
from ingest.processes import WorkerDied, WorkerPool
from ingest.report.run_table import add_up
from ingest.rules.book import book_at
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.faults import told_in_a_sentence
from ingest.store.fetches import note_attempts
from ingest.store.load import load_batch
from ingest.store.shards import ShardRow, claim_shard, finish_shard, register

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence

    from sqlalchemy import Engine

    from ingest.processes import Worker

_LOOK_SECONDS = 0.2
_MOST_DEATHS = 3  # of workers over one shard, after which it is given up: something in it kills them

Work = tuple[Shard, UUID]


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """What to load."""

    targets: Sequence[str]
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """Of what lists date: sitemaps, feeds."""
    again: bool = False
    """Also what is done."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What there is to do."""

    shards: list[Shard]
    """Those that are not done."""
    done_before: int
    tallies: list[Tally]
    """Of the places that could not be looked into."""


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a shard."""

    shard: Shard
    tallies: list[Tally]
    error: str | None = None
    """Why it failed; what it had loaded by then is loaded, and it is done again by the next backfill."""
    skipped: bool = False
    """Another run works on it, or has done it."""


def plan_shards(engine: Engine, settings: Settings, run_id: UUID, plan: BackfillPlan, say: Callable[[str], None]) -> Planned:
    """Cut the targets into shards, and note them.

    Raises:
        UsageError: a target names nothing.
    """
    if missing := missing_targets(plan.targets):
        raise UsageError(f"No such file or folder: {', '.join(missing)}.")
    size = ShardSize(settings.shard_bytes, settings.shard_pages)
    found: list[Shard | PageResult] = []
    with fetch_session(engine, settings) as session:
        discovery = Discovery(session.fetch, say, DiscoverOptions(None, plan.since, {}, listing_limits(settings), settings.limits))
        for target in plan.targets:
            if is_url(target):
                listed = list(discovery.discover([target]))
                found += [item for item in listed if isinstance(item, PageResult)]
                urls = (item for item in listed if isinstance(item, Candidate) and is_between(item, plan.since, plan.until))
                found += shards_of_urls(target, urls, size)
            else:
                found += shards_of_files(target, size)
        note_attempts(engine, run_id, discovery.attempts)
    shards = [item for item in found if isinstance(item, Shard)]
    wanted = register(engine, [ShardRow(s.key, without_credentials(s.target), s.part) for s in shards], again=plan.again)
    todo = [s for s in {s.key: s for s in shards}.values() if s.key in wanted]
    refused = [item for item in found if isinstance(item, PageResult)]
    return Planned(todo, len({s.key for s in shards}) - len(todo), load_batch(engine, run_id, refused, settings.limits))


def load_shard(work: Work) -> ShardResult:
    """Load a shard in this process; what goes wrong is told by the result. Done twice, it loads nothing twice."""
    shard, run_id = work
    settings = Settings.from_env()
    loaded: list[Tally] = []
    try:
        with open_engine(settings, check_schema=False) as engine, told_in_a_sentence():
            if not claim_shard(engine, run_id, shard.key):
                return ShardResult(shard, [], skipped=True)
            error = _loaded(engine, settings, run_id, shard, loaded)
            total = add_up("total", loaded)
            finish_shard(engine, run_id, shard.key, (total.found, total.new, total.rejected), error)
    except IngestError as failure:  # the database is away: nobody can be told there
        error = str(failure)
    return ShardResult(shard, merge_tallies(loaded), error)


def _loaded(engine: Engine, settings: Settings, run_id: UUID, shard: Shard, loaded: list[Tally]) -> str | None:
    """Why it failed, None where it did not; the tallies of what is loaded are added to ``loaded``."""
    try:
        rules = with_source_rules(engine, book_at(settings.rules))
        pace = Pace(settings.batch_size, settings.batch_seconds, lambda: None)
        with fetch_session(engine, settings) as session:
            batches = gather(engine, session, read_shard(shard, settings.limits), pace)
            for batch in ingest_batches(engine, run_id, batches, settings.limits, 1, rules):
                loaded += batch
    except Exception as failure:  # noqa: BLE001  # one shard that fails must not end the others
        return str(failure) or type(failure).__name__
    return None


def load_shards(shards: Sequence[Shard], run_id: UUID, workers: int, check_interrupt: Callable[[], None]) -> Iterator[ShardResult]:
    """Load shards in so many processes; each result comes as its shard ends.

    A worker that is killed costs no shard: what it worked on is begun again. Leaving the loop ends them in the middle of their work, which
    takes minutes, and is begun again another time.
    """
    waiting = deque(shards)
    running: set[Future[ShardResult]] = set()
    with WorkerPool(workers) as pool:
        while waiting or running:
            while waiting and len(running) < workers:
                running.add(pool.submit(_load_in, (waiting.popleft(), run_id)))
            ended, running = wait(running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            check_interrupt()
            for future in ended:
                yield future.result()


def _load_in(worker: Worker, work: Work) -> ShardResult:
    for _ in range(_MOST_DEATHS):
        with suppress(WorkerDied):
            result: ShardResult = worker.call(load_shard, work)
            return result
    return ShardResult(work[0], [], f"The processes that loaded it died, {_MOST_DEATHS} of them.")
