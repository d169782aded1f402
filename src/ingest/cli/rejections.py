"""`ingest rejections`: what gave no article, and another try for it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ingest.cli.inputs import Jobs, Rules

if TYPE_CHECKING:
    from ingest.store.rejected import RejectedPlace, RetryPlan

app = typer.Typer(no_args_is_help=True, help="Pages that gave no article: why, their bytes, and another try.")

_Stage = Annotated[str | None, typer.Option("--stage", metavar="STAGE", help="Refused by it: fetch, read, decode, extract, load …")]
_Reason = Annotated[str | None, typer.Option("--reason", metavar="CODE", help="Refused for it: empty, no_article_text …")]
_Host = Annotated[
    str | None, typer.Option("--host", "--source", metavar="NAME", help="Of this host and those below it, or of this source's host.")
]
_Json = Annotated[bool, typer.Option("--json", help="JSON on standard output.")]
_EXIT_CODES = "Exit codes: 0 it ran, also where nothing fits; 2 wrong usage or no usable database."


@app.command(
    "list",
    epilog="[bold]Examples[/bold]\n\n  ingest rejections list --stage extract --since 7d\n\n"
    f"  ingest rejections list --host news.example --all --json\n\n{_EXIT_CODES}",
)
def list_(
    *,
    stage: _Stage = None,
    reason: _Reason = None,
    host: _Host = None,
    since: Annotated[str | None, typer.Option("--since", metavar="WHEN", help="Last refused since: 2026-11-02, or 7d.")] = None,
    also_resolved: Annotated[bool, typer.Option("--all", help="Also those whose place has given an article since.")] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=1_000_000, metavar="N", help="Most rows to show, the latest first.")
    ] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a rejection.")] = False,
) -> None:
    """Show rejections, the latest first: their number, stage, reason, place and sentence."""
    from ingest.discover.targets import since_instant  # start-up of --help stays short
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.rejected import Filter, rejected

    hosts = (host,) if host else ()
    wanted = Filter((), _checked_stage(stage), reason, hosts, since_instant(since), also_resolved=also_resolved)
    with open_engine(Settings.from_env()) as engine:
        found, total = rejected(engine, wanted, limit)
    for place in found:
        if as_json:
            typer.echo(json.dumps(_facts(place), ensure_ascii=False))
            continue
        done = f", {place.resolution or 'resolved'}" if place.resolved_at else ""
        times = f", {place.attempts:,} times" if place.attempts > 1 else ""
        typer.echo(f"{place.rejection_id:>6}  {place.last_at:%Y-%m-%d %H:%M}  {place.stage}: {place.reason}{times}{done}")
        typer.echo(f"        {place.url or place.location}\n        {place.message}")
    if not as_json:
        more = f" ({total - len(found):,} more: --limit)" if total > len(found) else ""
        typer.echo(f"{total:,} {'rejection' if total == 1 else 'rejections'}{more}." if total else "No rejection fits.")


@app.command(
    epilog="[bold]Examples[/bold]\n\n  ingest rejections show 17\n\n  ingest rejections show 17 --bytes page.html\n\n"
    "  ingest rejections show 17 --bytes - | less\n\nExit codes: 0 shown; 2 where there is no such rejection, or its bytes are not kept."
)
def show(
    number: Annotated[int, typer.Argument(metavar="ID", min=1, help="Its number: see `list`.", show_default=False)],
    *,
    bytes_to: Annotated[
        str | None, typer.Option("--bytes", metavar="FILE", help="Write the page's bytes there instead; - for standard output.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Show one rejection with all that is known of it, or write its page's bytes as they were refused."""
    from ingest.settings import Settings  # start-up of --help stays short
    from ingest.store.engine import open_engine
    from ingest.store.rejected import rejected_bytes, rejected_one

    with open_engine(Settings.from_env()) as engine:
        place = rejected_one(engine, number)
        body = rejected_bytes(engine, place) if bytes_to else None
    if body is not None and bytes_to:
        _write(body, bytes_to)
    elif as_json:
        typer.echo(json.dumps(_facts(place), ensure_ascii=False))
    else:
        for name, value in _facts(place).items():
            if value is not None:
                typer.echo(f"{name.replace('_', ' '):<18} {value}")


@app.command(
    epilog="[bold]Examples[/bold]\n\n  ingest rejections retry 17 18\n\n  ingest rejections retry --stage extract --rules site-rules/\n\n"
    "  ingest rejections retry --reason timeout && ingest poll\n\n"
    "Exit codes: 0 it ran, 1 no page that was kept gave an article, 2 wrong usage or no usable database, 130 interrupted."
)
def retry(
    numbers: Annotated[list[int] | None, typer.Argument(metavar="[ID...]", help="All open ones where none is named.")] = None,
    *,
    stage: _Stage = None,
    reason: _Reason = None,
    host: _Host = None,
    jobs: Jobs = None,
    rules: Rules = None,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    """Try open rejections again.

    Pages that could be had and gave no article are extracted again from the bytes that are kept. URLs that could not be had are put back
    into the queue, for the next `ingest poll` to fetch.
    """
    from ingest.cli.again import rejected_again, report_again  # start-up of --help stays short
    from ingest.cli.loading import Outcome
    from ingest.rules.book import book_at
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.rejected import Filter, enqueue_again, plan_retry

    settings = Settings.from_env()
    wanted = Filter(tuple(numbers or ()), _checked_stage(stage), reason, (host,) if host else ())
    book = book_at(rules or settings.rules)
    with open_engine(settings) as engine:
        plan = plan_retry(engine, wanted)
        enqueue_again(engine, plan.urls)
        _say_plan(plan)
        outcome = Outcome([], [], [])
        if plan.kept:
            parameters = {"rejections": len(plan.kept)}
            outcome = rejected_again(engine, "ingest rejections retry", parameters, plan.kept, settings, book, settings.job_count(jobs))
    if plan.kept or as_json:
        report_again(outcome, "No page to extract again.", as_json=as_json)


def _say_plan(plan: RetryPlan) -> None:
    """On standard error, which leaves standard output to the run table."""
    if plan.urls:
        urls = "1 URL is" if len(plan.urls) == 1 else f"{len(plan.urls):,} URLs are"
        typer.echo(f"{urls} in the queue again: `ingest poll` fetches what is there.", err=True)
    if plan.files:
        have = "1 place on a disk has" if len(plan.files) == 1 else f"{len(plan.files):,} places on a disk have"
        typer.echo(f"{have} no kept page to extract again: `ingest run` reads what is there now, for instance {plan.files[0]}", err=True)
    if not (plan.kept or plan.urls or plan.files):
        typer.echo("No open rejection fits.", err=True)


def _checked_stage(stage: str | None) -> str | None:
    from ingest.errors import UsageError
    from ingest.model import Stage

    if stage is not None and stage not in list(Stage):
        raise UsageError(f"{stage} is no stage: {', '.join(Stage)}.")
    return stage


def _write(body: bytes, to: str) -> None:
    from ingest.errors import UsageError

    if to == "-":
        typer.echo(body, nl=False)
        return
    try:
        Path(to).write_bytes(body)
    except OSError as error:
        raise UsageError(f"{to} cannot be written: {error.strerror or error}.") from None
    typer.echo(f"{len(body):,} bytes in {to}", err=True)


def _facts(place: RejectedPlace) -> dict[str, Any]:
    """The row as JSON holds it."""
    times = {name: at.isoformat() if (at := getattr(place, name)) else None for name in ("at", "last_at", "resolved_at")}
    runs = {"first_run_id": str(place.first_run_id), "last_run_id": str(place.last_run_id)}
    return asdict(place) | times | runs | {"body_sha256": place.body_sha256.hex() if place.body_sha256 else None}
