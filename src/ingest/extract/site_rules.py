"""A source's rules on a page: elements marked for the body's reading, candidates that win, blocks dropped by their text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser, LexborNode

from ingest.extract.body.walk import RULE
from ingest.model import Block, DropReason, FieldCandidate, RuleEffect, SourceRules
from ingest.normalise.text import clean_text

Candidates = Mapping[str, tuple[FieldCandidate, ...]]

_MOST_VALUES = 60  # elements of one selector that give a value
_LONGEST_MATCHED = 1_000  # characters of a block that patterns see: one that backtracks cannot hold up a page for long


def mark_elements(tree: LexborHTMLParser, rules: SourceRules) -> list[RuleEffect]:
    """Mark the elements that the rules name as the article's body, or as no part of it."""
    effects = []
    named = [("body", rules.body)] if rules.body else []
    for key, selector in [*named, *(("drop", selector) for selector in rules.drop)]:
        found = tree.css(selector)
        for node in found:
            node.attrs[RULE] = key
        effects.append(RuleEffect(key, selector, len(found)))
    return effects


def rule_candidates(tree: LexborHTMLParser, rules: SourceRules) -> tuple[dict[str, tuple[FieldCandidate, ...]], list[RuleEffect]]:
    """What the rules' selectors find for each field, and how much each found."""
    candidates: dict[str, tuple[FieldCandidate, ...]] = {}
    effects = []
    for key, field in (("title", "title"), ("authors", "authors"), ("published", "published_at"), ("modified", "modified_at")):
        selector: str | None = getattr(rules, key)
        if selector is None:
            continue
        found = tree.css(selector)
        effects.append(RuleEffect(key, selector, len(found)))
        values = [value for node in found[:_MOST_VALUES] if (value := clean_text(_value(node)))]
        if values:
            candidates[field] = tuple(FieldCandidate(f"rule:{key}", value) for value in values)
    return candidates, effects


def _value(node: LexborNode) -> str:
    attributes = node.attributes
    return attributes.get("datetime") or attributes.get("content") or node.text(separator=" ")


def preferred(ruled: Candidates, found: Candidates) -> dict[str, tuple[FieldCandidate, ...]]:
    """The candidates with those of the rules before all others."""
    return {**found, **{field: (*candidates, *found.get(field, ())) for field, candidates in ruled.items()}}


def drop_by_text(blocks: Iterable[Block], rules: SourceRules) -> tuple[tuple[Block, ...], list[RuleEffect]]:
    """The blocks without those of the body in which one of the rules' patterns is found."""
    judged = list(blocks)
    effects = []
    for pattern in rules.drop_text:
        found = [at for at, block in enumerate(judged) if block.kept and _compiled(pattern).search(block.text[:_LONGEST_MATCHED])]
        for at in found:
            judged[at] = judged[at]._replace(reason=DropReason.SITE_RULE)
        effects.append(RuleEffect("drop_text", pattern, len(found)))
    return tuple(judged), effects


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
