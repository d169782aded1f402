"""The promise of polling: what a feed showed at a poll that was noted is loaded, once, whatever happens in between."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from html import escape
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from ingest.fetch.session import FetchSession
from ingest.gather import Pace, gather_queue
from ingest.pipeline import fetch_session, ingest_batches
from ingest.polling import poll_feeds
from ingest.settings import Settings
from ingest.store.runs import running, start_run
from ingest.store.sources import follow, source_ids
from ingest.web import FollowedSource, PollSummary
from tests.web.articles import Truth, make_article, render
from tests.web.server import Web
from tests.web.site import Response, Site

SETTINGS = Settings(allow_private_addresses=True, host_delay_seconds=0.0, host_concurrency=8, max_tries=1, breaker_failures=10_000)
PACE = Pace(batch_size=1, batch_seconds=5.0, on_wait=lambda: None)
FEED_LENGTH = 4
_numbers = itertools.count(1)


@dataclass(slots=True)
class Poller:
    """Polls one source, as `ingest poll` does, in this process."""

    engine: Engine
    session: FetchSession
    slug: str

    def poll(self) -> list[PollSummary]:
        """A poll that goes well."""
        with running(self.engine, kind="adhoc", flow_name="test") as run_id:
            polls = self.ask(run_id)
            for _ in self.load(run_id):
                pass
        return polls

    def ask(self, run_id: UUID) -> list[PollSummary]:
        """The first half: what the feeds show is queued."""
        return list(poll_feeds(self.engine, self.session, run_id, SETTINGS, PACE, due=False, sources=self.ids))

    def load(self, run_id: UUID) -> Generator[None, None, None]:
        """The second half: what is queued is loaded, batch by batch."""
        queue = gather_queue(self.engine, self.session, run_id, PACE, self.ids)
        for _ in ingest_batches(self.engine, run_id, queue, SETTINGS.limits, 1):
            yield

    @property
    def ids(self) -> list[int]:
        """The source's number."""
        return source_ids(self.engine, [self.slug])


@contextmanager
def killed(engine: Engine) -> Iterator[UUID]:
    """A run whose process vanishes: nobody notes its end, and the lock by which it is known to live is not held."""
    run_id = uuid4()
    start_run(engine, run_id=run_id, kind="adhoc", flow_name="test")
    yield run_id


@dataclass(slots=True)
class Publisher:
    """A feed of the newest articles with its pages, at paths of its own; and what it has shown to polls that were noted."""

    site: Site
    full_text: bool
    number: int = field(default_factory=lambda: next(_numbers))
    articles: list[Truth] = field(default_factory=list)
    edited: dict[str, dt.datetime] = field(default_factory=dict)
    moves: int = 0
    trouble: Response | None = None
    shown: set[str] = field(default_factory=set)

    @property
    def feed_path(self) -> str:
        """Where the feed lies now."""
        return f"/feeds/{self.number}-{self.moves}.xml"

    @property
    def newest(self) -> list[Truth]:
        """What the feed shows."""
        return self.articles[:FEED_LENGTH]

    def publish(self, count: int) -> None:
        """Add articles, as many as a feed shows at most."""
        for _ in range(count):
            made = make_article(1_000_000 + next(_numbers), dt.datetime.now(dt.UTC))
            truth = replace(made, path=f"/news/2026/11/20/{self.number}-{made.path.rpartition('/')[2]}")
            self.articles.insert(0, truth)
            self._show(truth)

    def edit(self, place: int) -> None:
        """Change an article, and say so in the feed."""
        if self.articles:
            truth = self.articles[place % len(self.articles)]
            # Words of its own: a line that stands under one article after the other would be learned to be boilerplate.
            added = make_article(2_000_000 + next(_numbers), truth.published).paragraphs[0]
            changed = replace(truth, paragraphs=(*truth.paragraphs, added))
            self.articles[self.articles.index(truth)] = changed
            self.edited[truth.path] = dt.datetime.now(dt.UTC)
            self._show(changed)

    def move(self) -> None:
        """Give the feed another URL, for good."""
        old = self.feed_path
        self.moves += 1
        self.site.pages.pop(old, None)
        self.site.moved[old] = (301, self.feed_path)

    def open(self) -> None:
        """Answer the next requests for the feed with what it holds, or with its trouble."""
        entries = "".join(
            f"<entry><title>{escape(a.title)}</title><link href='{self.site.base}{a.path}'/>"
            f"<published>{a.published.isoformat()}</published><updated>{self.edited.get(a.path, a.published).isoformat()}</updated>"
            + (
                f"<content type='html'>{escape(''.join(f'<p>{p}</p>' for p in a.paragraphs))}</content></entry>"
                if self.full_text
                else "</entry>"
            )
            for a in self.newest
        )
        whole = f"<?xml version='1.0'?><feed xmlns='http://www.w3.org/2005/Atom'><title>The Post</title>{entries}</feed>".encode()
        self.site.pages[self.feed_path] = self.trouble or Response(whole, content_type="application/atom+xml")

    def note_shown(self) -> None:
        """The feed was asked, and the poll was noted."""
        if self.trouble is None:
            self.shown |= {a.path for a in self.newest}

    def _show(self, truth: Truth) -> None:
        self.site.pages[truth.path] = Response(render(truth, self.site.base, shape=truth.published.microsecond % 4, related=[]))


@dataclass(slots=True)
class World:
    """A publisher and who polls it."""

    publisher: Publisher
    poller: Poller

    def take(self, step: tuple[str, int]) -> None:
        """One thing that happens."""
        name, number = step
        match name:
            case "publish":
                self.publisher.publish(1 + number % FEED_LENGTH)
            case "edit":
                self.publisher.edit(number)
            case "move":
                self.publisher.move()
            case "trouble":
                answers = (None, Response(b"", 500), Response(b"", 404), Response(b"<html>Back soon</html>"))
                self.publisher.trouble = answers[number % len(answers)]
            case "poll":
                self.poll()
            case "killed before loading":
                self.killed_after(0)
            case "killed while loading":
                self.killed_after(1)
            case "poll that cannot be noted":
                self.not_noted()

    def poll(self) -> list[PollSummary]:
        """A poll that goes well as far as the feed does."""
        self.publisher.open()
        polls = self.poller.poll()
        self.publisher.note_shown()
        return polls

    def killed_after(self, batches: int) -> None:
        """A poll whose process is killed when it has loaded some batches."""
        self.publisher.open()
        with killed(self.poller.engine) as run_id:
            self.poller.ask(run_id)
            self.publisher.note_shown()
            with closing(self.poller.load(run_id)) as loading:
                for _ in itertools.islice(loading, batches):
                    pass

    def not_noted(self) -> None:
        """A poll that the database refuses at the end of its transaction."""
        self.publisher.open()
        with self.poller.engine.begin() as connection:
            connection.execute(text("ALTER TABLE ops.feed_poll ADD CONSTRAINT refused CHECK (false) NOT VALID"))
        try:
            with pytest.raises(psycopg.errors.CheckViolation), running(self.poller.engine, kind="adhoc", flow_name="test") as run_id:
                self.poller.ask(run_id)
        finally:
            with self.poller.engine.begin() as connection:
                connection.execute(text("ALTER TABLE ops.feed_poll DROP CONSTRAINT refused"))

    def loaded(self) -> dict[str, list[str]]:
        """The bodies that the database holds by path: one each, where the promise is kept."""
        found: dict[str, list[str]] = {}
        query = text("SELECT url, body FROM news.article WHERE url LIKE :urls")
        with self.poller.engine.connect() as connection:
            for url, body in connection.execute(query, {"urls": f"%/20/{self.publisher.number}-%"}):
                found.setdefault(url.removeprefix(self.publisher.site.base), []).append(body)
        return found


STEPS = st.tuples(
    st.sampled_from(
        [
            "publish",
            "publish",
            "poll",
            "killed before loading",
            "killed while loading",
            "poll that cannot be noted",
            "edit",
            "trouble",
            "move",
        ]
    ),
    st.integers(0, 7),
)


@pytest.fixture
def web() -> Iterator[Web]:
    with Web(1, 0) as served:
        yield served


@pytest.fixture
def session(engine: Engine) -> Iterator[FetchSession]:
    with fetch_session(engine, SETTINGS) as opened:
        yield opened


def followed(engine: Engine, session: FetchSession, site: Site, feed_path: str, *, full_text: bool = False) -> Poller:
    slug = f"source-{next(_numbers)}.example"
    follow(engine, FollowedSource(slug, slug, f"https://{slug}/", (site.base + feed_path,), full_text=full_text))
    return Poller(engine, session, slug)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
)
@example(full_text=False, steps=[("publish", 3), ("killed before loading", 0)])
@example(full_text=False, steps=[("publish", 3), ("killed while loading", 0)])
@example(full_text=False, steps=[("publish", 3), ("poll that cannot be noted", 0)])
@example(full_text=True, steps=[("publish", 3), ("killed while loading", 0), ("edit", 2), ("poll", 0), ("edit", 2)])
@example(full_text=False, steps=[("publish", 3), ("poll", 0), ("edit", 1), ("killed before loading", 0), ("publish", 3)])
@example(full_text=False, steps=[("publish", 1), ("poll", 0), ("trouble", 1), ("publish", 1), ("poll", 0), ("move", 0)])
@example(full_text=True, steps=[("publish", 0), ("killed before loading", 0), ("edit", 0)])
@given(full_text=st.booleans(), steps=st.lists(STEPS, min_size=3, max_size=12))
def test_what_a_feed_showed_at_a_poll_is_loaded_once(
    engine: Engine,
    session: FetchSession,
    web: Web,
    full_text: bool,
    steps: list[tuple[str, int]],
) -> None:
    web.reset()
    publisher = Publisher(web.sites[0], full_text)
    world = World(publisher, followed(engine, session, publisher.site, publisher.feed_path, full_text=full_text))
    for step in steps:
        world.take(step)
    publisher.trouble = None
    [last] = world.poll()
    assert last.error is None
    loaded = world.loaded()
    assert publisher.shown <= loaded.keys()
    assert all(len(bodies) == 1 for bodies in loaded.values())
    assert {a.path: [a.body] for a in publisher.newest}.items() <= loaded.items()
    assert not (full_text and [path for path in web.paths() if path.startswith("/news/")])
    web.reset()
    [again] = world.poll()
    assert (again.outcome, again.new, again.changed) == ("not_modified", 0, 0)
    assert web.paths() == [publisher.feed_path]


# --- sitemaps: they name everything, so that a date says from where on to read


def ago(**time: float) -> dt.datetime:
    return dt.datetime.now(dt.UTC) - dt.timedelta(**time)


def article(site: Site) -> Truth:
    return site.publish(2_000_000 + next(_numbers))


def sitemap(site: Site, *entries: tuple[Truth, dt.datetime]) -> Response:
    urls = "".join(f"<url><loc>{site.base}{truth.path}</loc><lastmod>{at.isoformat()}</lastmod></url>" for truth, at in entries)
    return Response(f"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>{urls}</urlset>".encode(), content_type="application/xml")


def index(site: Site, *paths: str) -> Response:
    links = "".join(f"<sitemap><loc>{site.base}{path}</loc></sitemap>" for path in paths)
    return Response(f"<sitemapindex>{links}</sitemapindex>".encode(), content_type="application/xml")


def titles(engine: Engine) -> set[str]:
    with engine.connect() as connection:
        return set(connection.scalars(text("SELECT title FROM news.article")))


def test_the_first_poll_of_a_sitemap_reaches_back_some_days_and_later_ones_to_the_newest_date(
    engine: Engine, session: FetchSession, web: Web
) -> None:
    site = web.sites[0]
    old, recent, late, later = (article(site) for _ in range(4))
    poller = followed(engine, session, site, "/map.xml")
    site.pages["/map.xml"] = sitemap(site, (old, ago(days=8)), (recent, ago(days=2)))
    poller.poll()
    assert titles(engine) == {recent.title}
    # Listed late, dated within a day of the newest; and one that is dated before that.
    site.pages["/map.xml"] = sitemap(site, (old, ago(days=4)), (recent, ago(days=2)), (late, ago(days=2, hours=20)), (later, ago(hours=1)))
    poller.poll()
    assert titles(engine) == {recent.title, late.title, later.title}


def test_a_date_to_come_hides_nothing_that_is_published_before_it(engine: Engine, session: FetchSession, web: Web) -> None:
    site = web.sites[0]
    announced, soon = article(site), article(site)
    poller = followed(engine, session, site, "/map.xml")
    site.pages["/map.xml"] = sitemap(site, (announced, ago(hours=-23)))
    poller.poll()
    site.pages["/map.xml"] = sitemap(site, (announced, ago(hours=-23)), (soon, ago(hours=2)))  # dated by the hour that it was written in
    poller.poll()
    assert titles(engine) == {announced.title, soon.title}


def test_a_sitemap_of_an_index_that_fails_is_read_from_where_it_was(engine: Engine, session: FetchSession, web: Web) -> None:
    site = web.sites[0]
    first, second = article(site), article(site)
    poller = followed(engine, session, site, "/index.xml")
    site.pages |= {
        "/index.xml": index(site, "/a.xml", "/b.xml"),
        "/a.xml": Response(b"", 500),
        "/b.xml": sitemap(site, (second, ago(hours=1))),
    }
    [poll] = poller.poll()
    assert (poll.error, titles(engine)) == (None, {second.title})
    with engine.connect() as connection:
        note = connection.scalar(text("SELECT note FROM ops.feed_poll"))
    assert note == f"1 of its sitemaps could not be had, the first of them {site.base}/a.xml."
    site.pages["/a.xml"] = sitemap(site, (first, ago(days=3)))
    poller.poll()
    assert titles(engine) == {first.title, second.title}
