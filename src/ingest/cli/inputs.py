"""The arguments that several commands share."""

from __future__ import annotations

import os
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


def job_count(jobs: int | None) -> int:
    """The number of processes asked for, else one for each core that this process may use."""
    if jobs is not None:
        return jobs
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def existing_targets(targets: Sequence[str]) -> tuple[list[str], list[str]]:
    """The targets that name something, and those that name nothing; each of these is reported on standard error.

    Raises:
        UsageError: for a URL.

    """
    from ingest.discover.files import missing_targets  # start-up of --help stays short

    missing = missing_targets(targets)
    for target in missing:
        typer.echo(f"ingest: {target}: no such file or folder.", err=True)
    return [t for t in targets if t not in missing], missing


def url_map(file: Path | None) -> Mapping[Path, str]:
    """The content of ``--url-map``, empty where it is not given."""
    from ingest.discover.url_map import read_url_map

    return read_url_map(file) if file else {}
