"""What the commands that load have in common: progress, interruption, and the report at the end."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import typer

from ingest.cli.progress import with_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.fetch.session import FetchSession
    from ingest.model import RejectionCount, Tally
    from ingest.web import PollSummary


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    tallies: list[Tally]
    rejections: list[RejectionCount]
    set_aside: list[tuple[str, str, int]]
    """Hosts that were left alone: name, reason, and how many requests were not made."""
    polls: Sequence[PollSummary] | None = None
    """Of the feeds that a poll asked; None for what is no poll."""

    @property
    def came_to_nothing(self) -> bool:
        """Whether every page was refused, or for a poll, every feed failed: exit code 1."""
        from ingest.report.run_table import add_up  # start-up of --help stays short

        if self.polls is not None:
            return bool(self.polls) and all(p.error for p in self.polls)
        return add_up("total", self.tallies).came_to_nothing


def loaded(
    engine: Engine,
    session: FetchSession | None,
    run_id: UUID,
    batches: Iterable[list[Tally]],
    check_interrupt: Callable[[], None],
    total: int | None,
    polls: Sequence[PollSummary] | None = None,
) -> Outcome:
    """Take batches to their end, with a progress bar, and say what they came to; without a session, nothing was fetched.

    Where they came to nothing, ops.run says that the run failed, as the exit code will.
    """
    from ingest.pipeline import merge_tallies
    from ingest.store.queries import run_rejections
    from ingest.store.runs import finish_run

    tallies: list[Tally] = []
    try:
        for batch in with_progress(batches, total):
            tallies = merge_tallies([*tallies, *batch])
            check_interrupt()
    except KeyboardInterrupt:
        done = sum(t.found for t in tallies)
        typer.echo(f"ingest: interrupted; {done:,} pages are loaded, and the same command goes on from there.", err=True)
        raise
    outcome = Outcome(tallies, run_rejections(engine, run_id), session.set_aside() if session else [], polls)
    if outcome.came_to_nothing:
        finish_run(engine, run_id, "failed")
    return outcome


def report(outcome: Outcome, *, as_json: bool) -> None:
    """Print what a run came to: the run table, and what was rejected."""
    from ingest.report.run_table import add_up, print_run_table, summary

    tallies, rejections, polls = outcome.tallies, outcome.rejections, outcome.polls
    if as_json:
        facts = {
            "sources": [asdict(t) for t in tallies],
            "total": asdict(add_up("total", tallies)),
            "rejections": [asdict(r) for r in rejections],
            "hosts_set_aside": [{"host": host, "reason": why, "requests_not_made": n} for host, why, n in outcome.set_aside],
        }
        typer.echo(json.dumps(facts if polls is None else {"polls": [asdict(p) for p in polls]} | facts))
        return
    if tallies:
        print_run_table(tallies)
    if tallies or polls is None:
        typer.echo(summary(tallies))
    for r in rejections:
        more = f" and {r.pages - 1:,} more" if r.pages > 1 else ""
        typer.echo(f"  rejected at {r.stage}: {r.reason}: {r.example}{more}")
    if rejections:
        typer.echo("  (all of them: SELECT * FROM ops.rejection WHERE resolved_at IS NULL)")
    for host, why, turned_away in outcome.set_aside:
        typer.echo(f"  set aside: {host}: {why} ({turned_away:,} requests not made)")
