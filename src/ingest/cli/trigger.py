"""`ingest trigger`: an ingest through a Prefect server."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from ingest.cli.inputs import KindOption, Since, Targets, UrlMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.prefect_api import FlowRun, PrefectServer

_HELP = """Have a Prefect server ingest targets: the deployment `ingest-targets/default`, which `make serve` serves, does what `ingest run`
does, on the server's workers.

Without [cyan]--wait[/cyan] it returns at once. Files and folders are those of the machine on which the flow runs."""
_EPILOG = """[bold]Examples[/bold]

  ingest trigger https://news.example/2026/11/02/some-article

  ingest trigger https://news.example/feed.xml --since 7d --wait

  PREFECT_API_URL=http://prefect.example:4200/api ingest trigger /srv/pages --wait --json

Exit codes: 0 it was asked for, or with --wait, it completed; 1 it failed, was cancelled, or did not end in time; 2 wrong usage, or no
server answers; 130 interrupted: the run goes on."""
_LOOK_SECONDS = 1.0
_AWAY_SECONDS = 60.0  # that a server may be away while somebody waits: a restart takes ten to twenty
_DEPLOYMENT = "ingest-targets/default"


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("trigger", help=_HELP, epilog=_EPILOG)(_trigger)


def _trigger(  # noqa: PLR0913  # one argument an option is Typer's way
    targets: Targets,
    *,
    kind: KindOption = None,
    since: Since = None,
    url_map: UrlMap = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that extract.")] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until it has ended, and print what it loaded.")] = False,
    timeout: Annotated[float | None, typer.Option("--timeout", min=0, metavar="SECONDS", help="Wait so long at most.")] = None,
    deployment: Annotated[str, typer.Option("--deployment", metavar="FLOW/NAME", help="Another deployment of the flow.")] = _DEPLOYMENT,
    as_json: Annotated[bool, typer.Option("--json", help="What became of it as one JSON object on standard output.")] = False,
) -> None:
    from ingest.discover.targets import since_instant  # start-up of --help stays short
    from ingest.errors import UsageError
    from ingest.prefect_api import PrefectServer

    if "-" in targets:
        raise UsageError("A run elsewhere has no standard input: name URLs, files or folders.")
    if timeout is not None and not wait:
        raise UsageError("--timeout is for --wait: without it, nothing is waited for.")
    since_instant(since)  # the server takes any text, and the run would fail over it
    wanted = {
        "targets": [_absolute(t) for t in targets],
        "kind": kind and str(kind),
        "since": since,
        "url_map": url_map and str(url_map.absolute()),
        "jobs": jobs,
    }
    with PrefectServer() as server:
        run = server.start(deployment, {name: value for name, value in wanted.items() if value is not None}, str(uuid4()))
        _say(f"{run.name}: {server.page_of(run)}")
        table = None
        if wait:
            run = _ended(server, run, timeout)
            table = server.table(run.run_id, deployment.partition("/")[0]) if run.is_final else None
        _report(run, table, waited=wait, as_json=as_json)


def _absolute(target: str) -> str:
    """A file's path as it is from everywhere."""
    return str(Path(target).absolute()) if Path(target).exists() else target


def _ended(server: PrefectServer, run: FlowRun, timeout: float | None) -> FlowRun:
    from rich.console import Console

    from ingest.prefect_api import ServerAway

    begun = heard = time.monotonic()
    try:
        with Console(stderr=True).status(run.state.lower()) as status:
            while not run.is_final and (timeout is None or time.monotonic() - begun < timeout):
                time.sleep(_LOOK_SECONDS)
                try:
                    run = server.flow_run(run.run_id)
                    heard = time.monotonic()
                except ServerAway:
                    if time.monotonic() - heard > _AWAY_SECONDS:
                        _say(f"ingest: run {run.run_id} may go on all the same.")
                        raise
                status.update(f"{run.name}: {run.state.lower()}, {time.monotonic() - begun:.0f} s")
    except KeyboardInterrupt:
        _say(f"ingest: interrupted; the run goes on: prefect flow-run cancel {run.run_id}")
        raise
    return run


def _report(run: FlowRun, table: Sequence[dict[str, Any]] | None, *, waited: bool, as_json: bool) -> None:
    if as_json:
        facts = {"run_id": run.run_id, "name": run.name, "state": run.state.lower(), "message": run.message}
        sources = [row for row in table or () if row["source"] != "total"]
        total = next((row for row in table or () if row["source"] == "total"), None)
        typer.echo(json.dumps(facts | ({"sources": sources, "total": total} if table is not None else {})))
    elif table is not None:
        from ingest.model import Tally
        from ingest.report.run_table import print_run_table, summary

        tallies = [Tally(**row) for row in table if row["source"] != "total"]
        if tallies:
            print_run_table(tallies)
        typer.echo(summary(tallies))
    if waited and run.state != "COMPLETED":
        ended = run.state.lower() if run.is_final else f"{run.state.lower()}, and goes on"
        _say(f"ingest: the run is {ended}: {run.message or 'see its page'}")
        raise typer.Exit(1)


def _say(sentence: str) -> None:
    typer.echo(sentence, err=True)
