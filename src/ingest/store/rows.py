"""From results to rows: what PostgreSQL can store, in the columns' order."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from ingest.identify.identity import article_key, article_url
from ingest.identify.source import source_of
from ingest.model import Article, Instant, PageResult

if TYPE_CHECKING:
    from ingest.identify.source import Source
    from ingest.packed import PackedArticle

# Years within which any time zone's offset leaves an instant that both PostgreSQL and Python can hold.
_FIRST_YEAR, _LAST_YEAR = 2, 9998
_WEB_YEAR = 1990  # news on the web begins later: an earlier date is a mistake, or an archive's piece
_AHEAD = dt.timedelta(days=2)  # a date in the farthest zone, read as UTC, is one day ahead; beyond two it is a mistake


@dataclass(frozen=True, slots=True)
class Content:
    """The columns of ``news.article`` that a page decides, under their names."""

    title: str | None
    subtitle: str | None
    body: str
    word_count: int
    authors: list[str]
    published_at: dt.datetime | None
    modified_at: dt.datetime | None
    content_sha256: bytes
    body_sha256: bytes | None
    extractor_version: str
    publisher: str | None
    section: str | None
    language: str | None
    summary: str | None
    topics: list[str]
    image_url: str | None
    author_organisations: list[str]
    article_type: str | None
    is_free: bool | None
    published_precision: str | None
    published_from: str | None
    published_tz_from: str | None
    published_raw: str | None
    date_suspect: bool


CONTENT_COLUMNS = tuple(f.name for f in fields(Content))
VERSION_COLUMNS = CONTENT_COLUMNS[: CONTENT_COLUMNS.index("publisher")]
COMPARED_COLUMNS = tuple(
    c for c in CONTENT_COLUMNS if not c.endswith("_sha256") and c not in {"word_count", "extractor_version", "date_suspect"}
)
"""In which an article that is read again may differ from what it was."""
DECISIVE_COLUMNS = (*COMPARED_COLUMNS, "date_suspect", "content_sha256", "body_sha256")
"""By which a page is decided to be news of an article or none."""


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """A page with its article, ready to load."""

    result: PageResult
    article: Article
    """Without what was learned to be boilerplate."""
    url: str
    key: bytes
    location: str
    source: Source
    observed_at: dt.datetime
    content: Content
    packed: PackedArticle
    """The article as it is stored."""
    keys: tuple[int | None, ...]
    """Of the blocks of its text as extracted: `ingest.identify.boilerplate.block_keys`."""
    boilerplate: tuple[int, ...] = ()
    """Those of them that its source's verdicts call boilerplate: taken out, unless they are most of the text."""
    is_loaded: bool = False
    """Whether it is the page that the article was made from, read again: `ingest.store.read_again`."""
    is_apart: bool = False
    """Whether it is of another article than its URLs have led to: `ingest.store.identities`."""

    @property
    def has_own_url(self) -> bool:
        """Whether the article has a URL; else it is known by its content, and by the file that it was read from."""
        return not self.url.startswith("file:")

    @property
    def canonical_from(self) -> str | None:
        """The place of the page that its canonical URL is from; ``page`` where it declares none and it is the page's own."""
        return next((p.chosen_from for p in self.article.provenance if p.field == "canonical_url"), None)

    @property
    def may_be_mirror(self) -> bool:
        """Whether it is for the page's bytes to say which article it is: where it names no canonical URL, they may be another URL's."""
        return self.article.canonical_url is None or self.canonical_from == "page"


def storable(text: str) -> str:
    """Text as PostgreSQL can hold it: without NUL, a question mark for each half of a broken surrogate pair."""
    text = text.replace("\0", "")
    if text.isascii():  # most are, and this is asked of a hundred texts a page
        return text
    return text.encode("utf-8", "replace").decode("utf-8")


def _optional(text: str | None) -> str | None:
    return None if text is None else storable(text)


def article_page(result: PageResult, article: Article, now: dt.datetime) -> ArticlePage:
    """The rows' content of one page that is packed; ``now`` stands in where the page does not say when it was observed."""
    packed = result.packed_article
    assert packed is not None  # noqa: S101  # load_batch and the workers have packed it
    url = storable(article_url(result))
    observed_at = result.page.observed_at if result.page else now
    return ArticlePage(
        result=result,
        article=article,
        url=url,
        key=article_key(url),
        location=storable(result.candidate.location),
        source=source_of(article),
        observed_at=observed_at,
        content=_content(result, article, packed, observed_at),
        packed=packed,
        keys=packed.block_keys,
    )


def _content(result: PageResult, article: Article, packed: PackedArticle, observed_at: dt.datetime) -> Content:
    published = article.published
    published_at = _within_range(published)
    return Content(
        title=_optional(article.title),
        subtitle=_optional(article.subtitle),
        body=storable(article.body),
        word_count=packed.word_count,
        authors=[storable(a) for a in article.authors],
        published_at=published_at,
        modified_at=_within_range(article.modified),
        content_sha256=packed.content_sha256,
        body_sha256=result.packed_page.sha256 if result.packed_page else None,
        extractor_version=article.extractor_version,
        publisher=_optional(article.publisher),
        section=_optional(article.section),
        language=_optional(article.language),
        summary=_optional(article.summary),
        topics=[storable(t) for t in article.topics],
        image_url=_optional(article.image_url),
        author_organisations=[storable(a) for a in article.author_organisations],
        article_type=str(article.article_type) if article.article_type else None,
        is_free=article.is_free,
        published_precision=str(published.precision) if published else None,
        published_from=_published_from(article),
        published_tz_from=str(published.tz_from) if published else None,
        published_raw=_optional(published.raw if published else article.impossible_date),
        date_suspect=_is_suspect(published_at, observed_at) if published_at else bool(published or article.impossible_date),
    )


def _within_range(instant: Instant | None) -> dt.datetime | None:
    return instant.at if instant and _FIRST_YEAR <= instant.at.year <= _LAST_YEAR else None


def _is_suspect(published_at: dt.datetime, observed_at: dt.datetime) -> bool:
    return published_at.astimezone(dt.UTC).year < _WEB_YEAR or published_at > observed_at + _AHEAD


def _published_from(article: Article) -> str | None:
    if article.published is None and article.impossible_date is None:
        return None
    origin = next((p.chosen_from for p in article.provenance if p.field == "published_at"), None)
    return storable(origin.partition(":")[0].partition(".")[0]) if origin else None
