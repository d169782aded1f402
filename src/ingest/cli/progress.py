"""The progress bar: on a terminal only, and on standard error, so that output can be piped."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from ingest.model import Tally

_T = TypeVar("_T")


def with_progress(batches: Iterable[list[Tally]], total: int | None) -> Iterator[list[Tally]]:
    """Pass batches of tallies through, showing how many pages are done of ``total``."""
    return shown(batches, total, lambda tallies: sum(t.found for t in tallies))


def shown(items: Iterable[_T], total: int | None, size: Callable[[_T], int]) -> Iterator[_T]:
    """Pass items through, showing how much of ``total`` is done by the size of each."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console  # 60 ms that a pipe need not pay
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("ingesting", total=total)
        for item in items:
            progress.advance(task, size(item))
            yield item
