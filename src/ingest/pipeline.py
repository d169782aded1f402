"""One run from targets to rows: discover, read, extract, load, batch by batch.

The command line and the Prefect flow are two shells around these functions.
"""

from __future__ import annotations

import itertools
from collections import deque
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.discover.homepages import SiteLists, find_lists
from ingest.discover.listings import ListingLimits, read_listing
from ingest.discover.targets import DiscoverOptions, Discovery, discover_saved
from ingest.errors import UsageError
from ingest.fetch.files import read_file
from ingest.fetch.pages import page_of
from ingest.fetch.session import FetchSession
from ingest.gather import Found, Gathered, Pace, gather
from ingest.identify.fingerprint import page_sha256
from ingest.model import Candidate, Page, PageResult, Tally
from ingest.normalise.url import canonical_or_none
from ingest.rules.book import NO_BOOK, RuleBook, SiteFacts, with_sites
from ingest.store.fetches import note_attempts
from ingest.store.hosts import DatabaseRobotsStore
from ingest.store.known import known_pages, note_known
from ingest.store.leases import DatabaseHostLeases
from ingest.store.listed import Plan, note_listed
from ingest.store.load import load_batch
from ingest.store.packing import pack
from ingest.store.sources import site_settings
from ingest.store.tasks import hints_of
from ingest.transfer import Purpose
from ingest.web import Fetched, HostPolicy, Request
from ingest.workers import extract_batches

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.model import Limits
    from ingest.settings import Settings


@dataclass(frozen=True, slots=True)
class IngestPlan:
    """How a run goes about its targets."""

    options: DiscoverOptions
    pace: Pace
    jobs: int
    """Processes that extract."""
    rules: RuleBook = NO_BOOK
    say: Callable[[str], None] = lambda _: None
    """Told in a sentence what each target turned out to be."""


_LARGEST_BATCH = 32  # pages: large enough that sending one to a worker costs little, small enough that output flows


@dataclass(frozen=True, slots=True)
class ReadBatch:
    """A batch after reading: pages to extract, pages known already, and what is decided without extraction."""

    pages: tuple[Page, ...]
    known: tuple[Page, ...]
    decided: tuple[PageResult, ...]
    listed: tuple[Plan, ...] = ()
    """Known articles that a list names again."""


def fetch_session(engine: Engine, settings: Settings) -> FetchSession:
    """A session that is as polite as settings and sources want; it shares robots files and hosts with all others on the database."""
    default = HostPolicy(settings.host_delay_seconds, settings.host_concurrency)
    policies = {
        site.domain: HostPolicy(
            default.delay_seconds if site.delay_seconds is None else site.delay_seconds, site.concurrency or default.concurrency
        )
        for site in site_settings(engine)
    }
    leases = DatabaseHostLeases(engine, settings.host_lease_seconds)
    return FetchSession(settings.fetching(policies), DatabaseRobotsStore(engine), leases)


def with_source_rules(engine: Engine, book: RuleBook) -> RuleBook:
    """The rules, with what followed sources say of their own pages."""
    return with_sites(book, [SiteFacts(s.domain, s.time_zone, s.language, s.rule_file) for s in site_settings(engine)])


def ingest_targets(engine: Engine, session: FetchSession, run_id: UUID, targets: Sequence[str], plan: IngestPlan) -> Iterator[list[Tally]]:
    """Look into targets, fetch what is on the web, extract and load; each batch is committed whole before its tallies come out."""
    discovery = Discovery(session.fetch, plan.say, plan.options)
    batches = gather(engine, session, discovery.discover(targets), plan.pace)
    for tallies in ingest_batches(engine, run_id, batches, plan.options.page_limits, plan.jobs, with_source_rules(engine, plan.rules)):
        note_attempts(engine, run_id, discovery.attempts)
        discovery.attempts.clear()
        yield tallies
    note_attempts(engine, run_id, discovery.attempts)


def ingest_batches(
    engine: Engine, run_id: UUID, batches: Iterable[Sequence[Gathered]], limits: Limits, jobs: int, rules: RuleBook = NO_BOOK
) -> Iterator[list[Tally]]:
    """Read, extract and load batches; each is committed whole before its tallies come out.

    Raises:
        DatabaseUnreachable: the connection was lost; the batches that came out are safe, the others are not begun.

    """
    read = (read_batch(engine, batch, limits, rules) for batch in batches)
    for batch, results in extracted_batches(read, limits, jobs):
        tallies = load(engine, run_id, batch, results, limits)
        del batch, results  # else a batch of pages stays in memory until the next one is there
        yield tallies


def extracted_batches(batches: Iterable[ReadBatch], limits: Limits, jobs: int) -> Iterator[tuple[ReadBatch, list[PageResult]]]:
    """Extract what batches have read, in up to ``jobs`` processes that outlast the batches, a few of which are read ahead."""
    waiting: deque[ReadBatch] = deque()

    def pages() -> Iterator[tuple[Page, ...]]:
        for batch in batches:
            waiting.append(batch)
            yield batch.pages

    for results in extract_batches(pages(), limits, jobs, pack):
        yield waiting.popleft(), results
        del results  # as above


def find_feeds(url: str, settings: Settings) -> SiteLists:
    """Where a site lists its articles: its feeds, else its sitemaps; the URL itself where that is a list.

    Raises:
        UsageError: the page cannot be had.
    """
    limits = listing_limits(settings)
    with FetchSession(settings.fetching()) as session:

        def get(page: str) -> Fetched:
            return session.fetch(Request(page, Purpose.LISTING))

        fetched = get(url)
        if fetched.failure is not None:
            raise UsageError(f"{url} cannot be had: {fetched.failure.message}")
        if (listing := read_listing(fetched.body, fetched.url, limits)) is not None:
            return SiteLists(listing.title, [fetched.url], [], listing.homepage)
        lists = find_lists(fetched, get, limits)
        news = [s for s in lists.sitemaps if "news" in s.lower()]
        return replace(lists, feeds=lists.feeds or news or lists.sitemaps)


def explain_targets(targets: Sequence[str], urls: Mapping[Path, str], settings: Settings, rules: RuleBook) -> Iterator[PageResult]:
    """Extract saved pages and single URLs, without a database."""
    with FetchSession(settings.fetching()) as session:

        def found() -> Iterator[Found]:
            for target in targets:
                if url := canonical_or_none(target):
                    candidate = Candidate(url, target, url)
                    yield page_of(candidate, session.fetch(Request(url)))
                else:
                    yield from discover_saved([target], urls, settings.limits)

        yield from extract_found(found(), settings.limits, 1, rules)


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


def read_batch(engine: Engine, found: Sequence[Gathered], limits: Limits, rules: RuleBook = NO_BOOK) -> ReadBatch:
    """Read the candidates of a batch, and set aside the pages that this extractor has already loaded."""
    listed = tuple(item for item in found if isinstance(item, Plan))
    read = [_read(item, limits, rules) for item in found if not isinstance(item, Plan)]
    pages = _with_hints(engine, [item for item in read if isinstance(item, Page)])
    known = known_pages(engine, [(p.candidate, page_sha256(p.body), p.observed_at) for p in pages])
    return ReadBatch(
        pages=tuple(p for i, p in enumerate(pages) if i not in known),
        known=tuple(p for i, p in enumerate(pages) if i in known),
        decided=tuple(item for item in read if isinstance(item, PageResult)),
        listed=listed,
    )


def _with_hints(engine: Engine, pages: Sequence[Page]) -> list[Page]:
    """The pages; those that were fetched because somebody named them with what a list has said of them before."""
    bare = {p.candidate.url for p in pages if p.transfer and p.candidate.url and p.candidate.hint is None}
    hints = hints_of(engine, sorted(bare)) if bare else {}

    def hinted(page: Page) -> Page:
        url = page.candidate.url
        return replace(page, candidate=replace(page.candidate, hint=hints[url])) if url in bare and url in hints else page

    return [hinted(page) for page in pages]


def _read(item: Found, limits: Limits, rules: RuleBook) -> Page | PageResult:
    read = read_file(item, limits) if isinstance(item, Candidate) else item
    return rules.of_page(read) if isinstance(read, Page) else read


def load(engine: Engine, run_id: UUID, batch: ReadBatch, results: Sequence[PageResult], limits: Limits) -> list[Tally]:
    """Load what a batch came to; the tallies count every item of it once."""
    # What is known comes first: a copy of it that is read in the same batch then counts as the duplicate, not the original.
    tallies = note_known(engine, run_id, batch.known, limits.max_task_tries) if batch.known else []
    tallies += note_listed(engine, run_id, batch.listed)
    tallies += load_batch(engine, run_id, [*batch.decided, *results], limits)
    return merge_tallies(tallies)


def listing_limits(settings: Settings) -> ListingLimits:
    """The settings' bounds of lists."""
    return ListingLimits(settings.max_feed_entries, settings.max_sitemap_urls, settings.max_listing_bytes, settings.max_sitemap_depth)


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
