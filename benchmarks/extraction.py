"""Extraction against trafilatura: the same bytes, in turns, on one core; then the quality of both.

usage: python -m benchmarks.extraction [--corpus FOLDER] [--rounds N] [--limit N]
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trafilatura import bare_extraction
from trafilatura.settings import Document

from benchmarks.corpus import DEFAULT_FOLDER, load_corpus
from ingest.extract import extract
from ingest.extract.native import native_tree
from ingest.model import Article
from ingest.native import native_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.corpus import BenchmarkPage

    Prediction = dict[str, Any]


def ours(page: BenchmarkPage) -> Prediction:
    """Bytes to article with this project."""
    article = extract(page.page)
    if not isinstance(article, Article):
        return {}
    published = article.published.at.isoformat() if article.published else None
    return {"body": article.body, "title": article.title, "authors": list(article.authors), "published_at": published}


def peer(page: BenchmarkPage) -> Prediction:
    """Bytes to article with trafilatura and its metadata, comments and tables as it sees fit."""
    document = bare_extraction(page.page.body, url=page.page.candidate.url, with_metadata=True, include_comments=False)
    if not isinstance(document, Document):
        return {}
    authors = [a.strip() for a in (document.author or "").split(";") if a.strip()]
    return {"body": document.text, "title": document.title, "authors": authors, "published_at": document.date}


def measure(pages: list[BenchmarkPage], rounds: int) -> dict[str, list[list[float]]]:
    """Seconds of each round and page: a round is all pages with one engine, then all pages with the other, as either would work alone."""
    engines: dict[str, Callable[[BenchmarkPage], Prediction]] = {"ours": ours, "trafilatura": peer}
    seconds: dict[str, list[list[float]]] = {name: [] for name in engines}
    for page in pages[:3]:  # imports and tables are not what is measured
        for engine in engines.values():
            engine(page)
    for _ in range(rounds):
        for name, engine in engines.items():
            gc.collect()  # one engine's garbage is not the other's work
            seconds[name].append([_timed(engine, page) for page in pages])
    return seconds


def _timed(engine: Callable[[BenchmarkPage], Prediction], page: BenchmarkPage) -> float:
    started = time.perf_counter()
    engine(page)
    return time.perf_counter() - started


def print_speed(seconds: dict[str, list[list[float]]]) -> None:
    """Means, and the ratio of each round."""
    for name, rounds in seconds.items():
        each = [s for r in rounds for s in r]
        print(
            f"{name:12} mean {statistics.mean(each) * 1e3:7.2f} ms a page, median {statistics.median(each) * 1e3:6.2f}, "
            f"95 % under {statistics.quantiles(each, n=20)[-1] * 1e3:7.2f}, most {max(each) * 1e3:7.1f}"
        )
    ratios = [sum(theirs) / sum(mine) for mine, theirs in zip(seconds["ours"], seconds["trafilatura"], strict=True)]
    print(f"ratio        {statistics.mean(ratios):.1f} times as fast (rounds from {min(ratios):.1f} to {max(ratios):.1f})")
    # What else the machine does in a round falls on some pages of one engine: the middle round of each page leaves it out.
    mine, theirs = (sum(map(statistics.median, zip(*seconds[name], strict=True))) for name in ("ours", "trafilatura"))
    print(f"             {theirs / mine:.1f} times by the middle round of each page")


def print_quality(pages: list[BenchmarkPage], corpus: Path) -> None:
    """What the corpus's own score.py says of both."""
    for name, engine in (("ours", ours), ("trafilatura", peer)):
        with tempfile.NamedTemporaryFile("w", suffix=".jsonl", encoding="utf-8") as file:
            for page in pages:
                file.write(json.dumps({"id": page.page_id, **engine(page)}) + "\n")
            file.flush()
            print(f"\n{name}", flush=True)
            subprocess.run([sys.executable, corpus / "score.py", file.name], check=True)  # the corpus's own script


def main() -> None:
    """Run both engines over the corpus."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=int, help="only the first N pages (no quality is printed)")
    arguments = parser.parse_args()
    if not (arguments.corpus / "truth.jsonl").exists():
        sys.exit(f"There is no corpus at {arguments.corpus}: see benchmarks/README.md.")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    pages = load_corpus(arguments.corpus)[: arguments.limit]
    compiled = "with" if native_tree and native_text else "WITHOUT"
    print(f"{len(pages)} pages, {arguments.rounds} rounds, one core, ours {compiled} its compiled parts")
    print_speed(measure(pages, arguments.rounds))
    if arguments.limit is None:
        print_quality(pages, arguments.corpus)


if __name__ == "__main__":
    main()
