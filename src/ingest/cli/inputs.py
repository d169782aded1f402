"""The arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

UrlMap = Annotated[
    Path | None,
    typer.Option("--url-map", metavar="FILE", help='The URLs of saved pages: JSON lines of {"path": …, "url": …}.'),
]
Jobs = Annotated[
    int | None,
    typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes that extract. [dim]Default: one a core.[/dim]"),
]


Rules = Annotated[
    Path | None,
    typer.Option("--rules", metavar="PATH", help="Rules for sites: a rule file, or a folder of them. [dim]Default: INGEST_RULES.[/dim]"),
]


Targets = Annotated[
    list[str], typer.Argument(metavar="TARGET...", help="URLs, files, folders, or - for standard input.", show_default=False)
]
KindOption = Annotated[
    str | None,
    typer.Option(
        "--kind",
        metavar="KIND",
        help="What the targets are, where it is not to be told: article, feed, sitemap, homepage, section, urls, opml, warc, files.",
    ),
]
Since = Annotated[
    str | None, typer.Option("--since", metavar="WHEN", help="Leave out what feeds and sitemaps date earlier: 2026-11-02, or 7d.")
]


def existing_targets(targets: Sequence[str]) -> tuple[list[str], list[str]]:
    """The targets that may name something, and the paths that name nothing; each of these is reported on standard error."""
    from ingest.discover.files import missing_targets  # start-up of --help stays short

    missing = missing_targets(targets)
    for target in missing:
        typer.echo(f"ingest: {target}: no such file or folder.", err=True)
    return [t for t in targets if t not in missing], missing


def saved_targets(targets: Sequence[str]) -> tuple[list[str], list[str]]:
    """As `existing_targets`, for commands that need no network.

    Raises:
        UsageError: for a URL.
    """
    from ingest.errors import UsageError

    for target in targets:
        if "://" in target:
            raise UsageError(f"{target} is a URL, and this command reads saved pages: `ingest explain` and `ingest run` fetch.")
    return existing_targets(targets)


def url_map(file: Path | None) -> Mapping[Path, str]:
    """The content of ``--url-map``, empty where it is not given."""
    from ingest.discover.url_map import read_url_map

    return read_url_map(file) if file else {}
