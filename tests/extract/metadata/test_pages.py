"""Synthetic pages beside their expected metadata: a new case is two files and no code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from selectolax.lexbor import LexborHTMLParser

from ingest.extract.metadata import choose, read_candidates
from ingest.model import Instant, SourceRules

PAGES = sorted(Path(__file__).parent.joinpath("pages").glob("*.html"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_gives_its_metadata(page: Path) -> None:
    case = json.loads(page.with_suffix(".json").read_text("utf-8"))
    candidates = read_candidates(LexborHTMLParser(page.read_text("utf-8")), case["url"])
    chosen = choose(candidates, page_url=case["url"], rules=SourceRules(), detected_language=None)
    assert {field: plain(getattr(chosen, field)) for field in case["expect"]} == case["expect"]


def plain(value: object) -> Any:
    if isinstance(value, Instant):
        return value.at.isoformat()
    return list(value) if isinstance(value, tuple) else value
