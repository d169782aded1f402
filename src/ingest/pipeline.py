"""One run from targets to rows: discover, read, extract, load, batch by batch.

The command line and the Prefect flow are two shells around these functions.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.discover.files import discover_files
from ingest.fetch.files import read_file
from ingest.identify.fingerprint import page_sha256
from ingest.model import Candidate, Page, PageResult, Tally
from ingest.rules.book import NO_BOOK, RuleBook
from ingest.store.known import known_pages, note_known
from ingest.store.load import load_batch
from ingest.workers import extract_batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.model import Limits

Found = Candidate | PageResult
"""What discovery finds: a candidate, or a place that could not be looked into."""


_LARGEST_BATCH = 32  # pages: large enough that sending one to a worker costs little, small enough that output flows


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """A batch after reading: pages to extract, pages known already, and what is decided without extraction."""

    pages: tuple[Page, ...]
    known: tuple[Page, ...]
    decided: tuple[PageResult, ...]


def discover_batches(targets: Sequence[str], urls: Mapping[Path, str], batch_size: int) -> Iterator[list[Found]]:
    """What lies below the targets, in batches."""
    found = discover_files(targets, urls)
    while batch := list(itertools.islice(found, batch_size)):
        yield batch


def ingest_batches(
    engine: Engine, run_id: UUID, batches: Iterable[Sequence[Found]], limits: Limits, jobs: int, rules: RuleBook = NO_BOOK
) -> Iterator[list[Tally]]:
    """Read, extract and load batches; each is committed whole before its tallies come out.

    Raises:
        DatabaseUnreachable: the connection was lost; the batches that came out are safe, the others are not begun.

    """
    waiting: deque[ReadBatch] = deque()

    def pages() -> Iterator[tuple[Page, ...]]:
        for batch in batches:
            waiting.append(read_batch(engine, batch, limits, rules))
            yield waiting[-1].pages

    for results in extract_batches(pages(), limits, jobs):
        batch = waiting.popleft()
        yield load(engine, run_id, batch, results)


def extract_found(found: Iterable[Found], limits: Limits, jobs: int, rules: RuleBook = NO_BOOK) -> Iterator[PageResult]:
    """Read and extract what discovery finds, without a database: results in the order of the input, as they come.

    The first page is a batch of its own, so that its result is out before the second is read; batches then grow.
    """
    waiting: deque[list[Page | PageResult]] = deque()

    def pages() -> Iterator[list[Page]]:
        source, size = iter(found), 1
        while batch := list(itertools.islice(source, size)):
            waiting.append([_read(item, limits, rules) for item in batch])
            yield [item for item in waiting[-1] if isinstance(item, Page)]
            size = min(size * 2, _LARGEST_BATCH)

    for results in extract_batches(pages(), limits, jobs):
        extracted = iter(results)
        for item in waiting.popleft():
            yield item if isinstance(item, PageResult) else next(extracted)


def read_batch(engine: Engine, found: Sequence[Found], limits: Limits, rules: RuleBook = NO_BOOK) -> ReadBatch:
    """Read the candidates of a batch, and set aside the pages that this extractor has already loaded."""
    read = [_read(item, limits, rules) for item in found]
    pages = [item for item in read if isinstance(item, Page)]
    known = known_pages(engine, [(p.candidate, page_sha256(p.body), p.observed_at) for p in pages])
    return ReadBatch(
        pages=tuple(p for i, p in enumerate(pages) if i not in known),
        known=tuple(p for i, p in enumerate(pages) if i in known),
        decided=tuple(item for item in read if isinstance(item, PageResult)),
    )


def _read(item: Found, limits: Limits, rules: RuleBook) -> Page | PageResult:
    read = read_file(item, limits) if isinstance(item, Candidate) else item
    return rules.of_page(read) if isinstance(read, Page) else read


def load(engine: Engine, run_id: UUID, batch: ReadBatch, results: Sequence[PageResult]) -> list[Tally]:
    """Load what a batch came to; the tallies count every item of it once."""
    # What is known comes first: a copy of it that is read in the same batch then counts as the duplicate, not the original.
    tallies = note_known(engine, run_id, batch.known) if batch.known else []
    tallies += load_batch(engine, run_id, [*batch.decided, *results])
    return merge_tallies(tallies)


def merge_tallies(tallies: Iterable[Tally]) -> list[Tally]:
    """Add up the counts of each source; the order is that of first appearance."""
    total: dict[str, Tally] = {}
    for t in tallies:
        so_far = total.setdefault(t.source, Tally(t.source))
        total[t.source] = replace(
            so_far,
            found=so_far.found + t.found,
            new=so_far.new + t.new,
            updated=so_far.updated + t.updated,
            unchanged=so_far.unchanged + t.unchanged,
            duplicates=so_far.duplicates + t.duplicates,
            rejected=so_far.rejected + t.rejected,
            seconds=so_far.seconds + t.seconds,
        )
    return list(total.values())
