"""The nouns of the pipeline: frozen values that travel from a target to a row.

Nothing here does I/O or knows a clock. A fact has one name everywhere: the attribute here, the JSON field of
``ingest extract --jsonl`` and the column of the tables in ``news`` and ``ops``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from ingest.packed import PackedArticle, PackedPage
from ingest.transfer import Transfer

if TYPE_CHECKING:
    from bs4 import BeautifulSoup


class Stage(StrEnum):
    """Where in the way of a page something happened (column ``ops.rejection.stage``)."""

    DISCOVER = "discover"
    FETCH = "fetch"
    READ = "read"
    DECODE = "decode"
    EXTRACT = "extract"
    LOAD = "load"


class MediaType(StrEnum):
    """What a page's bytes claim to be."""

    HTML = "text/html"
    TEXT = "text/plain"


class BlockKind(StrEnum):
    """What a run of text is on its page."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    LIST_ITEM = "list_item"
    QUOTE = "quote"
    TABLE_ROW = "table_row"
    CAPTION = "caption"
    PREFORMATTED = "preformatted"


class DropReason(StrEnum):
    """Why a block is not part of the article's body: the whole vocabulary, documented in ``docs/extraction.md``."""

    ADVERTISEMENT = "advertisement"
    AUTHOR = "author"  # byline, or a biography of the author
    BREADCRUMB = "breadcrumb"
    CAPTION = "caption"  # a picture's or video's caption or credit
    COMMENT = "comment"  # readers' comments and the invitation to write one
    COOKIE_NOTICE = "cookie_notice"
    COPYRIGHT = "copyright"
    DATE = "date"
    DUPLICATE = "duplicate"  # the page says the same elsewhere
    FORM = "form"
    HIDDEN = "hidden"
    LEARNED = "learned"  # the source puts it into article after article (docs/boilerplate.md)
    LINK_LIST = "link_list"  # mostly links: menus, tag lists, "more from"
    MAILING_LIST = "mailing_list"
    NAVIGATION = "navigation"
    OUTSIDE = "outside"  # text outside the part of the page that holds the article
    PUBLISHER = "publisher"
    READ_MORE = "read_more"  # an interlude that sends the reader elsewhere
    RELATED = "related"
    SECTION = "section"
    SHARE = "share"
    SITE_CHROME = "site_chrome"  # header, footer, sidebars
    SITE_RULE = "site_rule"  # a rule written for this source takes it out
    SUBSCRIPTION = "subscription"
    SUBTITLE = "subtitle"
    TITLE = "title"
    WIDGET = "widget"  # players, polls, tickers, embeds


class ArticleType(StrEnum):
    """What kind of article a page says it is (column ``article_type``); absent where it does not say."""

    NEWS = "news"
    OPINION = "opinion"  # comment, column, editorial, letter
    REVIEW = "review"
    LIVE_BLOG = "live_blog"
    VIDEO = "video"  # also audio: the text only describes it
    GALLERY = "gallery"


class Precision(StrEnum):
    """How finely a source states an instant (column ``published_precision``)."""

    SECOND = "second"
    MINUTE = "minute"
    DAY = "day"


class ZoneFrom(StrEnum):
    """Where an instant's time zone comes from (column ``published_tz_from``)."""

    EXPLICIT = "explicit"  # the page states an offset or a zone
    SOURCE = "source"  # the source's configured time zone
    ASSUMED_UTC = "assumed_utc"  # nobody says: UTC is assumed


@dataclass(frozen=True, slots=True)
class Instant:
    """A point in time as a page states it.

    ``at`` is aware and keeps the page's own offset; for ``Precision.DAY`` it is that day's midnight. ``raw`` is the text it was read from.
    """

    at: dt.datetime
    precision: Precision
    tz_from: ZoneFrom
    raw: str


class Block(NamedTuple):
    """A run of the page's text with its verdict: kept where ``reason`` is None, else dropped for that reason.

    A named tuple, because a page has hundreds and a frozen dataclass takes three times as long to make.
    """

    kind: BlockKind
    text: str
    reason: DropReason | None = None

    @property
    def kept(self) -> bool:
        """Whether the block is part of the article's body."""
        return self.reason is None


class FieldCandidate(NamedTuple):
    """One value that one place on the page offers for a metadata field, as text (a named tuple for the reason that `Block` is one).

    ``origin`` is ``kind`` or ``kind:detail``, for instance ``jsonld:headline``, ``meta:og:title``, ``h1``, ``text:header``,
    ``time_tag``, ``url``; its part before the colon is what the database stores in ``published_from``.
    """

    origin: str
    value: str


@dataclass(frozen=True, slots=True)
class FieldProvenance:
    """Where the value of one field of an article came from, and what else was on offer, best first."""

    field: str
    chosen_from: str
    candidates: tuple[FieldCandidate, ...]


@dataclass(frozen=True, slots=True)
class SourceRules:
    """What is known about a source before one of its pages is read."""

    time_zone: str | None = None
    """IANA name, used where a page gives a local time."""
    language: str | None = None
    """ISO 639-1 code, used where neither the text nor the page says."""
    body: str | None = None
    """CSS selector of the article's text; the other selectors likewise."""
    title: str | None = None
    authors: str | None = None
    published: str | None = None
    modified: str | None = None
    drop: tuple[str, ...] = ()
    """CSS selectors of what is not part of the article."""
    drop_text: tuple[str, ...] = ()
    """Regular expressions: a block in which one is found is not part of the article."""
    function: Callable[[BeautifulSoup], Mapping[str, Any] | None] | None = None
    """What somebody wrote for the source's pages: gives the fields that it overrides."""
    hosts: tuple[str, ...] = ()
    name: str = ""
    """The file that the rules come from."""
    fingerprint: str = ""
    """Changes when the rules do; empty where there are none."""


NO_RULES = SourceRules()


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What one line of a source's rules did on one page."""

    key: str
    value: str
    matches: int
    """Elements, blocks or fields that it applied to."""


@dataclass(frozen=True, slots=True)
class Hint:
    """What the list that named a candidate says of it: offered for fields about which the page says nothing."""

    origin: str
    """``feed`` or ``sitemap``: what the database stores in ``published_from``."""
    title: str | None = None
    published: dt.datetime | None = None
    updated: dt.datetime | None = None
    authors: tuple[str, ...] = ()
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """One article page that discovery found: where to read it, and its URL where somebody already knows it."""

    location: str
    """An absolute ``file:`` URI, or a URL to fetch."""
    path: str
    """The path as the user would write it: shown in tables and in the JSON field ``path``."""
    url: str | None = None
    rules: SourceRules = NO_RULES
    hint: Hint | None = None
    recheck: bool = False
    """Whether to ask for it again where it is loaded: somebody has named it."""


@dataclass(frozen=True, slots=True)
class Page:
    """The bytes of a page, decompressed, with their provenance."""

    candidate: Candidate
    body: bytes
    media_type: MediaType
    observed_at: dt.datetime
    """When these bytes were what the publisher showed: the time of the fetch, or a file's modification time (aware)."""
    charset: str | None = None
    """The charset that the transport declared, where there was one."""
    transfer: Transfer | None = None
    """How it came over the network; None for what was read from a disk."""


@dataclass(frozen=True, slots=True)
class Article:
    """The clean record of one page."""

    url: str | None
    canonical_url: str | None
    title: str | None
    body: str
    """The kept blocks, in reading order, separated by a blank line."""
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    author_organisations: tuple[str, ...] = ()
    """Those of ``authors`` that are organisations: agencies, desks, the publisher itself."""
    publisher: str | None = None
    section: str | None = None
    published: Instant | None = None
    impossible_date: str | None = None
    """What the page declares as its date of publication where no such day exists, or its year is not of this age."""
    modified: Instant | None = None
    language: str | None = None
    summary: str | None = None
    topics: tuple[str, ...] = ()
    image_url: str | None = None
    article_type: ArticleType | None = None
    is_free: bool | None = None
    """Whether everybody may read the whole text (``isAccessibleForFree`` and its kin); None where the page does not say."""
    blocks: tuple[Block, ...] = ()
    provenance: tuple[FieldProvenance, ...] = ()
    rule_effects: tuple[RuleEffect, ...] = ()
    """What the source's rules did, where it has any."""
    extractor_version: str = ""

    @property
    def blocks_dropped(self) -> tuple[Block, ...]:
        """The blocks that are not part of the body, in page order."""
        return tuple([b for b in self.blocks if b.reason is not None])


@dataclass(frozen=True, slots=True)
class Rejection:
    """A page that gave no article: the stage that refused it, a stable reason code, and a sentence for a person."""

    stage: Stage
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PageResult:
    """What became of one candidate: an article or a rejection, with the page's bytes where they were read."""

    candidate: Candidate
    result: Article | Rejection
    page: Page | None = None
    """Also of a rejected page, so that its bytes are kept; None where nothing within the limits could be read."""
    seconds: float = 0.0
    """From bytes to article."""
    failed_transfer: Transfer | None = None
    """How the network failed to bring a page."""
    packed_page: PackedPage | None = None
    packed_article: PackedArticle | None = None
    """The two as they are stored; None where that is still to be made."""

    @property
    def transfer(self) -> Transfer | None:
        """How the page came over the network, or did not come; None for what was read from a disk."""
        return self.failed_transfer or (self.page.transfer if self.page else None)


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one page; each has a setting of the same name."""

    max_page_bytes: int = 16 * 1024 * 1024
    max_tree_depth: int = 5_000
    max_extract_seconds: float = 10.0
    max_task_tries: int = 8
    """Runs that try a page which cannot be had, before it is given up."""


@dataclass(slots=True)
class Tally:
    """Counts of one source in one run: the row of the run table."""

    source: str
    found: int = 0
    new: int = 0
    updated: int = 0
    unchanged: int = 0
    duplicates: int = 0
    rejected: int = 0
    seconds: float = field(default=0.0)

    @property
    def came_to_nothing(self) -> bool:
        """Whether there were pages, and none of them gave an article: where that is a run's total, the run failed."""
        return self.found > 0 and self.rejected == self.found


@dataclass(frozen=True, slots=True)
class RejectionCount:
    """How many pages a run rejected for one reason; ``example`` is one of them, with its sentence."""

    stage: str
    reason: str
    pages: int
    example: str
