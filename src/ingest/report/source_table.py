"""Followed sources, as a table and one by one."""

from __future__ import annotations

import sys
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

_PIPE_WIDTH = 140  # characters


def print_source_table(sources: Sequence[Any]) -> None:
    """Print what is followed, a line a source (`ingest.store.sources.SourceStatus`)."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("source", no_wrap=True, overflow="ellipsis", min_width=16)
    table.add_column("state", no_wrap=True)
    for name in ("feeds", "articles", "waiting"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("newest", no_wrap=True)
    table.add_column("next poll", no_wrap=True)
    table.add_column("last error", overflow="ellipsis")
    for s in sources:
        due = min((f.next_poll_at for f in s.feeds if f.state in {"healthy", "failing"}), default=None)
        error = next((f.last_error for f in s.feeds if f.last_error), "")
        numbers = (f"{n:,}" for n in (len(s.feeds), s.articles, s.waiting))
        table.add_row(s.source.slug, state_of(s), *numbers, _minute(s.newest), _minute(due), error)
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def print_source(status: Any) -> None:  # noqa: ANN401  # a SourceStatus: report and store do not know each other
    """Print one source with all that is known of it."""
    console = Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH, highlight=False)
    console.print(f"[bold]{status.source.slug}[/bold]  {state_of(status)}")
    for f in fields(status.source):
        value = getattr(status.source, f.name)
        if f.name not in {"slug", "feeds"} and value is not None and value is not False:
            console.print(f"  {f.name.replace('_', ' '):<14} {value}", markup=False)
    console.print(f"  {'articles':<14} {status.articles:,}, newest {_minute(status.newest) or 'none'}; {status.waiting:,} URLs wait")
    for feed in status.feeds:
        polled = f"polled {_minute(feed.last_polled_at) or 'never'}, next {_minute(feed.next_poll_at)}"
        console.print(f"  {feed.state:<14} {feed.url} ({feed.kind or 'kind not known yet'}), {polled}", markup=False)
        if feed.last_error:
            console.print(f"  {'':<14} {feed.last_error}", markup=False)


def state_of(status: Any) -> str:  # noqa: ANN401  # as above
    """The worst that can be said of a source's feeds."""
    if status.paused:
        return "paused"
    states = {feed.state for feed in status.feeds}
    return next((state for state in ("failing", "gone", "healthy") if state in states), "no feed")


def _minute(at: Any) -> str:  # noqa: ANN401  # a datetime, or None
    return at.strftime("%Y-%m-%d %H:%M") if at else ""
