"""The tables as SQLAlchemy Core sees them; the migrations make them, a test compares the two.

``news`` is what analysts query, ``ops`` what the pipeline needs. A comment on a column says what an analyst wants to know of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR

metadata = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "uq": "%(table_name)s_%(column_0_name)s_key",
        "ck": "%(table_name)s_%(constraint_name)s_check",
    }
)

_INSTANT = DateTime(timezone=True)
_TEXTS = ARRAY(Text)

# The caps keep a vector below PostgreSQL's limit of 1 MB: characters of title, summary and body that are searched.
SEARCH_EXPRESSION = (
    "setweight(to_tsvector(news.fts_config(language), coalesce(left(title, 2000), '')), 'A') || "
    "setweight(to_tsvector(news.fts_config(language), coalesce(left(summary, 5000), '')), 'B') || "
    "setweight(to_tsvector(news.fts_config(language), left(body, 500000)), 'C')"
)


def _column(name: str, kind: Any, comment: str, *args: Any, null: bool = False, **options: Any) -> Column[Any]:  # noqa: ANN401  # SQLAlchemy's types
    return Column(name, kind, *args, nullable=null, comment=comment, **options)


def _identity(name: str, comment: str) -> Column[Any]:
    return _column(name, BigInteger, comment, Identity(always=True), primary_key=True)


def _one_of(column: str, *values: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


_RUN = "ops.run.run_id"
_SOURCE = "news.source.source_id"
_ARTICLE = "news.article.article_id"
_NOW = text("now()")
_NONE = text("'{}'")

run = Table(
    "run",
    metadata,
    _column("run_id", Uuid, "The run: the flow run's id under Prefect, else a random UUID.", primary_key=True),
    _column("kind", Text, "Why it ran: scheduled, adhoc (a person's command), backfill or reextract."),
    _column("flow_name", Text, "The command or flow that ran."),
    _column("deployment", Text, "The Prefect deployment; NULL for a command.", null=True),
    _column("params", JSONB, "What it was asked to do, for instance its targets.", server_default=_NONE),
    _column("code_version", Text, "The version of news-ingest that ran."),
    _column("started_at", _INSTANT, "When it began.", server_default=_NOW),
    _column("finished_at", _INSTANT, "When it ended, or was found to have crashed; NULL while it runs.", null=True),
    _column("state", Text, "running, completed, failed, cancelled or crashed (its process vanished).", server_default="running"),
    _one_of("kind", "scheduled", "adhoc", "backfill", "reextract"),
    _one_of("state", "running", "completed", "failed", "cancelled", "crashed"),
    schema="ops",
    comment="One row per run of the pipeline: what every loaded row refers to by its *_run_id.",
)
source = Table(
    "source",
    metadata,
    _identity("source_id", "The source's number."),
    _column("slug", Text, "Short stable name: the host without www., or the publisher's name in lower case with hyphens.", unique=True),
    _column("name", Text, "The publisher's name as its first loaded page gives it."),
    _column("domain", Text, "The host without www.; NULL where saved pages name only a publisher.", null=True),
    _column("created_at", _INSTANT, "When its first article was loaded.", server_default=_NOW),
    schema="news",
    comment="One row per publisher that articles come from.",
)


def _content(*, version: bool) -> list[Column[Any]]:
    """The columns of an article's content; a version keeps those that a change is worth seeing in."""
    columns = [
        _column("title", Text, "The headline.", null=True),
        _column("subtitle", Text, "The line below the headline.", null=True),
        _column("body", Text, "The text without boilerplate; blocks are separated by a blank line."),
        _column("word_count", Integer, "Words in the body; characters in scripts that put no spaces between words."),
        _column("authors", _TEXTS, "The authors' names, in the page's order.", server_default=_NONE),
        _column("published_at", _INSTANT, "When it was published; NULL where the page does not say.", null=True),
        _column("modified_at", _INSTANT, "When the publisher says it was last modified.", null=True),
        _column("content_sha256", LargeBinary, "Hash of title, subtitle, authors and body: a new version when it changes."),
        _column("body_sha256", LargeBinary, "The page it was read from: key of ops.raw_page.", null=True),
        _column("extractor_version", Text, "The version of the extractor that made it."),
    ]
    if version:
        return columns
    return [
        *columns,
        _column("publisher", Text, "The publisher's name as this page gives it.", null=True),
        _column("section", Text, "The publisher's section.", null=True),
        _column("language", Text, "ISO 639-1 code of the body's language.", null=True),
        _column("summary", Text, "The page's own summary of the article.", null=True),
        _column("topics", _TEXTS, "Keywords and tags that the page gives.", server_default=_NONE),
        _column("image_url", Text, "The lead picture.", null=True),
        _column("author_organisations", _TEXTS, "Those of the authors that are organisations: agencies, desks.", server_default=_NONE),
        _column("article_type", Text, "What the page says it is: news, opinion, review, live_blog, video or gallery.", null=True),
        _column("is_free", Boolean, "Whether everybody may read the whole text; NULL where the page does not say.", null=True),
        _column("published_precision", Text, "How finely the page states it: second, minute or day.", null=True),
        _column("published_from", Text, "Where it was found: jsonld, meta, microdata, time_tag, text or url.", null=True),
        _column("published_tz_from", Text, "Where its zone comes from: explicit, source or assumed_utc.", null=True),
        _column("published_raw", Text, "The date as the page writes it.", null=True),
        _column(
            "date_suspect",
            Boolean,
            "True for dates before 1990, far in the future, or out of range: not for daily counts.",
            server_default=text("false"),
        ),
    ]


article = Table(
    "article",
    metadata,
    _identity("article_id", "The article's number."),
    _column("url_key", LargeBinary, "SHA-256 of url: what makes an article the same article.", unique=True),
    _column("url", Text, "Canonical URL; a file: URI for a saved page that names none."),
    _column("source_id", BigInteger, "The publisher: news.source.", ForeignKey(_SOURCE)),
    *_content(version=False),
    _column("version_no", Integer, "Number of the current version, from 1.", server_default=text("1")),
    _column("dup_of", BigInteger, "The article that this one is a copy of; NULL for originals.", ForeignKey(_ARTICLE), null=True),
    _column("first_seen_at", _INSTANT, "When the article was first observed."),
    _column("last_seen_at", _INSTANT, "When it was last observed, changed or not."),
    _column("last_changed_at", _INSTANT, "When its current version was observed."),
    _column("loaded_at", _INSTANT, "When its row was first committed: the cursor for incremental pulls.", server_default=_NOW),
    _column("first_run_id", Uuid, "The run that loaded it first.", ForeignKey(_RUN)),
    _column("last_run_id", Uuid, "The run that saw it last.", ForeignKey(_RUN)),
    Column(
        "search", TSVECTOR, Computed(SEARCH_EXPRESSION, persisted=True), comment="Full-text index of title (A), summary (B) and body (C)."
    ),
    _one_of("published_precision", "second", "minute", "day"),
    _one_of("article_type", "news", "opinion", "review", "live_blog", "video", "gallery"),
    _one_of("published_tz_from", "explicit", "source", "assumed_utc"),
    Index("article_search", "search", postgresql_using="gin"),
    Index("article_source_published", "source_id", text("published_at DESC")),
    Index("article_published", text("published_at DESC")),
    Index("article_loaded", "loaded_at"),
    Index("article_authors", "authors", postgresql_using="gin"),
    Index("article_topics", "topics", postgresql_using="gin"),
    Index("article_content", "content_sha256"),
    schema="news",
    comment="One row per article, always its current version.",
)
article_version = Table(
    "article_version",
    metadata,
    _column("article_id", BigInteger, "The article.", ForeignKey(_ARTICLE)),
    _column("version_no", Integer, "From 1, in the order of loading."),
    _column("observed_at", _INSTANT, "When the publisher showed this version."),
    _column("run_id", Uuid, "The run that loaded it.", ForeignKey(_RUN)),
    _column("reason", Text, "new, publisher_change, or reextract (the same page read by another extractor)."),
    _column("changed", _TEXTS, "The columns that differ from the version before.", server_default=_NONE),
    *_content(version=True),
    _column(
        "blocks",
        JSONB,
        "Every block of the page in reading order: a list of {kind, reason, text}; the reason is null where the block is in the body.",
        null=True,
    ),
    PrimaryKeyConstraint("article_id", "version_no"),
    _one_of("reason", "new", "publisher_change", "reextract"),
    Index("article_version_body", "body_sha256"),
    schema="news",
    comment="Every version of every article; rows are only ever added.",
)
article_url = Table(
    "article_url",
    metadata,
    _column("url_key", LargeBinary, "SHA-256 of url.", primary_key=True),
    _column("url", Text, "A URL, or the file: URI of a saved page."),
    _column("article_id", BigInteger, "The article that it led to.", ForeignKey(_ARTICLE)),
    _column("kind", Text, "What the URL is: requested, redirect, final, rel_canonical, og_url, amp or file."),
    _column("first_seen_at", _INSTANT, "When it first led there."),
    _one_of("kind", "requested", "redirect", "final", "rel_canonical", "og_url", "amp", "file"),
    Index("article_url_article", "article_id"),
    schema="news",
    comment="Every URL and file that led to an article.",
)
provenance = Table(
    "provenance",
    metadata,
    _column("article_id", BigInteger, "The article.", ForeignKey(_ARTICLE)),
    _column("version_no", Integer, "The version of the article."),
    _column("field", Text, "The column that this is about."),
    _column("chosen_from", Text, "The place on the page whose value was chosen."),
    _column("candidates", JSONB, "All values on offer, best first: a list of {origin, value}."),
    PrimaryKeyConstraint("article_id", "version_no", "field"),
    schema="news",
    comment="Where each field of each version came from, and what else was on offer.",
)
run_count = Table(
    "run_count",
    metadata,
    _column("run_id", Uuid, "The run.", ForeignKey(_RUN)),
    _column("source_id", BigInteger, "The source; NULL for pages whose source is unknown.", ForeignKey(_SOURCE), null=True),
    _column("stage", Text, "The stage that decided: load, or the one that rejected."),
    _column("outcome", Text, "new, updated, unchanged, duplicate or rejected."),
    _column("n", BigInteger, "Pages."),
    UniqueConstraint("run_id", "source_id", "stage", "outcome", postgresql_nulls_not_distinct=True),
    schema="ops",
    comment="What became of the pages of a run: every page counts once.",
)
raw_page = Table(
    "raw_page",
    metadata,
    _column("body_sha256", LargeBinary, "SHA-256 of the page's bytes after decompression.", primary_key=True),
    _column("byte_len", Integer, "Size of the page in bytes."),
    _column("charset", Text, "The charset that the transport declared.", null=True),
    _column("media_type", Text, "text/html or text/plain.", null=True),
    _column("store", Text, "Where the bytes are: pg (body_zstd), file, warc or none."),
    _column("location", Text, "Where in that store; NULL for pg.", null=True),
    _column("body_zstd", LargeBinary, "The bytes, compressed with Zstandard.", null=True),
    _column("first_seen_at", _INSTANT, "When these bytes were first observed."),
    _one_of("store", "pg", "file", "warc", "none"),
    schema="ops",
    comment="The bytes of every page that was read, once each.",
)
removed_block = Table(
    "removed_block",
    metadata,
    _column("source_id", BigInteger, "The source.", ForeignKey(_SOURCE)),
    _column("block_sha256", LargeBinary, "SHA-256 of the block's text, without regard to case and white space."),
    _column("sample", Text, "The block's text, at most 500 characters."),
    _column("reason", Text, "Why it is not part of the body: see docs/extraction.md."),
    _column("pages", BigInteger, "Versions of articles that it was removed from.", server_default=text("1")),
    _column("first_seen_at", _INSTANT, "When it was first observed."),
    _column("last_seen_at", _INSTANT, "When it was last observed in a new version."),
    PrimaryKeyConstraint("source_id", "block_sha256"),
    schema="ops",
    comment="What was cut from the pages of a source, and why.",
)
rejection = Table(
    "rejection",
    metadata,
    _identity("rejection_id", "The rejection's number."),
    _column("at", _INSTANT, "When it was first rejected.", server_default=_NOW),
    _column("last_at", _INSTANT, "When it was last rejected.", server_default=_NOW),
    _column("first_run_id", Uuid, "The run that rejected it first.", ForeignKey(_RUN)),
    _column("last_run_id", Uuid, "The run that rejected it last.", ForeignKey(_RUN)),
    _column("stage", Text, "The stage that refused it: discover, read, decode, extract or load."),
    _column("reason", Text, "A stable code, for instance empty or no_article_text."),
    _column("message", Text, "The reason as a sentence."),
    _column("location", Text, "The file: URI or URL that was read."),
    _column("url", Text, "The page's URL, where it was known.", null=True),
    _column("body_sha256", LargeBinary, "The page's bytes: key of ops.raw_page; NULL where none could be read.", null=True),
    _column("extractor_version", Text, "The version of the extractor that refused it last."),
    _column("attempts", Integer, "How often it was rejected.", server_default=text("1")),
    _column("resolved_at", _INSTANT, "When the same place gave an article after all; NULL while open.", null=True),
    _column("resolution", Text, "What resolved it.", null=True),
    # md5: a location can be longer than an index row may be
    Index("rejection_page", text("md5(location)"), "stage", "reason", "body_sha256", unique=True, postgresql_nulls_not_distinct=True),
    Index("rejection_open", "stage", "reason", "at", postgresql_where=text("resolved_at IS NULL")),
    schema="ops",
    comment="Pages that gave no article, with the reason; their bytes are in ops.raw_page.",
)
