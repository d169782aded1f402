"""The run table: what a run found and what became of it, source by source."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from ingest.model import Tally

if TYPE_CHECKING:
    from collections.abc import Sequence

_COLUMNS = ("found", "new", "updated", "unchanged", "duplicates", "rejected")
_PIPE_WIDTH = 120  # characters
_MOST_ROWS = 25  # sources on a screen; `--json` and ops.run_count have them all


def print_run_table(tallies: Sequence[Tally]) -> None:
    """Print the table on standard output, as wide as the terminal, or as it needs where a pipe has no width."""
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(run_table(tallies))


def run_table(tallies: Sequence[Tally]) -> Table:
    """The table for a terminal: the sources with most pages first, a line for the rest, and the total."""
    table = Table(
        show_footer=len(tallies) > 1, header_style="bold", footer_style="bold", box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0)
    )
    total = add_up("total", tallies)
    table.add_column("source", footer="total", overflow="ellipsis", no_wrap=True, min_width=16)
    for column in _COLUMNS:
        table.add_column(column, footer=f"{getattr(total, column):,}", justify="right", no_wrap=True)
    table.add_column("seconds", footer=f"{total.seconds:.2f}", justify="right", no_wrap=True)
    ordered = sorted(tallies, key=lambda t: (-t.found, t.source))
    for tally in ordered[:_MOST_ROWS]:
        table.add_row(tally.source, *(f"{getattr(tally, c):,}" for c in _COLUMNS), f"{tally.seconds:.2f}")
    rest = ordered[_MOST_ROWS:]
    if rest:
        others = add_up(f"… {len(rest)} more sources", rest)
        table.add_row(others.source, *(f"{getattr(others, c):,}" for c in _COLUMNS), f"{others.seconds:.2f}", style="dim")
    return table


def summary(tallies: Sequence[Tally]) -> str:
    """One sentence that says what the run changed."""
    total = add_up("total", tallies)
    if not total.found:
        return "No articles, and no saved pages (.html, .htm, .txt, or .gz of these) there."
    if total.new or total.updated:
        changed = [f"{n:,} {word}" for n, word in ((total.new, "new"), (total.updated, "updated")) if n]
        return f"Loaded {' and '.join(changed)} of {total.found:,} {'page' if total.found == 1 else 'pages'}."
    if total.came_to_nothing:
        return "Nothing loaded: no page gave an article."
    return "Nothing new: what these pages hold is loaded already."


def add_up(name: str, tallies: Sequence[Tally]) -> Tally:
    """The sum of tallies under a name."""
    total = Tally(name)
    for tally in tallies:
        for column in (*_COLUMNS, "seconds"):
            setattr(total, column, getattr(total, column) + getattr(tally, column))
    return total
