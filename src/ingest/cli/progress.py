"""The progress bar: on a terminal only, and on standard error, so that output can be piped."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.model import Tally


def with_progress(batches: Iterable[list[Tally]], total: int | None) -> Iterator[list[Tally]]:
    """Pass batches of tallies through, showing how many pages are done of ``total``."""
    if not sys.stderr.isatty():
        yield from batches
        return
    from rich.console import Console  # 60 ms that a pipe need not pay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("ingesting", total=total)
        for tallies in batches:
            progress.advance(task, sum(t.found for t in tallies))
            yield tallies
