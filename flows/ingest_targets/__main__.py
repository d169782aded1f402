"""Run the flow ad hoc: ``python -m flows.ingest_targets seeds/``."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import typer

from ingest.errors import IngestError
from ingest.model import Tally

_HELP = """Run the Prefect flow `ingest-targets` once, here and now.

It does what `ingest run` does, and the run appears in Prefect: on the server that PREFECT_API_URL names, else on a temporary one, whose
start takes ten seconds or more."""
_EPILOG = """[bold]Examples[/bold]

  python -m flows.ingest_targets seeds/

  PREFECT_API_URL=http://127.0.0.1:4200/api python -m flows.ingest_targets saved-pages/ --jobs 2

Exit codes: 0 it ran, 1 every target failed, 2 wrong usage or no usable database, 130 interrupted."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.command(help=_HELP, epilog=_EPILOG)
def run(
    targets: Annotated[list[str], typer.Argument(metavar="TARGET...", help="Files and folders of saved pages.", show_default=False)],
    *,
    url_map: Annotated[str | None, typer.Option("--url-map", metavar="FILE", help='JSON lines of {"path": …, "url": …}.')] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that extract.")] = None,
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, metavar="N", help="Pages a task.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="The run table as one JSON object on standard output.")] = False,
) -> None:
    """Parse the command line, then import Prefect."""
    from flows.ingest_targets.flow import EveryTargetFailed, ingest_targets

    try:
        result = ingest_targets(targets, url_map=url_map, jobs=jobs, batch_size=batch_size)
    except EveryTargetFailed as error:
        typer.echo(f"ingest-targets: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        typer.echo(json.dumps(result))
        return
    from ingest.report.run_table import print_run_table, summary

    tallies = [Tally(**row) for row in result["sources"]]
    print_run_table(tallies)
    typer.echo(summary(tallies))


def main() -> None:
    """Errors that are meant for a person end as one sentence and exit code 2."""
    try:
        app()
    except IngestError as error:
        typer.echo(f"ingest-targets: {error}", err=True)
        sys.exit(2)


if __name__ == "__main__":
    main()
