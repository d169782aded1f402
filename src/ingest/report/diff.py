"""Two versions of an article side by side: field by field, the body paragraph by paragraph."""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MARKS = {"same": "  ", "removed": "- ", "added": "+ "}
_STYLES = {"same": "dim", "removed": "red", "added": "green"}


@dataclass(frozen=True, slots=True)
class Piece:
    """Consecutive lines of a field's text that both versions have, or one of them."""

    kind: Literal["same", "removed", "added"]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field that differs. The lines are the body's paragraphs, the authors, or the value itself."""

    field: str
    pieces: tuple[Piece, ...]


def difference(before: Mapping[str, Any], after: Mapping[str, Any], fields: Sequence[str]) -> list[FieldChange]:
    """The fields that differ, in the order given."""
    changes = []
    for field in fields:
        old, new = _lines(before[field]), _lines(after[field])
        if old != new:
            changes.append(FieldChange(field, tuple(_pieces(old, new))))
    return changes


def _lines(value: Any) -> tuple[str, ...]:  # noqa: ANN401  # a column's value
    if value is None:
        return ()
    if isinstance(value, dt.datetime):
        return (value.astimezone(dt.UTC).isoformat(),)
    if isinstance(value, list):
        return tuple(value)
    return tuple(value.split("\n\n"))


def _pieces(old: tuple[str, ...], new: tuple[str, ...]) -> list[Piece]:
    # No paragraph is junk: autojunk would take those that recur in long lists for noise.
    found = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece("same", old[a:b]))
            continue
        if a < b:
            found.append(Piece("removed", old[a:b]))
        if c < d:
            found.append(Piece("added", new[c:d]))
    return found


def as_json(change: FieldChange) -> dict[str, Any]:
    """A change as JSON holds it; of what is the same only its length."""
    return {
        "field": change.field,
        "pieces": [{"same": len(p.lines)} if p.kind == "same" else {p.kind: list(p.lines)} for p in change.pieces],
    }


def print_versions(history: Any) -> None:  # noqa: ANN401  # a store.history.History: report and store do not know each other
    """Print an article's name and its versions, a line each."""
    console = _console()
    console.print(Text(f"Article {history.article_id}, {history.source}: {history.title or '(no title)'}", style="bold"), soft_wrap=True)
    console.print(Text(history.url), soft_wrap=True)
    width = max((len(v.reason) for v in history.versions), default=0)
    for v in history.versions:
        at = v.observed_at.astimezone(dt.UTC)
        changed = ", ".join(v.changed) or "-"
        line = f"  {v.version_no:>3}  {at:%Y-%m-%d %H:%M}  {v.reason:<{width}}  {v.word_count:>6,} words  extractor {v.extractor_version}  "
        console.print(Text(line + changed), soft_wrap=True)


def print_difference(changes: Sequence[FieldChange], numbers: tuple[int, int]) -> None:
    """Print what differs: removed red, added green on a terminal, with - and + in front anywhere."""
    console = _console()
    console.print(Text(f"\nFrom version {numbers[0]} to version {numbers[1]}:", style="bold"))
    if not changes:
        console.print(Text("  title, authors, dates and body are the same"))
    for change in changes:
        console.print(Text(change.field, style="bold"))
        for piece in change.pieces:
            _print_piece(console, piece)


def _print_piece(console: Console, piece: Piece) -> None:
    lines = piece.lines
    if piece.kind == "same":
        lines = (f"({len(lines)} unchanged)",)
    for line in lines:
        # A text's own line breaks must not look like another paragraph.
        marked = "\n".join(_MARKS[piece.kind] + part for part in line.split("\n"))
        console.print(Text(marked, style=_STYLES[piece.kind]), soft_wrap=True)


def _console() -> Console:
    return Console(highlight=False, file=sys.stdout)
