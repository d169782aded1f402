"""The table of a poll: what each feed had, and how it is."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ingest.web import PollSummary

_PIPE_WIDTH = 140  # characters
_MOST_ROWS = 40  # feeds on a screen; ops.feed_poll has them all


def print_poll_table(polls: Sequence[PollSummary]) -> None:
    """Print the table on standard output: feeds in trouble first, then those with most new entries."""
    table = Table(header_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("source", no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("feed", no_wrap=True, overflow="ellipsis", min_width=20)
    table.add_column("state", no_wrap=True)
    for name in ("entries", "new", "changed"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("error", overflow="ellipsis")
    ordered = sorted(polls, key=lambda p: (p.error is None, -p.new, p.source, p.feed))
    for poll in ordered[:_MOST_ROWS]:
        numbers = (f"{n:,}" for n in (poll.entries, poll.new, poll.changed))
        table.add_row(poll.source, poll.feed, poll.state, *numbers, poll.error or "")
    if (rest := len(ordered) - _MOST_ROWS) > 0:
        table.add_row(f"… {rest} more feeds", "", "", "", "", "", "", style="dim")
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)
