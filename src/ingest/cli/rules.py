"""`ingest rules`: rule files for sites."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Rules that people write for sites whose pages need them (docs/site-rules.md).")

_HELP = """Check rule files: every mistake with its file and line, and what to write."""
_EPILOG = """[bold]Examples[/bold]

  ingest rules check news.example.yaml

  ingest rules check rules/ --json

Exit codes: 0 all are right, 1 there is a mistake, 2 wrong usage."""


@app.callback()
def _group() -> None:
    """Without it, Typer would make the only command the group itself."""


@app.command("check", help=_HELP, epilog=_EPILOG)
def _check(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Rule files, and folders of them.", show_default=False)],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object on standard output.")] = False,
) -> None:
    from ingest.errors import RuleError  # start-up of --help stays short
    from ingest.rules.book import read_book, rule_files
    from ingest.rules.file import read_rules

    files = rule_files(paths)
    mistakes: list[str] = []
    for file in files:
        try:
            read_rules(file)
        except RuleError as error:
            mistakes.append(str(error))
    if not mistakes:
        try:
            read_book(paths)
        except RuleError as error:
            mistakes.append(str(error))
    if as_json:
        typer.echo(json.dumps({"files": [str(file) for file in files], "mistakes": mistakes}))
    else:
        for mistake in mistakes:
            typer.echo(mistake, err=True)
        typer.echo(
            f"{len(files):,} rule file{'s' if len(files) != 1 else ''}: " + (f"{len(mistakes)} with a mistake" if mistakes else "all right")
        )
    if mistakes:
        raise typer.Exit(1)
