"""An article's explanation as a page: the article as kept, the dropped blocks in place, greyed, reason in the margin."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from ingest.model import Article, BlockKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import Block, FieldProvenance, PageResult

_STYLE = """
:root { color-scheme: light dark }
body { --dim: color-mix(in srgb, currentColor 60%, transparent); --line: color-mix(in srgb, currentColor 20%, transparent) }
body { font: 1rem/1.6 Georgia, serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 1.1rem; font-family: system-ui, sans-serif; overflow-wrap: anywhere }
table { border-collapse: collapse; width: 100%; font: .85rem/1.4 system-ui, sans-serif; margin-bottom: 2rem }
th, td { text-align: start; vertical-align: top; padding: .3rem .6rem; border-top: 1px solid var(--line); overflow-wrap: anywhere }
.block { display: grid; grid-template-columns: 8rem minmax(0, 1fr); gap: 1rem; margin: .6rem 0 }
.block > * { margin: 0; overflow-wrap: anywhere } .block pre { white-space: pre-wrap }
.why { font: .75rem/2 system-ui, sans-serif; color: var(--dim); text-align: end }
.dropped > :last-child { color: var(--dim); text-decoration: line-through; text-decoration-thickness: 1px }
.chosen { font-weight: 600 } .rejected { color: #b00020 }
@media (max-width: 40rem) { .block { grid-template-columns: 1fr; gap: 0 } .why { text-align: start } }
"""
_TAGS = {
    BlockKind.HEADING: "h3",
    BlockKind.QUOTE: "blockquote",
    BlockKind.PREFORMATTED: "pre",
}


def explain_page(results: Sequence[PageResult]) -> str:
    """A self-contained HTML document that explains each result; no script, nothing loaded from elsewhere."""
    parts = "\n".join(part for result in results for part in _result(result))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>ingest explain</title><style>{_STYLE}</style></head>\n<body>\n{parts}\n</body></html>\n"
    )


def _result(result: PageResult) -> Iterable[str]:
    yield f"<h1>{escape(result.candidate.path)}</h1>"
    article = result.result
    if not isinstance(article, Article):
        yield f'<p class="rejected">rejected at {escape(article.stage)}: {escape(article.reason)}: {escape(article.message)}</p>'
        return
    yield "<table><tr><th>field<th>chosen from<th>candidates, best first</tr>"
    yield from map(_field_row, article.provenance)
    yield "</table>"
    yield from map(_block, article.blocks)


def _field_row(p: FieldProvenance) -> str:
    candidates = "<br>".join(
        f'<span class="{"chosen" if c.origin == p.chosen_from else ""}">{escape(c.origin)}</span>: {escape(c.value)}' for c in p.candidates
    )
    return f"<tr><td>{escape(p.field)}<td>{escape(p.chosen_from)}<td dir=auto>{candidates}</tr>"


def _block(block: Block) -> str:
    tag = _TAGS.get(block.kind, "p")
    kind = "" if block.kind is BlockKind.PARAGRAPH else block.kind.replace("_", " ")
    why = kind if block.kept else f"{block.reason}".replace("_", " ")
    state = "kept" if block.kept else "dropped"
    return f'<div class="block {state}"><div class="why">{why}</div><{tag} dir="auto">{escape(block.text)}</{tag}></div>'
