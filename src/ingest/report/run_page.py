"""A run as a page, and as a note: what it found and loaded, what failed, and the command that tries it again."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, fields
from html import escape
from typing import TYPE_CHECKING

from ingest.model import Tally
from ingest.report.run_table import add_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.model import RejectionCount
    from ingest.web import PollSummary

_COLUMNS = tuple(f.name for f in fields(Tally))
_MOST_FAILURES = 20  # of a kind in the note; the page has them all
_STYLE = """
:root { color-scheme: light dark }
body { --dim: color-mix(in srgb, currentColor 62%, transparent); --line: color-mix(in srgb, currentColor 18%, transparent);
  font: .95rem/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.5rem; line-height: 1.25; margin: .2rem 0 } h2 { font-size: 1.05rem; margin: 2rem 0 .5rem }
p { margin: .3rem 0; overflow-wrap: anywhere } .dim { color: var(--dim) }
table { border-collapse: collapse; width: 100%; font-size: .85rem }
th, td { text-align: end; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid var(--line); overflow-wrap: anywhere }
.words th, .words td, th:first-child, td:first-child { text-align: start } tfoot { font-weight: 600 }
td { font-variant-numeric: tabular-nums } code { background: color-mix(in srgb, currentColor 8%, transparent); padding: .1rem .3rem }
"""


@dataclass(frozen=True, slots=True)
class RunReport:
    """What there is to say of a run."""

    name: str
    facts: Mapping[str, str]
    """When, by whom, with what: for people."""
    tallies: Sequence[Tally]
    rejections: Sequence[RejectionCount]
    polls: Sequence[PollSummary] = ()
    set_aside: Sequence[tuple[str, str, int]] = ()
    """Hosts that were left alone: name, reason, and how many requests were not made."""
    missing: Sequence[str] = ()
    """Targets that name no file or folder."""

    @property
    def failed_polls(self) -> list[PollSummary]:
        """The feeds that could not be had."""
        return [p for p in self.polls if p.error is not None]

    @property
    def is_clean(self) -> bool:
        """Whether there is nothing to look after."""
        return not (self.rejections or self.failed_polls or self.set_aside or self.missing)


def retry_command(rejection: RejectionCount) -> str:
    """What a person types to try the pages of a rejection again."""
    return shlex.join(["ingest", "rejections", "retry", "--stage", str(rejection.stage), "--reason", rejection.reason])


def failures_note(report: RunReport) -> str:
    """What failed, as Markdown, with the commands that try it again."""
    if report.is_clean:
        return "Nothing failed."
    parts = []
    rows: list[tuple[str, ...]]
    if report.missing:
        parts.append("## Targets that name no file or folder\n\n" + _markdown(("target",), [(m,) for m in report.missing]))
    if report.rejections:
        rows = [(f"{r.pages:,}", r.stage, r.reason, r.example, f"`{retry_command(r)}`") for r in report.rejections]
        parts.append("## Pages without an article\n\n" + _markdown(("pages", "stage", "reason", "for instance", "again"), rows))
    if report.failed_polls:
        rows = [(p.source, p.feed, p.state, p.error or "", f"`ingest poll {shlex.quote(p.source)}`") for p in report.failed_polls]
        parts.append("## Feeds that could not be had\n\n" + _markdown(("source", "feed", "state", "error", "again"), rows))
    if report.set_aside:
        rows = [(host, why, f"{requests:,}", "the next run asks it again") for host, why, requests in report.set_aside]
        parts.append("## Hosts that were left alone\n\n" + _markdown(("host", "why", "requests not made", "again"), rows))
    return "\n\n".join(parts)


def run_page(report: RunReport) -> str:
    """A self-contained HTML document; no script, nothing loaded from elsewhere."""
    total = add_up("total", report.tallies)
    ordered = sorted(report.tallies, key=lambda t: (-t.found, t.source))
    rows: list[tuple[str, ...]]
    parts = [f"<h1>{escape(report.name)}</h1>"]
    parts += [f'<p><span class="dim">{escape(name)}</span> {escape(value)}</p>' for name, value in report.facts.items()]
    parts.append("<h2>What was found and loaded</h2>" + _table(_COLUMNS, map(_cells, ordered), _cells(total)))
    if report.missing:
        parts.append("<h2>Targets that name no file or folder</h2>" + _table(("target",), [(m,) for m in report.missing]))
    if report.rejections:
        rows = [(f"{r.pages:,}", r.stage, r.reason, r.example, retry_command(r)) for r in report.rejections]
        parts.append("<h2>Pages without an article</h2>" + _table(("pages", "stage", "reason", "for instance", "try again"), rows))
    if report.polls:
        polls = sorted(report.polls, key=lambda p: (p.error is None, -p.new, p.source, p.feed))
        rows = [(p.source, p.feed, p.state, f"{p.entries:,}", f"{p.new:,}", f"{p.changed:,}", p.error or "") for p in polls]
        parts.append("<h2>Feeds</h2>" + _table(("source", "feed", "state", "entries", "new", "changed", "error"), rows))
    if report.set_aside:
        rows = [(host, why, f"{requests:,}") for host, why, requests in report.set_aside]
        parts.append("<h2>Hosts that were left alone</h2>" + _table(("host", "why", "requests not made"), rows))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(report.name)}</title><style>{_STYLE}</style></head>\n<body>\n" + "\n".join(parts) + "\n</body></html>\n"
    )


def _cells(tally: Tally) -> tuple[str, ...]:
    return (tally.source, *(f"{getattr(tally, c):,}" for c in _COLUMNS[1:-1]), f"{tally.seconds:.2f}")


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], foot: Sequence[str] | None = None) -> str:
    def row(cells: Sequence[str], tag: str = "td") -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    kind = ' class="words"' if foot is None else ""
    end = f"<tfoot>{row(foot)}</tfoot>" if foot else ""
    return f"<table{kind}><thead>{row(head, 'th')}</thead><tbody>{''.join(map(row, rows))}</tbody>{end}</table>"


def _markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows[:_MOST_FAILURES]]
    table = "\n".join("| " + " | ".join(_in_cell(str(cell)) for cell in line) + " |" for line in lines)
    more = len(rows) - _MOST_FAILURES
    return table + (f"\n\n… and {more:,} more." if more > 0 else "")


def _in_cell(text: str) -> str:
    """Text that ends neither its cell nor its row, and is no markup of its own: places and messages come from the web."""
    text = " ".join(text.split()).replace("|", "\\|")
    return text if text.startswith("`") else text.replace("<", "&lt;").replace("[", "\\[")
