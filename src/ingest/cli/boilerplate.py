"""`ingest boilerplate`: what was learned of a source, and a person's verdicts on it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

_HELP = """Show what recurs in a source's articles and is taken out of them, with the evidence; or say of a block what it is.

A pinned verdict holds whatever the numbers say. It counts for what is loaded from then on; `ingest reprocess --source SLUG` brings what
is loaded already in line."""
_EPILOG = """[bold]Examples[/bold]

  ingest boilerplate post.example

  ingest boilerplate post.example --pin 3082750037413685032 --as text

  ingest boilerplate post.example --pin "Read the book of the week." --as boilerplate

Exit codes: 0 it is shown or pinned, 2 no such source or block."""


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command("boilerplate", help=_HELP, epilog=_EPILOG)(_boilerplate)


def _boilerplate(
    source: Annotated[str, typer.Argument(metavar="SOURCE", help="The source's slug.", show_default=False)],
    *,
    pin: Annotated[str | None, typer.Option("--pin", metavar="BLOCK", help="A block's number, or a text as it stands on the page.")] = None,
    verdict: Annotated[str | None, typer.Option("--as", metavar="VERDICT", help="boilerplate or text.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a block.")] = False,
) -> None:
    from ingest.errors import UsageError  # start-up of --help stays short
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.verdicts import learned_of, pin_verdict

    if (pin is None) != (verdict is None) or verdict not in {None, "boilerplate", "text"}:
        raise UsageError("Pin a block by --pin BLOCK --as boilerplate, or --as text.")
    with open_engine(Settings.from_env()) as engine:
        if pin is not None and verdict is not None:
            pinned = pin_verdict(engine, source, pin, verdict)
            typer.echo(f"Pinned as {verdict}: {pinned}", err=True)
            return
        blocks = learned_of(engine, source)
    for block in blocks:
        if as_json:
            typer.echo(json.dumps(asdict(block) | {"learned_at": block.learned_at.isoformat()}, ensure_ascii=False))
        else:
            how = f"{block.verdict}, pinned" if block.is_pinned else block.verdict
            times = f"{block.removed_from:,} {'time' if block.removed_from == 1 else 'times'}"
            typer.echo(f"{block.block_key}  {how}, removed {times}: {block.evidence}\n  {block.sample}\n")
    if not blocks and not as_json:
        typer.echo("Nothing has been learned of this source.")
