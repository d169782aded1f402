"""Classes of page construction: each an invented page beside what should be kept and dropped of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ingest.extract.body import BodyHints, read_body
from ingest.extract.tree import parse_html

PAGES = Path(__file__).parent / "pages"


def expectation(name: str) -> Any:
    return json.loads((PAGES / f"{name}.json").read_text("utf-8"))


@pytest.mark.parametrize("name", sorted(path.stem for path in PAGES.glob("*.html")))
def test_page(name: str) -> None:
    want = expectation(name)
    hints: dict[str, Any] = {field: tuple(value) if isinstance(value, list) else value for field, value in want["hints"].items()}
    blocks = read_body(parse_html((PAGES / f"{name}.html").read_bytes(), 5_000), BodyHints(**hints))
    assert [[block.kind, block.text] for block in blocks if block.kept] == want["kept"]
    # A part that is boilerplate as a whole is one block: a text may stand in a longer one.
    reasons = {text: {block.reason for block in blocks if text in block.text and not block.kept} for text in want["dropped"]}
    assert {text: reason in reasons[text] for text, reason in want["dropped"].items()} == dict.fromkeys(want["dropped"], True)


def test_every_expectation_has_its_page() -> None:
    assert {path.stem for path in PAGES.glob("*.json")} == {path.stem for path in PAGES.glob("*.html")}
