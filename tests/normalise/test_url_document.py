from __future__ import annotations

import re
from pathlib import Path

import pytest

from ingest.identify.identity import article_key
from ingest.normalise.url import canonicalize
from ingest.normalise.url_identity import identity_url

DOCUMENT = (Path(__file__).parents[2] / "docs" / "urls.md").read_text("utf-8")
EXAMPLES = re.findall(r"^\| `(\S+)` \| `(\S+)` \| `(\S+)` \|$", DOCUMENT, re.MULTILINE)


def test_every_row_of_the_table_is_read() -> None:
    rows = [line for line in DOCUMENT.splitlines() if line.startswith("| `")]
    assert len(rows) == len(EXAMPLES) >= 20


@pytest.mark.parametrize(("url", "canonical", "identity"), EXAMPLES)
def test_the_documents_examples_are_true(url: str, canonical: str, identity: str) -> None:
    assert canonicalize(url) == canonical
    assert identity_url(url) == identity
    assert article_key(url) == article_key(canonical) == article_key(identity)


def test_what_the_document_links_to_exists() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", DOCUMENT)
    assert links
    assert [link for link in links if not (Path(__file__).parents[2] / "docs" / link).is_file()] == []
