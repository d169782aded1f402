"""What a person's own function makes of a page: BeautifulSoup in, the fields that it overrides out. Pages without one never come here."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bs4 import BeautifulSoup, Tag
from selectolax.lexbor import LexborHTMLParser

from ingest.errors import PageError
from ingest.extract.body import BodyHints, read_body
from ingest.extract.body.walk import RULE
from ingest.model import Block, BlockKind, DropReason, FieldCandidate, RuleEffect, SourceRules, Stage
from ingest.normalise.text import clean_text

_FIELDS = {
    "title": "title",
    "subtitle": "subtitle",
    "authors": "authors",
    "publisher": "publisher",
    "section": "section",
    "published": "published_at",
    "modified": "modified_at",
    "summary": "summary",
    "topics": "topics",
    "image_url": "image_url",
}
"""The keys that a function may return besides ``body``, and the field that each overrides."""
_LISTS = frozenset({"authors", "topics"})


@dataclass(frozen=True, slots=True)
class Overrides:
    """What a function returned: candidates that win over all others, and the body's blocks where it gave a body."""

    candidates: dict[str, tuple[FieldCandidate, ...]]
    blocks: tuple[Block, ...] | None
    effects: tuple[RuleEffect, ...]

    def applied_to(self, blocks: Sequence[Block]) -> tuple[Block, ...]:
        """The function's blocks, then the page's other ones, none of which is in the body any more; the page's own without such a body."""
        if self.blocks is None:
            return tuple(blocks)
        said = {block.text for block in self.blocks}
        others = [block._replace(reason=block.reason or DropReason.SITE_RULE) for block in blocks if block.text not in said]
        return (*self.blocks, *others)


def call_function(html: bytes, rules: SourceRules) -> Overrides:
    """Let the source's function read the page.

    Raises:
        PageError: ``rule_failed`` where the function raises, or returns what no field can hold.
    """
    function = rules.function
    assert function is not None  # noqa: S101  # the caller asks only where there is one
    try:
        returned = function(BeautifulSoup(html.decode("utf-8", "replace"), "html.parser"))
    except Exception as error:
        raise _failed(function, f"line {traceback.extract_tb(error.__traceback__)[-1].lineno}: {type(error).__name__}: {error}") from error
    if returned is None:
        returned = {}
    if not isinstance(returned, Mapping):
        raise _failed(function, f"it returned {type(returned).__name__}; return a dict of the fields to override")
    candidates: dict[str, tuple[FieldCandidate, ...]] = {}
    blocks = None
    for key, value in returned.items():
        if value is None:
            continue
        if key == "body":
            blocks = _body(value, function)
        elif key in _FIELDS:
            candidates[_FIELDS[key]] = tuple(FieldCandidate(f"function:{key}", text) for text in _texts(key, value, function))
        else:
            raise _failed(function, f"it returned {key!r}; the keys are body, {', '.join(_FIELDS)}")
    given = len([key for key, value in returned.items() if value is not None])
    return Overrides(candidates, blocks, (RuleEffect("function", str(function), given),))


def _texts(key: str, value: object, function: object) -> list[str]:
    values = list(value) if key in _LISTS and isinstance(value, list | tuple) else [value]
    texts = []
    for item in values:
        if isinstance(item, Tag):
            item = item.get_text(" ")  # noqa: PLW2901  # an element stands for its text
        if not isinstance(item, str):
            expected = "a list of texts" if key in _LISTS else "a text"
            raise _failed(function, f"it returned {type(item).__name__} for {key!r}, which wants {expected}")
        if text := clean_text(item):
            texts.append(text)
    return texts


def _body(value: object, function: object) -> tuple[Block, ...]:
    parts: list[Any] = list(value) if isinstance(value, list | tuple) else [value]
    if parts and all(isinstance(part, Tag) for part in parts):
        html = "".join(str(part) for part in parts)
        tree = LexborHTMLParser(f'<body><div {RULE}="body">{html}</div></body>')
        return read_body(tree, BodyHints(ruled=True))
    if not all(isinstance(part, str) for part in parts):
        raise _failed(function, "its body is neither an element, nor a list of elements, nor a list of paragraphs")
    return tuple(Block(BlockKind.PARAGRAPH, text) for part in parts for line in part.split("\n\n") if (text := clean_text(line)))


def _failed(function: object, what: str) -> PageError:
    return PageError(Stage.EXTRACT, "rule_failed", f"The site's function {function} failed: {what}.")
