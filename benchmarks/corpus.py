"""The pages that the benchmarks read: bytes in memory, so that no disk is measured."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from dataclasses import dataclass
from pathlib import Path

from ingest.model import Candidate, MediaType, Page

DEFAULT_FOLDER = Path(__file__).parent.parent.parent / "shared" / "corpus"


@dataclass(frozen=True, slots=True)
class BenchmarkPage:
    """One page of a corpus under its id."""

    page_id: str
    page: Page


def load_corpus(folder: Path) -> list[BenchmarkPage]:
    """Every page of the corpus that has a truth, sorted by id, each with the URL that the truth gives."""
    urls = {t["id"]: t["url"] for t in map(json.loads, (folder / "truth.jsonl").open(encoding="utf-8"))}
    observed_at = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    pages = []
    for page_id, url in sorted(urls.items()):
        file = folder / "html" / f"{page_id}.html.gz"
        candidate = Candidate(file.as_uri(), file.name, url)
        pages.append(BenchmarkPage(page_id, Page(candidate, gzip.decompress(file.read_bytes()), MediaType.HTML, observed_at)))
    return pages
