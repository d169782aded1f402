"""The flow: an archive is cut into parts, which Dask's workers load, here or on other machines."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import asdict
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from prefect import flow, get_run_logger
from prefect.artifacts import create_table_artifact
from prefect.futures import as_completed
from prefect.runtime import flow_run

from flows.backfill.parts import PartFailed, load_part
from flows.deployments import BACKFILL
from flows.parameters import AtLeastOne, Targets, When, instant
from flows.record import Progress, publish, run_facts, some_of, when
from ingest.backfill import BackfillPlan, ShardResult, plan_shards
from ingest.errors import IngestError, UsageError
from ingest.model import Tally
from ingest.normalise.credentials import without_credentials
from ingest.pipeline import merge_tallies
from ingest.report.run_table import add_up
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.queries import run_rejections
from ingest.store.runs import running

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from uuid import UUID

    from prefect_dask.task_runners import DaskTaskRunner

    from ingest.discover.shards import Shard

_SHOWN = 100  # parts in a table of those that failed
_NAMED = 3  # of them in a sentence


class PartsFailed(IngestError):
    """Parts of a backfill failed, and the others are loaded."""


def run_name() -> str:
    """What is loaded, and when."""
    wanted = flow_run.parameters
    dates = [f"{name} {wanted[name]}" for name in ("since", "until") if wanted.get(name)]
    targets = [without_credentials(str(t)) for t in wanted.get("targets") or []]
    return f"{' '.join([f'backfill {some_of(targets)}', *dates])}, {when()}"


@flow(name=BACKFILL.flow, flow_run_name=run_name, timeout_seconds=BACKFILL.timeout_seconds, validate_parameters=True)
def backfill(
    targets: Targets,
    workers: AtLeastOne = 2,
    address: str | None = None,
    since: When | None = None,
    until: When | None = None,
    again: bool = False,  # noqa: FBT001, FBT002  # Prefect's form gives parameters by name
) -> dict[str, Any]:
    """Load an archive in parts, by several workers. Begun again, it goes on with the parts that are not done.

    Args:
        targets: WARC files, folders of saved pages, sitemaps and other lists; files lie at the same path on all machines.
        workers: Processes on this machine that load.
        address: Where the scheduler of a Dask cluster answers, such as tcp://10.0.0.1:8786; its workers then load, and none here.
        since: Leave out what lists date earlier: 2025-01-01, or 30d.
        until: Leave out what lists date then or later.
        again: Also the parts that are done.

    Returns:
        The run table: ``sources``, ``total`` and ``rejections``, as `ingest backfill --json` prints it, and the counts of ``parts``.

    Raises:
        UsageError: a target names nothing, a date is none, or Dask is not installed, or does not answer.
        PartsFailed: some parts failed; the others are loaded.
    """
    logger = get_run_logger()
    settings = Settings.from_env()
    plan = BackfillPlan(targets, instant("since", since), instant("until", until), again)
    facts = run_facts(
        BACKFILL.flow, {"targets": [without_credentials(t) for t in targets], "since": since, "until": until}, kind="backfill"
    )
    # The flow holds the database for all its parts: an embedded server stays up between them.
    with open_engine(settings) as engine, running(engine, **facts) as run_id:
        planned = plan_shards(engine, settings, run_id, plan, logger.info)
        logger.info("parts to load=%d done before=%d", len(planned.shards), planned.done_before)
        progress = Progress(BACKFILL.flow, len(planned.shards), "parts")
        results: list[ShardResult] = []
        for result in _loaded(planned.shards, run_id, workers, address):
            results.append(result)
            progress.advance()
        tallies = merge_tallies([*planned.tallies, *(t for r in results for t in r.tallies)])
        rejections = run_rejections(engine, run_id)
        publish(BACKFILL.flow, settings, tallies, rejections)
        failed = [r for r in results if r.error]
        if failed:
            rows = [{"target": without_credentials(r.shard.target), "part": r.shard.part, "error": r.error} for r in failed[:_SHOWN]]
            create_table_artifact(rows, key=f"{BACKFILL.flow}-failed", description="Parts that failed: the same backfill tries them again.")
            raise PartsFailed(_sentence(failed, len(results)))
    counts = {"done": sum(not r.skipped for r in results), "done_before": planned.done_before, "skipped": sum(r.skipped for r in results)}
    return {
        "sources": [asdict(t) for t in tallies],
        "total": asdict(add_up("total", tallies)),
        "rejections": [asdict(r) for r in rejections],
        "parts": counts,
    }


def _loaded(shards: Sequence[Shard], run_id: UUID, workers: int, address: str | None) -> Iterator[ShardResult]:
    """Each result as its part ends; a part whose worker is lost for good is a failed one."""
    if not shards:
        return
    with ExitStack() as stack:
        runner = _runner(min(workers, len(shards)), address, stack)
        parts: dict[Any, Shard] = {runner.submit(load_part, {"name": _name(shard), "work": (shard, run_id)}): shard for shard in shards}
        for future in as_completed(list(parts)):
            try:
                yield future.result()
            except PartFailed as failure:
                yield failure.result
            except Exception as failure:  # noqa: BLE001  # one part that fails must not end the others
                yield ShardResult(parts[future], list[Tally](), str(failure) or type(failure).__name__)


def _runner(workers: int, address: str | None, stack: ExitStack) -> DaskTaskRunner:
    """Dask's workers: those of a cluster, or processes of one thread on this machine, as long as the stack lasts."""
    try:
        import dask
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise UsageError("The flow backfill needs Dask: pip install 'news-ingest[backfill]'.") from None
    runner: DaskTaskRunner
    if address:
        runner = stack.enter_context(DaskTaskRunner(address=address))
    else:
        # A worker starts a process for each part, which what Python calls a daemon may not.
        stack.enter_context(dask.config.set({"distributed.worker.daemon": False}))
        local = {"n_workers": workers, "threads_per_worker": 1, "processes": True, "dashboard_address": "127.0.0.1:0"}
        runner = stack.enter_context(DaskTaskRunner(cluster_kwargs=local))
    try:
        _ = runner.client  # connects
    except (OSError, ValueError) as error:
        if not address:
            raise
        raise UsageError(f"No Dask scheduler answers at {address}: {error}") from None
    return runner


def _name(shard: Shard) -> str:
    return f"{PurePath(without_credentials(shard.target)).name}, {shard.part}"


def _sentence(failed: Sequence[ShardResult], parts: int) -> str:
    named = "; ".join(f"{without_credentials(r.shard.target)}, {r.shard.part}: {r.error}" for r in failed[:_NAMED])
    return f"{len(failed):,} of {parts:,} parts failed, and the same backfill tries them again: {named}"
