"""An article's explanation as a page: the article as kept, the dropped blocks in place, greyed, reason in the margin."""

from __future__ import annotations

from collections import Counter
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING

from ingest.model import Article, BlockKind
from ingest.report.vocabulary import REASONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ingest.model import Block, FieldProvenance, PageResult

_SHOWN_IN_A_ROW = 3  # dropped blocks; more of them fold, so that the article stays readable
_STYLE = """
:root { color-scheme: light dark }
body { --dim: color-mix(in srgb, currentColor 62%, transparent); --line: color-mix(in srgb, currentColor 18%, transparent); --kept:
  #2e7d32; --cut: #b26a00; font: 1.05rem/1.65 Georgia, serif; max-width: 64rem; margin: 2rem auto; padding: 0 1rem }
header, table, .why, summary, dl, footer { font-family: system-ui, sans-serif }
h1 { font-size: 1.7rem; line-height: 1.25; margin: .2rem 0 }
header p { margin: .2rem 0; color: var(--dim); font-size: .9rem; overflow-wrap: anywhere }
h2 { font: 600 1rem/2 system-ui, sans-serif; margin: 2rem 0 .5rem; border-bottom: 1px solid var(--line) }
table { border-collapse: collapse; width: 100%; font-size: .85rem; line-height: 1.45 }
th, td { text-align: start; vertical-align: top; padding: .35rem .6rem; border-top: 1px solid var(--line); overflow-wrap: anywhere }
td:first-child { white-space: nowrap } ol { margin: 0; padding-inline-start: 1.2rem; color: var(--dim) }
.chosen { color: CanvasText; font-weight: 600 }
.block { display: grid; grid-template-columns: 8.5rem minmax(0, 1fr); gap: 1rem; margin: .7rem 0 }
.block > * { margin: 0; overflow-wrap: anywhere } .block pre { white-space: pre-wrap; font-size: .9rem }
.block blockquote { border-inline-start: 3px solid var(--line); padding-inline-start: .8rem }
.block li { margin-inline-start: 1.2rem }
.why { font-size: .75rem; line-height: 2.2; color: var(--dim); text-align: end; border-inline-end: 3px solid var(--kept);
  padding-inline-end: .6rem }
.dropped .why { border-color: var(--cut) } .dropped > :last-child { color: var(--dim); font-size: .9em }
details { margin-inline-start: 9.5rem } details .block { margin-inline-start: -9.5rem }
summary { color: var(--dim); font-size: .8rem; cursor: pointer }
dl { display: grid; grid-template-columns: 8.5rem 1fr; gap: .2rem 1rem; font-size: .85rem }
dt { text-align: end; color: var(--dim) } dd { margin: 0 } .rejected { color: #c62828 }
@media (max-width: 42rem) { .block, dl { grid-template-columns: 1fr; gap: 0 } .why, dt { text-align: start; border: 0 } details, details
  .block { margin-inline-start: 0 } }
"""
_TAGS = {
    BlockKind.HEADING: "h3",
    BlockKind.QUOTE: "blockquote",
    BlockKind.PREFORMATTED: "pre",
    BlockKind.LIST_ITEM: "li",
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
    article = result.result
    if not isinstance(article, Article):
        yield f"<header><h1>{escape(result.candidate.path)}</h1></header>"
        yield f'<p class="rejected">rejected at {escape(article.stage)}: {escape(article.reason)}: {escape(article.message)}</p>'
        return
    kept = sum(b.kept for b in article.blocks)
    yield f"<header><p>{escape(result.candidate.path)}</p>"
    yield f'<h1 dir="auto">{escape(article.title or "(no title)")}</h1>'
    yield f"<p>{kept} blocks kept, {len(article.blocks) - kept} dropped · extractor {escape(article.extractor_version)}</p></header>"
    yield from _rules(result, article)
    yield "<h2>Metadata</h2><table><tr><th>field<th>value<th>candidates: the chosen one first, then the others by trust</tr>"
    yield from (_field_row(p, article) for p in article.provenance)
    yield "</table><h2>Text</h2>"
    lang = f' lang="{escape(article.language)}"' if article.language else ""
    yield f"<main{lang}>"
    for is_kept, run in groupby(article.blocks, key=lambda block: block.kept):
        yield from _run(list(run), is_kept=is_kept)
    yield "</main>"
    yield from _legend(article.blocks)


def _rules(result: PageResult, article: Article) -> Iterable[str]:
    """What the source's rules did, where it has any; a rule that found nothing stands out."""
    name = result.candidate.rules.name
    if not name:
        return
    yield f"<h2>Rules of {escape(name)}</h2><table><tr><th>rule<th><th>found</tr>"
    for effect in article.rule_effects:
        found = f"{effect.matches}" if effect.matches else '<span class="rejected">nothing</span>'
        yield f"<tr><td>{escape(effect.key)}<td><code>{escape(effect.value)}</code><td>{found}</tr>"
    yield "</table>"


def _field_row(p: FieldProvenance, article: Article) -> str:
    chosen = [at for at, c in enumerate(p.candidates) if c.origin == p.chosen_from]
    chosen = chosen if isinstance(getattr(article, p.field, None), tuple) else chosen[:1]  # of lists, all that one place names
    items = "".join(
        f"<li{' class=chosen' if at in chosen else ''}>{escape(c.origin)}: <bdi>{escape(c.value)}</bdi></li>"
        for at, c in enumerate(p.candidates)
    )
    listed = f"<ol>{items}</ol>" if items else f"<span class=chosen>{escape(p.chosen_from)}</span>"
    return f'<tr><td>{escape(p.field)}<td dir="auto">{escape(value_of(article, p.field))}<td>{listed}</tr>'


def value_of(article: Article, field: str) -> str:
    """A field's chosen value as a person reads it; empty for fields that an article does not have."""
    instants = {"published_at": article.published, "modified_at": article.modified}
    if field in instants:
        instant = instants[field]
        if instant is None and field == "published_at":
            return f"{article.impossible_date} (no such day)" if article.impossible_date else ""
        return f"{instant.at.isoformat(' ')} ({instant.precision}; zone: {instant.tz_from})" if instant else ""
    value = getattr(article, field, None)
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)


def _run(blocks: list[Block], *, is_kept: bool) -> Iterable[str]:
    """Blocks that follow each other with the same fate; many dropped ones fold into a line that says what they are."""
    if is_kept or len(blocks) <= _SHOWN_IN_A_ROW:
        yield from map(_block, blocks)
        return
    counts = Counter(str(b.reason).replace("_", " ") for b in blocks)
    named = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
    yield f"<details><summary>{len(blocks)} blocks dropped: {escape(named)}</summary>"
    yield from map(_block, blocks)
    yield "</details>"


def _block(block: Block) -> str:
    tag = _TAGS.get(block.kind, "p")
    kind = "" if block.kind is BlockKind.PARAGRAPH else block.kind.replace("_", " ")
    if block.reason is None:
        why, hint, state = kind, "", "kept"
    else:
        why, hint, state = block.reason.replace("_", " "), f' title="{escape(REASONS[block.reason])}"', "dropped"
    return f'<div class="block {state}"><div class="why"{hint}>{why}</div><{tag} dir="auto">{escape(block.text)}</{tag}></div>'


def _legend(blocks: Sequence[Block]) -> Iterable[str]:
    """The reasons that this page's blocks were dropped for."""
    reasons = sorted({block.reason for block in blocks if block.reason})
    if reasons:
        rows = "".join(f"<dt>{reason.replace('_', ' ')}<dd>{escape(REASONS[reason])}" for reason in reasons)
        yield f"<footer><h2>Reasons</h2><dl>{rows}</dl></footer>"
