"""A made-up database for the questions of docs/cookbook.md: nine weeks of four sources, with what happens to articles in nine weeks.

Its today is a Monday, the one of the cookbook's outputs or whole weeks later: its days are moved by weeks, so that nothing ages.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlalchemy import Engine, text

from ingest.model import (
    Article,
    Block,
    BlockKind,
    Candidate,
    DropReason,
    FieldCandidate,
    FieldProvenance,
    Instant,
    MediaType,
    Page,
    PageResult,
    Precision,
    Rejection,
    Stage,
    ZoneFrom,
)
from ingest.store.feeds import Poll, claim_feeds, record_poll
from ingest.store.load import load_batch
from ingest.store.runs import running
from ingest.store.sources import follow
from ingest.transfer import Attempt, Purpose
from ingest.web import Entry, FollowedSource
from tests.identify.made_copies import Writer

WRITTEN = dt.date(2026, 11, 23)
"""Today, in the cookbook."""
DAYS = 63
LETTER = "Get the morning letter of the Post before you leave the house."
_WHO = (
    "The minister", "The union", "A court", "The central bank", "The harbour", "The city council", "A committee", "The airline",
    "The opposition", "A judge",
)  # fmt: skip
_DID = (
    "has rejected", "has delayed", "wants to review", "has approved", "will publish", "has questioned", "has withdrawn", "is preparing",
)  # fmt: skip
_WHAT = (
    "the treaty", "a plan for cheaper housing", "the new timetable", "an inquiry into the flood", "the budget", "the fishing quota",
    "the merger", "the ban on night flights", "the port strike deal", "the school reform",
)  # fmt: skip
_SECTIONS = ("Politics", "Economy", "Region", "Culture")
_AUTHORS = ("Ada Example", "Bo Sample", "Cy Placeholder")


def demo_today() -> dt.date:
    """The demo's Monday: that of the cookbook, or the last of the same weekday since."""
    weeks = (dt.datetime.now(dt.UTC).date() - WRITTEN).days // 7
    return WRITTEN + dt.timedelta(weeks=max(0, weeks))


@dataclass(frozen=True, slots=True)
class _Story:
    slug: str
    number: int
    day: int
    title: str
    paragraphs: tuple[str, ...]
    language: str


def load_demo(engine: Engine) -> None:
    """Fill a database of the newest revision."""
    today = demo_today()
    _follow(engine)
    for chunk in _batched(demo_results(today)):
        with running(engine, kind="scheduled", flow_name="poll-feeds") as run_id:
            load_batch(engine, run_id, chunk)
    with running(engine, kind="adhoc", flow_name="ingest run", params={"targets": ["https://post.example/"]}) as run_id:
        load_batch(engine, run_id, [*_edited(today), *_rejected(today)])
    _polls(engine, today)
    with engine.begin() as connection:
        connection.execute(text("ANALYZE"))


def _batched(results: Iterator[PageResult]) -> Iterator[tuple[PageResult, ...]]:
    while chunk := tuple(itertools.islice(results, 64)):
        yield chunk


def _follow(engine: Engine) -> None:
    facts = [
        ("post.example", "The Example Post", "Europe/London", "en", ("https://post.example/feed", "https://post.example/region/feed")),
        ("wire.example", "Wire", "UTC", "en", ("https://wire.example/rss",)),
        ("kurier.example", "Kurier", "Europe/Berlin", "de", ("https://kurier.example/atom",)),
        ("nippo.example", "Nippo", "Asia/Tokyo", "ja", ("https://nippo.example/index.rdf",)),
    ]
    for slug, name, zone, language, feeds in facts:
        follow(engine, FollowedSource(slug=slug, name=name, homepage=f"https://{slug}/", feeds=feeds, time_zone=zone, language=language))


def _stories() -> Iterator[_Story]:
    rng = random.Random(7)  # noqa: S311
    english, german, japanese = Writer("latin", 1), Writer("latin", 2), Writer("japanese", 3)

    def headline() -> str:
        return f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHAT)}"

    def text(writer: Writer, least: int, most: int) -> tuple[str, ...]:
        return tuple(" ".join(writer.sentence() for _ in range(3)) for _ in range(rng.randint(least, most)))

    for day in range(DAYS):
        weekday = (WRITTEN + dt.timedelta(days=day - DAYS)).weekday()
        for n in range(2):
            title, carried = headline(), text(english, 4, 5)
            yield _Story("wire.example", n, day, title, (f"{title}.", *carried), "en")
            if day % 9 == 0 and n == 0:
                shortened = (*carried[:3], english.sentence())
                yield _Story("post.example", 90, day, f"{title}, agency says", (*shortened, LETTER), "en")
        silent = day == DAYS - 12
        for n in range(0 if silent else 2 if weekday == 6 else 5):  # Sunday
            title = headline()
            yield _Story("post.example", n, day, title, (f"{title}.", *text(english, 3, 6), LETTER), "en")
        yield _Story("kurier.example", 0, day, "Die Minister und der Haushalt", text(german, 3, 4), "de")
        if day % 3 == 0:
            yield _Story("nippo.example", 0, day, "外相会談を開催", text(japanese, 3, 4), "ja")


_SOON = dt.timedelta(minutes=20)


def _result(story: _Story, today: dt.date, *, seen: dt.timedelta = _SOON, title: str | None = None, extra: str = "") -> PageResult:
    midnight = dt.datetime.combine(today - dt.timedelta(days=DAYS - story.day), dt.time(), dt.UTC)
    published = midnight + dt.timedelta(hours=7 + story.number % 12, minutes=story.number * 7 % 60)
    url = f"https://{story.slug}/{story.day:02}/{story.number}"
    dated = story.number != 3 or story.day % 20 != 0
    paragraphs = [*story.paragraphs, extra] if extra else story.paragraphs
    blocks = (
        Block(BlockKind.PARAGRAPH, "Advertisement", DropReason.ADVERTISEMENT),
        *(Block(BlockKind.PARAGRAPH, p) for p in paragraphs),
        Block(BlockKind.PARAGRAPH, "Read more: all about the budget", DropReason.READ_MORE),
    )
    instant = Instant(published, Precision.MINUTE, ZoneFrom.EXPLICIT, published.isoformat())
    if story.slug == "post.example" and (story.day, story.number) == (30, 1):
        instant = replace(instant, at=instant.at.replace(year=instant.at.year + 3))
    dated_by = FieldCandidate("jsonld:datePublished", published.isoformat())
    author = _AUTHORS[(story.day + story.number) % 3]
    article = Article(
        url=url,
        canonical_url=url,
        title=title or story.title,
        body="\n\n".join(paragraphs),
        authors=("Wire",) if story.slug == "wire.example" else (author,),
        author_organisations=("Wire",) if story.slug == "wire.example" else (),
        publisher=story.slug.partition(".")[0].title(),
        section=_SECTIONS[(story.day + story.number) % 4],
        published=instant if dated else None,
        language=story.language,
        topics=("budget",) if "budget" in story.title else (),
        is_free=story.number != 4,
        blocks=blocks,
        provenance=(FieldProvenance("published_at", dated_by.origin, (dated_by,)),),
        extractor_version="demo",
    )
    candidate = Candidate(url, url, url)
    body = f"<title>{title or story.title}</title>{url} {extra}".encode()
    page = Page(candidate, body, MediaType.HTML, published + seen)
    return PageResult(candidate, article, page, 0.004)


def demo_results(today: dt.date) -> Iterator[PageResult]:
    return (_result(story, today) for story in _stories())


def _edited(today: dt.date) -> Iterator[PageResult]:
    """A headline rewritten and taken back, two rewritten, a text that grew."""
    stories = {(s.slug, s.day, s.number): s for s in _stories()}
    first = stories["post.example", DAYS - 1, 0]
    hours = dt.timedelta(hours=2)
    yield _result(first, today, seen=hours, title="Minister denies everything")
    yield _result(first, today, seen=hours * 2)
    yield _result(stories["post.example", DAYS - 2, 1], today, seen=hours, title="Talks end without a treaty")
    yield _result(stories["post.example", DAYS - 3, 1], today, seen=hours, title="Strike is off")
    yield _result(
        stories["post.example", DAYS - 1, 1], today, seen=hours, extra="The harbour opened again in the afternoon, its master said."
    )


def _rejected(today: dt.date) -> Iterator[PageResult]:
    at = dt.datetime.combine(today, dt.time(6), dt.UTC)
    refused = [
        ("https://post.example/video/1", Stage.EXTRACT, "no_article_text", "The page has no text of an article."),
        ("https://post.example/video/2", Stage.EXTRACT, "no_article_text", "The page has no text of an article."),
        ("https://kurier.example/plus/9", Stage.FETCH, "forbidden", "The server answers 403."),
    ]
    for url, stage, reason, message in refused:
        candidate = Candidate(url, url, url)
        page = Page(candidate, url.encode(), MediaType.HTML, at) if stage == Stage.EXTRACT else None
        yield PageResult(candidate, Rejection(stage, reason, message), page)


def _polls(engine: Engine, today: dt.date) -> None:
    stories = [s for s in _stories() if s.slug == "post.example" and s.day >= DAYS - 2]
    entries = [Entry(f"https://post.example/{s.day:02}/{s.number}", title=s.title, guid=f"{s.day}-{s.number}") for s in stories]
    entries.append(Entry("https://post.example/63/0", title="Not loaded yet"))
    with running(engine, kind="scheduled", flow_name="poll-feeds") as run_id:
        for feed in claim_feeds(engine, run_id, due=True):
            broken = feed.slug == "kurier.example"
            shown = entries if feed.slug == "post.example" else []
            poll = Poll(
                outcome="server_error" if broken else "ok", status=503 if broken else 200, state="failing" if broken else "healthy",
                failures=2.5 if broken else 0.0, period_seconds=3600.0, publisher_seconds=None, wait_seconds=3600.0, milliseconds=40,
                kind="rss", shown=len(shown), error="The server answers 503." if broken else None,
            )  # fmt: skip
            attempt = Attempt(feed.url, Purpose.LISTING, dt.datetime.combine(today, dt.time(6), dt.UTC), poll.outcome, poll.status)
            entries_shown = shown[: 4 if "region" in feed.url else None]
            record_poll(engine, run_id, feed, entries_shown, [attempt], origin="feed", poll_of=lambda _, p=poll: p)  # type: ignore[misc]
