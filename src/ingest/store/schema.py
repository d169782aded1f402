"""The tables as SQLAlchemy Core sees them; the migrations make them, a test compares the two.

``news`` is what analysts query, ``ops`` what the pipeline needs. A comment on a column says what an analyst wants to know of it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    ARRAY,
    REAL,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    DateTime,
    Float,
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

INSTANT = DateTime(timezone=True)
TEXTS = ARRAY(Text)

SEARCH_EXPRESSION = "news.search_vector(language, title, summary, body)"


def column(name: str, kind: Any, comment: str, *args: Any, null: bool = False, **options: Any) -> Column[Any]:  # noqa: ANN401  # SQLAlchemy's types
    """A column; none is without a comment."""
    return Column(name, kind, *args, nullable=null, comment=comment, **options)


def identity(name: str, comment: str) -> Column[Any]:
    """The number that the database gives a row: its primary key."""
    return column(name, BigInteger, comment, Identity(always=True), primary_key=True)


def one_of(column: str, *values: str) -> CheckConstraint:
    """A check that a column holds one of a few words."""
    return CheckConstraint(f"{column} IN ({', '.join(repr(v) for v in values)})", name=column)


RUN = "ops.run.run_id"
SOURCE = "news.source.source_id"
ARTICLE = "news.article.article_id"
NOW = text("now()")
NONE = text("'{}'")

run = Table(
    "run",
    metadata,
    column("run_id", Uuid, "The run: the flow run's id under Prefect, else a random UUID.", primary_key=True),
    column("kind", Text, "Why it ran: scheduled, adhoc (a person's command), backfill or reextract."),
    column("flow_name", Text, "The command or flow that ran."),
    column("deployment", Text, "The Prefect deployment; NULL for a command.", null=True),
    column("params", JSONB, "What it was asked to do, for instance its targets.", server_default=NONE),
    column("code_version", Text, "The version of news-ingest that ran."),
    column("started_at", INSTANT, "When it began.", server_default=NOW),
    column("finished_at", INSTANT, "When it ended, or was found to have crashed; NULL while it runs.", null=True),
    column("state", Text, "running, completed, failed, cancelled or crashed (its process vanished).", server_default="running"),
    one_of("kind", "scheduled", "adhoc", "backfill", "reextract"),
    one_of("state", "running", "completed", "failed", "cancelled", "crashed"),
    schema="ops",
    comment="One row per run of the pipeline: what every loaded row refers to by its *_run_id.",
)
source = Table(
    "source",
    metadata,
    identity("source_id", "The source's number."),
    column("slug", Text, "Short stable name: the host without www., or the publisher's name in lower case with hyphens.", unique=True),
    column("name", Text, "The publisher's name as its first loaded page gives it."),
    column("domain", Text, "The host without www.; NULL where saved pages name only a publisher.", null=True),
    column("created_at", INSTANT, "When it was added, or its first article loaded.", server_default=NOW),
    column("followed_at", INSTANT, "When somebody added it with `ingest sources`; NULL where it is only known from articles.", null=True),
    column("paused_at", INSTANT, "When its polls were paused; NULL where they are not.", null=True),
    column("homepage", Text, "Its home page.", null=True),
    column("time_zone", Text, "IANA name of the zone that its pages mean where they state none.", null=True),
    column("language", Text, "ISO 639-1 code, where neither a page nor its text says.", null=True),
    column("rule_file", Text, "The file with its site rules (docs/site-rules.md).", null=True),
    column("delay_seconds", Float, "Seconds between two requests to its hosts; NULL for the settings' own.", null=True),
    column("concurrency", Integer, "Requests to one of its hosts at once; NULL for the settings' own.", null=True),
    column("full_text", Boolean, "Whether its feeds carry whole articles, which then are not fetched.", server_default=text("false")),
    column(
        "time_zone_used",
        Text,
        "The zone that its pages' dates were last read in, of site rules or of time_zone; NULL where neither named one.",
        null=True,
    ),
    schema="news",
    comment="One row per publisher that articles come from.",
)


def _content(*, version: bool) -> list[Column[Any]]:
    """The columns of an article's content; a version keeps those that a change is worth seeing in."""
    columns = [
        column("title", Text, "The headline.", null=True),
        column("subtitle", Text, "The line below the headline.", null=True),
        column("body", Text, "The text without boilerplate; blocks are separated by a blank line."),
        column("word_count", Integer, "Words in the body; characters in scripts that put no spaces between words."),
        column("authors", TEXTS, "The authors' names, in the page's order.", server_default=NONE),
        column("published_at", INSTANT, "When it was published; NULL where the page does not say.", null=True),
        column("modified_at", INSTANT, "When the publisher says it was last modified.", null=True),
        column(
            "content_sha256",
            LargeBinary,
            "Hash of title, subtitle, authors and text as extracted, before what is learned is taken out: a new version when it changes.",
        ),
        column("body_sha256", LargeBinary, "The page it was read from: key of ops.raw_page.", null=True),
        column("extractor_version", Text, "The version of the extractor that made it."),
    ]
    if version:
        return columns
    return [
        *columns,
        column("publisher", Text, "The publisher's name as this page gives it.", null=True),
        column("section", Text, "The publisher's section.", null=True),
        column("language", Text, "ISO 639-1 code of the body's language.", null=True),
        column("summary", Text, "The page's own summary of the article.", null=True),
        column("topics", TEXTS, "Keywords and tags that the page gives.", server_default=NONE),
        column("image_url", Text, "The lead picture.", null=True),
        column("author_organisations", TEXTS, "Those of the authors that are organisations: agencies, desks.", server_default=NONE),
        column("article_type", Text, "What the page says it is: news, opinion, review, live_blog, video or gallery.", null=True),
        column("is_free", Boolean, "Whether everybody may read the whole text; NULL where the page does not say.", null=True),
        column("published_precision", Text, "How finely the page states it: second, minute or day.", null=True),
        column("published_from", Text, "Where it was found: jsonld, meta, microdata, time_tag, text, url, feed or sitemap.", null=True),
        column("published_tz_from", Text, "Where its zone comes from: explicit, source or assumed_utc.", null=True),
        column("published_raw", Text, "The date as the page writes it, also one that cannot be.", null=True),
        column(
            "date_suspect",
            Boolean,
            "True for dates before 1990, far in the future, or out of range: not for daily counts.",
            server_default=text("false"),
        ),
    ]


article = Table(
    "article",
    metadata,
    identity("article_id", "The article's number."),
    column(
        "url_key",
        LargeBinary,
        "SHA-256 of what makes an article the same article: its identity URL (docs/urls.md), or its file.",
        unique=True,
    ),
    column("url", Text, "Canonical URL; a file: URI for a saved page that names none."),
    column("source_id", BigInteger, "The publisher: news.source.", ForeignKey(SOURCE)),
    *_content(version=False),
    column("version_no", Integer, "Number of the current version, from 1.", server_default=text("1")),
    column(
        "dup_of",
        BigInteger,
        "The article that this one is a copy of, the first that was loaded; NULL for originals.",
        ForeignKey(ARTICLE),
        null=True,
    ),
    column("similarity", REAL, "How much of the shorter text both have, from 0 to 1, where it is a copy.", null=True),
    column("first_seen_at", INSTANT, "When the first of its pages to be loaded was observed."),
    column("last_seen_at", INSTANT, "When it was last observed, changed or not."),
    column("last_changed_at", INSTANT, "When its current version was observed."),
    column("loaded_at", INSTANT, "When its row was first committed: the cursor for incremental pulls.", server_default=NOW),
    column("first_run_id", Uuid, "The run that loaded it first.", ForeignKey(RUN)),
    column("last_run_id", Uuid, "The run that saw it last.", ForeignKey(RUN)),
    Column(
        "search",
        TSVECTOR,
        Computed(SEARCH_EXPRESSION, persisted=True),
        comment="Full-text index of title (A), summary (B) and body (C): match it with news.search_query.",
    ),
    one_of("published_precision", "second", "minute", "day"),
    one_of("article_type", "news", "opinion", "review", "live_blog", "video", "gallery"),
    one_of("published_tz_from", "explicit", "source", "assumed_utc"),
    Index("article_search", "search", postgresql_using="gin"),
    Index(
        "article_source_published",
        "source_id",
        text("published_at DESC NULLS LAST"),
        postgresql_include=["date_suspect", "dup_of", "word_count"],
    ),
    Index("article_published", text("published_at DESC NULLS LAST")),
    Index("article_source", "source_id", "article_id"),
    Index("article_dup_of", "dup_of", postgresql_where=text("dup_of IS NOT NULL")),
    Index("article_loaded", "loaded_at"),
    Index("article_authors", "authors", postgresql_using="gin"),
    Index("article_topics", "topics", postgresql_using="gin"),
    schema="news",
    comment="One row per article, always its current version.",
)
article_version = Table(
    "article_version",
    metadata,
    column("article_id", BigInteger, "The article.", ForeignKey(ARTICLE)),
    column("version_no", Integer, "From 1, in the order of loading."),
    column("observed_at", INSTANT, "When the publisher showed this version."),
    column("run_id", Uuid, "The run that loaded it.", ForeignKey(RUN)),
    column(
        "reason",
        Text,
        "new, publisher_change, reextract (read again by another extractor or with other learned boilerplate, which is no edit; also where "
        "the page before is not kept, and nobody can tell), or earlier (an older state, loaded after a newer one: never the current "
        "version).",
    ),
    column(
        "changed",
        TEXTS,
        "The columns that the publisher changed; of a reextract or an earlier state, those that are otherwise.",
        server_default=NONE,
    ),
    *_content(version=True),
    column(
        "blocks",
        JSONB,
        "Every block of the page in reading order: a list of {kind, reason, text}; the reason is null where the block is in the body.",
        null=True,
    ),
    PrimaryKeyConstraint("article_id", "version_no"),
    one_of("reason", "new", "publisher_change", "reextract", "earlier"),
    Index("article_version_body", "body_sha256"),
    Index("article_version_content", "content_sha256"),
    Index("article_version_change", "observed_at", postgresql_where=text("reason = 'publisher_change'")),
    schema="news",
    comment="Every version of every article; rows are only ever added.",
)
article_url = Table(
    "article_url",
    metadata,
    column("url_key", LargeBinary, "SHA-256 of url.", primary_key=True),
    column("url", Text, "A URL, or the file: URI of a saved page."),
    column("match_key", LargeBinary, "SHA-256 of what is the same in all URLs of a page (docs/urls.md)."),
    column("article_id", BigInteger, "The article that it led to.", ForeignKey(ARTICLE)),
    column(
        "kind",
        Text,
        "What the URL is: requested, redirect, final, rel_canonical (as the page calls itself; og_url where that says so), or file.",
    ),
    column("first_seen_at", INSTANT, "When it first led there."),
    one_of("kind", "requested", "redirect", "final", "rel_canonical", "og_url", "file"),
    Index("article_url_article", "article_id"),
    Index("article_url_match", "match_key"),
    schema="news",
    comment="Every URL and file that led to an article.",
)
provenance = Table(
    "provenance",
    metadata,
    column("article_id", BigInteger, "The article.", ForeignKey(ARTICLE)),
    column("version_no", Integer, "The version of the article."),
    column("field", Text, "The column that this is about."),
    column("chosen_from", Text, "The place on the page whose value was chosen."),
    column("candidates", JSONB, "All values on offer, best first: a list of {origin, value}."),
    PrimaryKeyConstraint("article_id", "version_no", "field"),
    schema="news",
    comment="Where each field of each version came from, and what else was on offer.",
)
run_count = Table(
    "run_count",
    metadata,
    column("run_id", Uuid, "The run.", ForeignKey(RUN)),
    column("source_id", BigInteger, "The source; NULL for pages whose source is unknown.", ForeignKey(SOURCE), null=True),
    column("stage", Text, "The stage that decided: load, or the one that rejected."),
    column("outcome", Text, "new, updated, unchanged, duplicate or rejected."),
    column("n", BigInteger, "Pages."),
    UniqueConstraint("run_id", "source_id", "stage", "outcome", postgresql_nulls_not_distinct=True),
    schema="ops",
    comment="What became of the pages of a run: every page counts once.",
)
raw_page = Table(
    "raw_page",
    metadata,
    column("body_sha256", LargeBinary, "SHA-256 of the page's bytes after decompression.", primary_key=True),
    column("byte_len", Integer, "Size of the page in bytes."),
    column("charset", Text, "The charset that the transport declared.", null=True),
    column("media_type", Text, "text/html or text/plain.", null=True),
    column("store", Text, "Where the bytes are: pg (body_zstd), file, warc or none."),
    column("location", Text, "Where in that store; NULL for pg.", null=True),
    column("body_zstd", LargeBinary, "The bytes, compressed with Zstandard.", null=True),
    column("first_seen_at", INSTANT, "When these bytes were first observed; where they had been let go, when they were observed again."),
    one_of("store", "pg", "file", "warc", "none"),
    schema="ops",
    comment="The bytes of every page that was read, once each.",
)
removed_block = Table(
    "removed_block",
    metadata,
    column("source_id", BigInteger, "The source.", ForeignKey(SOURCE)),
    column("block_sha256", LargeBinary, "SHA-256 of the block's text, without regard to case and white space."),
    column("sample", Text, "The block's text, at most 500 characters."),
    column("reason", Text, "Why it is not part of the body: see docs/extraction.md."),
    column("pages", BigInteger, "Versions of articles that it was removed from.", server_default=text("1")),
    column("first_seen_at", INSTANT, "When it was first observed."),
    column("last_seen_at", INSTANT, "When it was last observed in a new version."),
    PrimaryKeyConstraint("source_id", "block_sha256"),
    schema="ops",
    comment="What was cut from the pages of a source, and why.",
)
rejection = Table(
    "rejection",
    metadata,
    identity("rejection_id", "The rejection's number."),
    column("at", INSTANT, "When it was first rejected.", server_default=NOW),
    column("last_at", INSTANT, "When it was last rejected.", server_default=NOW),
    column("first_run_id", Uuid, "The run that rejected it first.", ForeignKey(RUN)),
    column("last_run_id", Uuid, "The run that rejected it last.", ForeignKey(RUN)),
    column("stage", Text, "The stage that refused it: discover, fetch, read, decode, extract or load."),
    column("reason", Text, "A stable code, for instance empty or no_article_text."),
    column("message", Text, "The reason as a sentence."),
    column("location", Text, "The file: URI or URL that was read."),
    column("url", Text, "The page's URL, where it was known.", null=True),
    column("body_sha256", LargeBinary, "The page's bytes: key of ops.raw_page; NULL where none could be read.", null=True),
    column("extractor_version", Text, "The version of the extractor that refused it last."),
    column("attempts", Integer, "How often it was rejected.", server_default=text("1")),
    column("resolved_at", INSTANT, "When the same place gave an article after all; NULL while open.", null=True),
    column("resolution", Text, "What resolved it.", null=True),
    # md5: a location can be longer than an index row may be
    Index("rejection_page", text("md5(location)"), "stage", "reason", "body_sha256", unique=True, postgresql_nulls_not_distinct=True),
    Index("rejection_open", "stage", "reason", "at", postgresql_where=text("resolved_at IS NULL")),
    schema="ops",
    comment="Pages that gave no article, with the reason; their bytes are in ops.raw_page.",
)
