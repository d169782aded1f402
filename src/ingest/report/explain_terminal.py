"""An article's explanation for a terminal: its metadata with their origins, its blocks with their verdicts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Group
from rich.table import Table
from rich.text import Text

from ingest.model import Article, BlockKind

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ingest.model import Block, PageResult

_OTHERS_SHOWN = 3  # candidates that were not chosen; the HTML page shows all
_KIND_MARKS = {BlockKind.HEADING: "## ", BlockKind.LIST_ITEM: "• ", BlockKind.QUOTE: "> "}


def explanation(result: PageResult) -> RenderableType:
    """What became of one page and why."""
    head = Text(result.candidate.path, style="bold underline")
    article = result.result
    if not isinstance(article, Article):
        return Group(head, Text(f"rejected at {article.stage}: {article.reason}", style="bold red"), Text(article.message), Text())
    kept = sum(b.kept for b in article.blocks)
    verdicts = Text(f"{kept} blocks kept, {len(article.blocks) - kept} dropped; extractor {article.extractor_version}", style="bold")
    return Group(head, *_rules(result), _metadata_table(article), Text(), verdicts, _block_table(article.blocks), Text())


def _rules(result: PageResult) -> list[RenderableType]:
    """What the source's rules did, where it has any; a rule that found nothing stands out."""
    article, rules = result.result, result.candidate.rules
    if not isinstance(article, Article) or not rules.name:
        return []
    table = Table("rule", "", "found", box=None, header_style="bold", title=f"rules of {rules.name}", title_justify="left")
    for effect in article.rule_effects:
        found = Text(f"{effect.matches}", style="" if effect.matches else "bold red")
        table.add_row(effect.key, Text(effect.value), found)
    return [table, Text()]


def _metadata_table(article: Article) -> Table:
    table = Table("field", "chosen from", "candidates, best first", box=None, header_style="bold")
    for p in article.provenance:
        candidates = [f"{c.origin}: {c.value}" for c in p.candidates]
        more = len(candidates) - 1 - _OTHERS_SHOWN
        shown = candidates[: 1 + _OTHERS_SHOWN] + ([f"… and {more} more"] if more > 0 else [])
        table.add_row(p.field, Text(p.chosen_from, style="green"), Text("\n".join(shown)))
    return table


def _block_table(blocks: tuple[Block, ...]) -> Table:
    table = Table("verdict", "text", box=None, show_header=False)
    for block in blocks:
        text = Text(_KIND_MARKS.get(block.kind, "") + block.text, style="" if block.kept else "dim")
        table.add_row(Text("kept", style="green") if block.kept else Text(str(block.reason), style="yellow"), text)
    return table
