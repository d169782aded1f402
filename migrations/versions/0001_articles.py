"""The first schema: news for analysts, ops for the pipeline."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Frozen SQL, not the metadata of the day: a revision must make the same tables for ever. It goes to the driver as it is.
_SCHEMAS = """
CREATE SCHEMA IF NOT EXISTS news;
CREATE SCHEMA IF NOT EXISTS ops;
COMMENT ON SCHEMA news IS 'What analysts query: articles, their versions and sources.';
COMMENT ON SCHEMA ops IS 'What the pipeline needs: runs, raw pages, rejections, removed blocks.';

CREATE FUNCTION news.fts_config(lang text) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE lang
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig WHEN 'da' THEN 'pg_catalog.danish'::regconfig
    WHEN 'de' THEN 'pg_catalog.german'::regconfig WHEN 'el' THEN 'pg_catalog.greek'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig WHEN 'es' THEN 'pg_catalog.spanish'::regconfig
    WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig WHEN 'fr' THEN 'pg_catalog.french'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig END $$;
COMMENT ON FUNCTION news.fts_config(text) IS 'The text search configuration of a language code: use it in queries against article.search.';
"""

_VIEWS = """
CREATE VIEW ops.run_summary AS
  SELECT r.run_id, r.kind, r.flow_name, r.state, r.started_at, r.finished_at - r.started_at AS took,
         jsonb_object_agg(c.stage || '.' || c.outcome, c.n) FILTER (WHERE c.stage IS NOT NULL) AS funnel
  FROM ops.run r
  LEFT JOIN (SELECT run_id, stage, outcome, sum(n) AS n FROM ops.run_count GROUP BY 1, 2, 3) c USING (run_id)
  GROUP BY r.run_id;
COMMENT ON VIEW ops.run_summary IS 'One row per run with its duration and what became of its pages.';
COMMENT ON COLUMN ops.run_summary.run_id IS 'The run.';
COMMENT ON COLUMN ops.run_summary.kind IS 'Why it ran.';
COMMENT ON COLUMN ops.run_summary.flow_name IS 'The command or flow that ran.';
COMMENT ON COLUMN ops.run_summary.state IS 'running, completed, failed, cancelled or crashed.';
COMMENT ON COLUMN ops.run_summary.started_at IS 'When it began.';
COMMENT ON COLUMN ops.run_summary.took IS 'How long it took.';
COMMENT ON COLUMN ops.run_summary.funnel IS 'Pages by stage.outcome.';

CREATE VIEW news.headline_change AS
  SELECT v.article_id, a.url, p.title AS title_before, v.title AS title_after, v.observed_at
  FROM news.article_version v
  JOIN news.article_version p ON p.article_id = v.article_id AND p.version_no = v.version_no - 1
  JOIN news.article a ON a.article_id = v.article_id
  WHERE v.reason = 'publisher_change' AND v.title IS DISTINCT FROM p.title;
COMMENT ON VIEW news.headline_change IS 'Headlines that publishers rewrote.';
COMMENT ON COLUMN news.headline_change.article_id IS 'The article.';
COMMENT ON COLUMN news.headline_change.url IS 'Its canonical URL.';
COMMENT ON COLUMN news.headline_change.title_before IS 'The headline before.';
COMMENT ON COLUMN news.headline_change.title_after IS 'The headline after.';
COMMENT ON COLUMN news.headline_change.observed_at IS 'When the new headline was observed.';
"""

_TABLES = """
CREATE TABLE news.source (
    source_id BIGINT GENERATED ALWAYS AS IDENTITY,
    slug TEXT NOT NULL,
    name TEXT NOT NULL,
    domain TEXT,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    CONSTRAINT source_pkey PRIMARY KEY (source_id),
    CONSTRAINT source_slug_key UNIQUE (slug)
);
COMMENT ON TABLE news.source IS 'One row per publisher that articles come from.';
COMMENT ON COLUMN news.source.source_id IS 'The source''s number.';
COMMENT ON COLUMN news.source.slug IS 'Short stable name: the host without www., or the publisher''s name in lower case with hyphens.';
COMMENT ON COLUMN news.source.name IS 'The publisher''s name as its first loaded page gives it.';
COMMENT ON COLUMN news.source.domain IS 'The host without www.; NULL where saved pages name only a publisher.';
COMMENT ON COLUMN news.source.created_at IS 'When its first article was loaded.';
CREATE TABLE ops.raw_page (
    body_sha256 BYTEA NOT NULL,
    byte_len INTEGER NOT NULL,
    charset TEXT,
    media_type TEXT,
    store TEXT NOT NULL,
    location TEXT,
    body_zstd BYTEA,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT raw_page_pkey PRIMARY KEY (body_sha256),
    CONSTRAINT raw_page_store_check CHECK (store IN ('pg', 'file', 'warc', 'none'))
);
COMMENT ON TABLE ops.raw_page IS 'The bytes of every page that was read, once each.';
COMMENT ON COLUMN ops.raw_page.body_sha256 IS 'SHA-256 of the page''s bytes after decompression.';
COMMENT ON COLUMN ops.raw_page.byte_len IS 'Size of the page in bytes.';
COMMENT ON COLUMN ops.raw_page.charset IS 'The charset that the transport declared.';
COMMENT ON COLUMN ops.raw_page.media_type IS 'text/html or text/plain.';
COMMENT ON COLUMN ops.raw_page.store IS 'Where the bytes are: pg (body_zstd), file, warc or none.';
COMMENT ON COLUMN ops.raw_page.location IS 'Where in that store; NULL for pg.';
COMMENT ON COLUMN ops.raw_page.body_zstd IS 'The bytes, compressed with Zstandard.';
COMMENT ON COLUMN ops.raw_page.first_seen_at IS 'When these bytes were first observed.';
CREATE TABLE ops.run (
    run_id UUID NOT NULL,
    kind TEXT NOT NULL,
    flow_name TEXT NOT NULL,
    deployment TEXT,
    params JSONB DEFAULT '{}' NOT NULL,
    code_version TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    state TEXT DEFAULT 'running' NOT NULL,
    CONSTRAINT run_pkey PRIMARY KEY (run_id),
    CONSTRAINT run_kind_check CHECK (kind IN ('scheduled', 'adhoc', 'backfill', 'reextract')),
    CONSTRAINT run_state_check CHECK (state IN ('running', 'completed', 'failed', 'cancelled', 'crashed'))
);
COMMENT ON TABLE ops.run IS 'One row per run of the pipeline: what every loaded row refers to by its *_run_id.';
COMMENT ON COLUMN ops.run.run_id IS 'The run: the flow run''s id under Prefect, else a random UUID.';
COMMENT ON COLUMN ops.run.kind IS 'Why it ran: scheduled, adhoc (a person''s command), backfill or reextract.';
COMMENT ON COLUMN ops.run.flow_name IS 'The command or flow that ran.';
COMMENT ON COLUMN ops.run.deployment IS 'The Prefect deployment; NULL for a command.';
COMMENT ON COLUMN ops.run.params IS 'What it was asked to do, for instance its targets.';
COMMENT ON COLUMN ops.run.code_version IS 'The version of news-ingest that ran.';
COMMENT ON COLUMN ops.run.started_at IS 'When it began.';
COMMENT ON COLUMN ops.run.finished_at IS 'When it ended, or was found to have crashed; NULL while it runs.';
COMMENT ON COLUMN ops.run.state IS 'running, completed, failed, cancelled or crashed (its process vanished).';
CREATE TABLE news.article (
    article_id BIGINT GENERATED ALWAYS AS IDENTITY,
    url_key BYTEA NOT NULL,
    url TEXT NOT NULL,
    source_id BIGINT NOT NULL,
    title TEXT,
    subtitle TEXT,
    body TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    authors TEXT[] DEFAULT '{}' NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    modified_at TIMESTAMP WITH TIME ZONE,
    content_sha256 BYTEA NOT NULL,
    body_sha256 BYTEA,
    extractor_version TEXT NOT NULL,
    publisher TEXT,
    section TEXT,
    language TEXT,
    summary TEXT,
    topics TEXT[] DEFAULT '{}' NOT NULL,
    image_url TEXT,
    published_precision TEXT,
    published_from TEXT,
    published_tz_from TEXT,
    published_raw TEXT,
    date_suspect BOOLEAN DEFAULT false NOT NULL,
    version_no INTEGER DEFAULT 1 NOT NULL,
    dup_of BIGINT,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_changed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    loaded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    first_run_id UUID NOT NULL,
    last_run_id UUID NOT NULL,
    search TSVECTOR GENERATED ALWAYS AS (setweight(to_tsvector(news.fts_config(language), coalesce(left(title, 2000), '')), 'A') ||
        setweight(to_tsvector(news.fts_config(language), coalesce(left(summary, 5000), '')), 'B') ||
        setweight(to_tsvector(news.fts_config(language), left(body, 500000)), 'C')) STORED,
    CONSTRAINT article_pkey PRIMARY KEY (article_id),
    CONSTRAINT article_published_precision_check CHECK (published_precision IN ('second', 'minute', 'day')),
    CONSTRAINT article_published_tz_from_check CHECK (published_tz_from IN ('explicit', 'source', 'assumed_utc')),
    CONSTRAINT article_url_key_key UNIQUE (url_key),
    CONSTRAINT article_source_id_fkey FOREIGN KEY(source_id) REFERENCES news.source (source_id),
    CONSTRAINT article_dup_of_fkey FOREIGN KEY(dup_of) REFERENCES news.article (article_id),
    CONSTRAINT article_first_run_id_fkey FOREIGN KEY(first_run_id) REFERENCES ops.run (run_id),
    CONSTRAINT article_last_run_id_fkey FOREIGN KEY(last_run_id) REFERENCES ops.run (run_id)
);
CREATE INDEX article_authors ON news.article USING gin (authors);
CREATE INDEX article_content ON news.article (content_sha256);
CREATE INDEX article_loaded ON news.article (loaded_at);
CREATE INDEX article_published ON news.article (published_at DESC);
CREATE INDEX article_search ON news.article USING gin (search);
CREATE INDEX article_source_published ON news.article (source_id, published_at DESC);
CREATE INDEX article_topics ON news.article USING gin (topics);
COMMENT ON TABLE news.article IS 'One row per article, always its current version.';
COMMENT ON COLUMN news.article.article_id IS 'The article''s number.';
COMMENT ON COLUMN news.article.url_key IS 'SHA-256 of url: what makes an article the same article.';
COMMENT ON COLUMN news.article.url IS 'Canonical URL; a file: URI for a saved page that names none.';
COMMENT ON COLUMN news.article.source_id IS 'The publisher: news.source.';
COMMENT ON COLUMN news.article.title IS 'The headline.';
COMMENT ON COLUMN news.article.subtitle IS 'The line below the headline.';
COMMENT ON COLUMN news.article.body IS 'The text without boilerplate; blocks are separated by a blank line.';
COMMENT ON COLUMN news.article.word_count IS 'Words in the body; characters in scripts that put no spaces between words.';
COMMENT ON COLUMN news.article.authors IS 'The authors'' names, in the page''s order.';
COMMENT ON COLUMN news.article.published_at IS 'When it was published; NULL where the page does not say.';
COMMENT ON COLUMN news.article.modified_at IS 'When the publisher says it was last modified.';
COMMENT ON COLUMN news.article.content_sha256 IS 'Hash of title, subtitle, authors and body: a new version when it changes.';
COMMENT ON COLUMN news.article.body_sha256 IS 'The page it was read from: key of ops.raw_page.';
COMMENT ON COLUMN news.article.extractor_version IS 'The version of the extractor that made it.';
COMMENT ON COLUMN news.article.publisher IS 'The publisher''s name as this page gives it.';
COMMENT ON COLUMN news.article.section IS 'The publisher''s section.';
COMMENT ON COLUMN news.article.language IS 'ISO 639-1 code of the body''s language.';
COMMENT ON COLUMN news.article.summary IS 'The page''s own summary of the article.';
COMMENT ON COLUMN news.article.topics IS 'Keywords and tags that the page gives.';
COMMENT ON COLUMN news.article.image_url IS 'The lead picture.';
COMMENT ON COLUMN news.article.published_precision IS 'How finely the page states it: second, minute or day.';
COMMENT ON COLUMN news.article.published_from IS 'Where it was found: jsonld, meta, microdata, time_tag, text or url.';
COMMENT ON COLUMN news.article.published_tz_from IS 'Where its zone comes from: explicit, source or assumed_utc.';
COMMENT ON COLUMN news.article.published_raw IS 'The date as the page writes it.';
COMMENT ON COLUMN news.article.date_suspect IS 'True for dates before 1990, far in the future, or out of range: not for daily counts.';
COMMENT ON COLUMN news.article.version_no IS 'Number of the current version, from 1.';
COMMENT ON COLUMN news.article.dup_of IS 'The article that this one is a copy of; NULL for originals.';
COMMENT ON COLUMN news.article.first_seen_at IS 'When the article was first observed.';
COMMENT ON COLUMN news.article.last_seen_at IS 'When it was last observed, changed or not.';
COMMENT ON COLUMN news.article.last_changed_at IS 'When its current version was observed.';
COMMENT ON COLUMN news.article.loaded_at IS 'When its row was first committed: the cursor for incremental pulls.';
COMMENT ON COLUMN news.article.first_run_id IS 'The run that loaded it first.';
COMMENT ON COLUMN news.article.last_run_id IS 'The run that saw it last.';
COMMENT ON COLUMN news.article.search IS 'Full-text index of title (A), summary (B) and body (C).';
CREATE TABLE ops.rejection (
    rejection_id BIGINT GENERATED ALWAYS AS IDENTITY,
    at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    first_run_id UUID NOT NULL,
    last_run_id UUID NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    message TEXT NOT NULL,
    location TEXT NOT NULL,
    url TEXT,
    body_sha256 BYTEA,
    extractor_version TEXT NOT NULL,
    attempts INTEGER DEFAULT 1 NOT NULL,
    resolved_at TIMESTAMP WITH TIME ZONE,
    resolution TEXT,
    CONSTRAINT rejection_pkey PRIMARY KEY (rejection_id),
    CONSTRAINT rejection_first_run_id_fkey FOREIGN KEY(first_run_id) REFERENCES ops.run (run_id),
    CONSTRAINT rejection_last_run_id_fkey FOREIGN KEY(last_run_id) REFERENCES ops.run (run_id)
);
CREATE INDEX rejection_open ON ops.rejection (stage, reason, at) WHERE resolved_at IS NULL;
CREATE UNIQUE INDEX rejection_page
    ON ops.rejection (md5(location), stage, reason, body_sha256) NULLS NOT DISTINCT;
COMMENT ON TABLE ops.rejection IS 'Pages that gave no article, with the reason; their bytes are in ops.raw_page.';
COMMENT ON COLUMN ops.rejection.rejection_id IS 'The rejection''s number.';
COMMENT ON COLUMN ops.rejection.at IS 'When it was first rejected.';
COMMENT ON COLUMN ops.rejection.last_at IS 'When it was last rejected.';
COMMENT ON COLUMN ops.rejection.first_run_id IS 'The run that rejected it first.';
COMMENT ON COLUMN ops.rejection.last_run_id IS 'The run that rejected it last.';
COMMENT ON COLUMN ops.rejection.stage IS 'The stage that refused it: discover, read, decode, extract or load.';
COMMENT ON COLUMN ops.rejection.reason IS 'A stable code, for instance empty or no_article_text.';
COMMENT ON COLUMN ops.rejection.message IS 'The reason as a sentence.';
COMMENT ON COLUMN ops.rejection.location IS 'The file: URI or URL that was read.';
COMMENT ON COLUMN ops.rejection.url IS 'The page''s URL, where it was known.';
COMMENT ON COLUMN ops.rejection.body_sha256 IS 'The page''s bytes: key of ops.raw_page; NULL where none could be read.';
COMMENT ON COLUMN ops.rejection.extractor_version IS 'The version of the extractor that refused it last.';
COMMENT ON COLUMN ops.rejection.attempts IS 'How often it was rejected.';
COMMENT ON COLUMN ops.rejection.resolved_at IS 'When the same place gave an article after all; NULL while open.';
COMMENT ON COLUMN ops.rejection.resolution IS 'What resolved it.';
CREATE TABLE ops.removed_block (
    source_id BIGINT NOT NULL,
    block_sha256 BYTEA NOT NULL,
    sample TEXT NOT NULL,
    reason TEXT NOT NULL,
    pages BIGINT DEFAULT 1 NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT removed_block_pkey PRIMARY KEY (source_id, block_sha256),
    CONSTRAINT removed_block_source_id_fkey FOREIGN KEY(source_id) REFERENCES news.source (source_id)
);
COMMENT ON TABLE ops.removed_block IS 'What was cut from the pages of a source, and why.';
COMMENT ON COLUMN ops.removed_block.source_id IS 'The source.';
COMMENT ON COLUMN ops.removed_block.block_sha256 IS 'SHA-256 of the block''s text, without regard to case and white space.';
COMMENT ON COLUMN ops.removed_block.sample IS 'The block''s text, at most 500 characters.';
COMMENT ON COLUMN ops.removed_block.reason IS 'Why it is not part of the body: see docs/extraction.md.';
COMMENT ON COLUMN ops.removed_block.pages IS 'Versions of articles that it was removed from.';
COMMENT ON COLUMN ops.removed_block.first_seen_at IS 'When it was first observed.';
COMMENT ON COLUMN ops.removed_block.last_seen_at IS 'When it was last observed in a new version.';
CREATE TABLE ops.run_count (
    run_id UUID NOT NULL,
    source_id BIGINT,
    stage TEXT NOT NULL,
    outcome TEXT NOT NULL,
    n BIGINT NOT NULL,
    CONSTRAINT run_count_run_id_key UNIQUE NULLS NOT DISTINCT (run_id, source_id, stage, outcome),
    CONSTRAINT run_count_run_id_fkey FOREIGN KEY(run_id) REFERENCES ops.run (run_id),
    CONSTRAINT run_count_source_id_fkey FOREIGN KEY(source_id) REFERENCES news.source (source_id)
);
COMMENT ON TABLE ops.run_count IS 'What became of the pages of a run: every page counts once.';
COMMENT ON COLUMN ops.run_count.run_id IS 'The run.';
COMMENT ON COLUMN ops.run_count.source_id IS 'The source; NULL for pages whose source is unknown.';
COMMENT ON COLUMN ops.run_count.stage IS 'The stage that decided: load, or the one that rejected.';
COMMENT ON COLUMN ops.run_count.outcome IS 'new, updated, unchanged, duplicate or rejected.';
COMMENT ON COLUMN ops.run_count.n IS 'Pages.';
CREATE TABLE news.article_url (
    url_key BYTEA NOT NULL,
    url TEXT NOT NULL,
    article_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT article_url_pkey PRIMARY KEY (url_key),
    CONSTRAINT article_url_kind_check CHECK (kind IN ('requested', 'redirect', 'final', 'rel_canonical', 'og_url', 'amp', 'file')),
    CONSTRAINT article_url_article_id_fkey FOREIGN KEY(article_id) REFERENCES news.article (article_id)
);
CREATE INDEX article_url_article ON news.article_url (article_id);
COMMENT ON TABLE news.article_url IS 'Every URL and file that led to an article.';
COMMENT ON COLUMN news.article_url.url_key IS 'SHA-256 of url.';
COMMENT ON COLUMN news.article_url.url IS 'A URL, or the file: URI of a saved page.';
COMMENT ON COLUMN news.article_url.article_id IS 'The article that it led to.';
COMMENT ON COLUMN news.article_url.kind IS 'What the URL is: requested, redirect, final, rel_canonical, og_url, amp or file.';
COMMENT ON COLUMN news.article_url.first_seen_at IS 'When it first led there.';
CREATE TABLE news.article_version (
    article_id BIGINT NOT NULL,
    version_no INTEGER NOT NULL,
    observed_at TIMESTAMP WITH TIME ZONE NOT NULL,
    run_id UUID NOT NULL,
    reason TEXT NOT NULL,
    changed TEXT[] DEFAULT '{}' NOT NULL,
    title TEXT,
    subtitle TEXT,
    body TEXT NOT NULL,
    word_count INTEGER NOT NULL,
    authors TEXT[] DEFAULT '{}' NOT NULL,
    published_at TIMESTAMP WITH TIME ZONE,
    modified_at TIMESTAMP WITH TIME ZONE,
    content_sha256 BYTEA NOT NULL,
    body_sha256 BYTEA,
    extractor_version TEXT NOT NULL,
    CONSTRAINT article_version_pkey PRIMARY KEY (article_id, version_no),
    CONSTRAINT article_version_reason_check CHECK (reason IN ('new', 'publisher_change', 'reextract')),
    CONSTRAINT article_version_article_id_fkey FOREIGN KEY(article_id) REFERENCES news.article (article_id),
    CONSTRAINT article_version_run_id_fkey FOREIGN KEY(run_id) REFERENCES ops.run (run_id)
);
CREATE INDEX article_version_body ON news.article_version (body_sha256);
COMMENT ON TABLE news.article_version IS 'Every version of every article; rows are only ever added.';
COMMENT ON COLUMN news.article_version.article_id IS 'The article.';
COMMENT ON COLUMN news.article_version.version_no IS 'From 1, in the order of loading.';
COMMENT ON COLUMN news.article_version.observed_at IS 'When the publisher showed this version.';
COMMENT ON COLUMN news.article_version.run_id IS 'The run that loaded it.';
COMMENT ON COLUMN news.article_version.reason IS 'new, publisher_change, or reextract (the same page read by another extractor).';
COMMENT ON COLUMN news.article_version.changed IS 'The columns that differ from the version before.';
COMMENT ON COLUMN news.article_version.title IS 'The headline.';
COMMENT ON COLUMN news.article_version.subtitle IS 'The line below the headline.';
COMMENT ON COLUMN news.article_version.body IS 'The text without boilerplate; blocks are separated by a blank line.';
COMMENT ON COLUMN news.article_version.word_count IS 'Words in the body; characters in scripts that put no spaces between words.';
COMMENT ON COLUMN news.article_version.authors IS 'The authors'' names, in the page''s order.';
COMMENT ON COLUMN news.article_version.published_at IS 'When it was published; NULL where the page does not say.';
COMMENT ON COLUMN news.article_version.modified_at IS 'When the publisher says it was last modified.';
COMMENT ON COLUMN news.article_version.content_sha256 IS 'Hash of title, subtitle, authors and body: a new version when it changes.';
COMMENT ON COLUMN news.article_version.body_sha256 IS 'The page it was read from: key of ops.raw_page.';
COMMENT ON COLUMN news.article_version.extractor_version IS 'The version of the extractor that made it.';
CREATE TABLE news.provenance (
    article_id BIGINT NOT NULL,
    version_no INTEGER NOT NULL,
    field TEXT NOT NULL,
    chosen_from TEXT NOT NULL,
    candidates JSONB NOT NULL,
    CONSTRAINT provenance_pkey PRIMARY KEY (article_id, version_no, field),
    CONSTRAINT provenance_article_id_fkey FOREIGN KEY(article_id) REFERENCES news.article (article_id)
);
COMMENT ON TABLE news.provenance IS 'Where each field of each version came from, and what else was on offer.';
COMMENT ON COLUMN news.provenance.article_id IS 'The article.';
COMMENT ON COLUMN news.provenance.version_no IS 'The version of the article.';
COMMENT ON COLUMN news.provenance.field IS 'The column that this is about.';
COMMENT ON COLUMN news.provenance.chosen_from IS 'The place on the page whose value was chosen.';
COMMENT ON COLUMN news.provenance.candidates IS 'All values on offer, best first: a list of {origin, value}.';
"""


def upgrade() -> None:
    for sql in (_SCHEMAS, _TABLES, _VIEWS):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("""
    DROP VIEW news.headline_change, ops.run_summary;
    DROP TABLE ops.rejection, ops.removed_block, ops.raw_page, ops.run_count, news.provenance, news.article_url,
        news.article_version, news.article, news.source, ops.run;
    DROP FUNCTION news.fts_config(text);
    DROP SCHEMA news;
    """)
