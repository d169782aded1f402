"""A run over a news web of two hundred hosts with every fault: the promises of docs/fetching.md, end to end."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Engine, text

from ingest.discover.targets import DiscoverOptions
from ingest.gather import Pace
from ingest.model import Limits, Tally
from ingest.pipeline import IngestPlan, fetch_session, ingest_targets, merge_tallies
from ingest.settings import Settings
from ingest.store.engine import open_engine
from ingest.store.runs import running
from tests.web.server import Requested, Web
from tests.web.site import Response

SITES, ARTICLES = 200, 3
DELAY = 0.25  # seconds
LATE = 0.1  # seconds that a busy machine may note a request late: the next one then seems early

# What becomes of each fault, and on which site it lives: each has a host of its own, so that none sets aside the host of another.
FAULTS = {
    "/fault/slow": "truncated_body",
    "/fault/stalled": "stalled",
    "/fault/truncated-gzip": "truncated_body",
    "/fault/damaged-gzip": "truncated_body",
    "/fault/type": "unsupported_type",
    "/fault/type?as=application/pdf": "unsupported_type",
    "/fault/redirect-loop/0": "redirect_loop",
    "/fault/redirect/30": "too_many_redirects",
    "/fault/redirect-to?to=ftp://files.example/": "bad_redirect",
    "/fault/status/500": "server_error",
    "/fault/status/404": "not_found",
    "/fault/status/410": "gone",
    "/fault/status/403": "forbidden",
    "/fault/status/429?retry-after=3000": "rate_limited",
    "/fault/dropped": "connection_dropped",
    "/fault/no-http": "connection_dropped",
    "/fault/half": "truncated_body",
    "/fault/endless": "too_large",
    "/fault/bomb": "too_large",
    "/fault/big-headers": "headers_too_large",
    "/fault/brotli": "unsupported_encoding",
    "/fault/empty": "empty",
    "/private/secret-plans-of-the-council": "robots_disallowed",
}
BUSY = 50 + list(FAULTS).index("/fault/status/429?retry-after=3000")  # the site that asks to be left alone: its articles are not asked for
# What goes wrong for a while, and comes out right.
PASSING = (
    "/fault/status/503?times=1",
    "/fault/status/429?retry-after=1&times=1",
    "/fault/status/429?retry-date=1&times=1",
    "/fault/cookie-wall",
)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with Web(SITES, ARTICLES) as served:
        yield served


@pytest.fixture(scope="module")
def database(server_url: str) -> Iterator[Engine]:
    from tests.conftest import TEMPLATE, _database

    for url in _database(server_url, TEMPLATE):
        with open_engine(Settings(database_url=url)) as engine:
            yield engine


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def run(engine: Engine, targets: list[str]) -> dict[str, int]:
    settings = Settings(
        allow_private_addresses=True, host_delay_seconds=DELAY, host_concurrency=2, first_byte_seconds=0.5, fetch_seconds=1.5, max_tries=2
    )
    options = DiscoverOptions(page_limits=Limits(max_page_bytes=2_000_000))
    tallies: list[Tally] = []
    with running(engine, kind="adhoc", flow_name="test") as run_id, fetch_session(engine, settings) as session:
        plan = IngestPlan(options, Pace(64, 1.0, lambda: None), jobs=1)
        for batch in ingest_targets(engine, session, run_id, targets, plan):
            tallies = merge_tallies([*tallies, *batch])
    return {name: sum(getattr(t, name) for t in tallies) for name in ("found", "new", "updated", "unchanged", "duplicates", "rejected")}


@pytest.fixture(scope="module")
def targets(web: Web, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Each site's articles through a list of URLs, or a feed, or a sitemap, or its section page; then the faults."""
    lists = ("/feed.rss", "/atom.xml", "/feed.json", "/sitemap.xml", "/news-sitemap.xml", "/world/", "/")
    listed = [web.url(lists[n % len(lists)], n) for n in range(40)]
    urls = [site.base + a.path for n, site in enumerate(web.sites) if n >= 40 and n != BUSY for a in site.articles]
    urls += [url.replace("http://", "HTTP://") + "?utm_source=again#top" for url in urls[:30]]
    urls += [web.url(path, 50 + n) for n, path in enumerate((*FAULTS, *PASSING))]
    web.sites[120].robots = Response(b"trouble", 500, "text/plain")
    web.sites[121].robots = Response(b"none", 404, "text/plain")
    web.sites[122].robots = Response(b"User-agent: news-ingest\nDisallow: /\n", content_type="text/plain")
    file = tmp_path_factory.mktemp("lists") / "urls.txt"
    file.write_text("\n".join(urls))
    return [*listed, str(file)]


@pytest.fixture(scope="module")
def first(web: Web, database: Engine, targets: list[str]) -> dict[str, int]:
    web.reset()
    return run(database, targets)


@pytest.mark.usefixtures("first")
def test_each_article_is_there_exactly_once(web: Web, database: Engine) -> None:
    truths = {site.base + a.path: a for n, site in enumerate(web.sites) if n not in {120, 122, BUSY} for a in site.articles}
    loaded = dict(rows(database, "SELECT url, title FROM news.article WHERE url NOT LIKE '%/fault/%'"))
    assert loaded == {url: truth.title for url, truth in truths.items()}
    assert rows(database, "SELECT count(*) FROM news.article_version") == [
        (len(truths) + 1,)
    ]  # the pages behind passing faults are one page


@pytest.mark.usefixtures("first")
def test_the_texts_and_dates_are_the_publishers(web: Web, database: Engine) -> None:
    truths = {site.base + a.path: a for site in web.sites for a in site.articles}
    for url, body, authors, published in rows(
        database, "SELECT url, body, authors, published_at FROM news.article WHERE url NOT LIKE '%/fault/%'"
    ):
        truth = truths[str(url)]
        assert body == truth.body
        assert authors == [truth.author]
        assert published == truth.published


@pytest.mark.usefixtures("first")
def test_each_fault_is_the_right_rejection(web: Web, database: Engine) -> None:
    reasons = dict(
        rows(database, "SELECT location, reason FROM ops.rejection WHERE location LIKE '%/fault/%' OR location LIKE '%/private/%'")
    )
    assert reasons == {web.url(path, 50 + n): reason for n, (path, reason) in enumerate(FAULTS.items())}
    kept = rows(
        database, "SELECT count(*) FROM ops.rejection WHERE reason = 'truncated_body' AND body_sha256 IS NULL AND location LIKE '%half%'"
    )
    assert kept == [(0,)]


@pytest.mark.usefixtures("first")
def test_what_passes_is_loaded_in_the_end(web: Web, database: Engine) -> None:
    urls = {str(url) for (url,) in rows(database, "SELECT url FROM news.article_url WHERE url LIKE '%/fault/%'")}
    assert {web.url(path, 50 + len(FAULTS) + n) for n, path in enumerate(PASSING)} <= urls


@pytest.mark.usefixtures("first")
def test_robots_are_never_broken(web: Web, database: Engine) -> None:
    assert not [r.path for r in web.requests if r.path.startswith("/private/")]
    for site in (120, 122):
        assert set(web.paths(site)) == {"/robots.txt"}
    for address in {r.address for r in web.requests}:
        assert next(r.path for r in web.requests if r.address == address) == "/robots.txt"
    reasons = rows(database, "SELECT reason, count(*) FROM ops.rejection WHERE reason LIKE 'robots%' GROUP BY 1 ORDER BY 1")
    assert reasons == [("robots_disallowed", ARTICLES + 1), ("robots_unreachable", ARTICLES)]


@pytest.mark.usefixtures("first")
def test_no_host_is_asked_faster_than_allowed(web: Web) -> None:
    asked: dict[str, list[Requested]] = defaultdict(list)
    for request in web.requests:
        asked[request.address].append(request)
        assert request.in_flight <= 2
    # Where the server's thread had no turn, a request was there before it was noted, and the next one seems early.
    gaps = [later.at - (earlier.at - earlier.late) for requests in asked.values() for earlier, later in itertools.pairwise(requests)]
    assert len(gaps) > SITES
    assert min(gaps) > DELAY - LATE
    for requests in asked.values():
        assert requests[-1].at - (requests[0].at - requests[0].late) > (len(requests) - 1) * DELAY - LATE


@pytest.mark.usefixtures("first")
def test_every_request_is_a_row(web: Web, database: Engine) -> None:
    asked = sorted(f"http://{r.address}:{web.port}{r.path}" for r in web.requests)
    [(noted,)] = rows(database, "SELECT count(*) FROM ops.fetch")
    assert noted == len(asked)
    assert rows(database, "SELECT count(*) FROM ops.fetch WHERE outcome = 'ok' AND body_sha256 IS NULL AND wire_bytes > 0") == [(0,)]


def test_running_again_loads_nothing_and_asks_little(web: Web, database: Engine, targets: list[str], first: dict[str, int]) -> None:
    before = rows(database, "SELECT count(*), sum(version_no) FROM news.article")
    web.reset()
    second = run(database, targets)
    assert second["new"] == second["updated"] == 0
    assert second["unchanged"] + second["duplicates"] == first["new"] + first["duplicates"] + first["unchanged"]
    assert rows(database, "SELECT count(*), sum(version_no) FROM news.article") == before
    articles = {a.path for site in web.sites for a in site.articles}
    assert not [r.path for r in web.requests if r.path in articles]
    homes = {web.sites[n].address for n in range(6, 40, 7)}  # whose sitemaps are looked for there
    assert {r.address for r in web.requests if r.path == "/robots.txt"} == homes


def test_private_addresses_are_refused_by_default(web: Web, engine: Engine) -> None:
    web.reset()
    settings = Settings()
    with running(engine, kind="adhoc", flow_name="test") as run_id, fetch_session(engine, settings) as session:
        plan = IngestPlan(DiscoverOptions(), Pace(64, 1.0, lambda: None), jobs=1)
        urls = [web.sites[0].base + a.path for a in web.sites[0].articles]
        for _ in ingest_targets(engine, session, run_id, urls, plan):
            pass
    assert web.requests == []
    assert rows(engine, "SELECT DISTINCT reason FROM ops.rejection") == [("address_refused",)]
    assert json.dumps(rows(engine, "SELECT count(*) FROM news.article")) == "[[0]]"
