"""What people ask of the tables: sightings, copies, learned boilerplate, search in any script, days and gaps, a role to read with."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_PAIR = rf"'([{_UNSPACED}]{{2}})|[{_UNSPACED}]|[\u3000-\u303f\uff00-\uffef]', ' \1 ', 'g'"
# ruff: noqa: S608  # constants
_FUNCTIONS = rf"""
CREATE OR REPLACE FUNCTION news.fts_config(lang text) RETURNS regconfig LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE lang
    WHEN 'ar' THEN 'pg_catalog.arabic'::regconfig WHEN 'hy' THEN 'pg_catalog.armenian'::regconfig
    WHEN 'eu' THEN 'pg_catalog.basque'::regconfig WHEN 'ca' THEN 'pg_catalog.catalan'::regconfig
    WHEN 'da' THEN 'pg_catalog.danish'::regconfig WHEN 'nl' THEN 'pg_catalog.dutch'::regconfig
    WHEN 'en' THEN 'pg_catalog.english'::regconfig WHEN 'fi' THEN 'pg_catalog.finnish'::regconfig
    WHEN 'fr' THEN 'pg_catalog.french'::regconfig WHEN 'de' THEN 'pg_catalog.german'::regconfig
    WHEN 'el' THEN 'pg_catalog.greek'::regconfig WHEN 'hi' THEN 'pg_catalog.hindi'::regconfig
    WHEN 'hu' THEN 'pg_catalog.hungarian'::regconfig WHEN 'id' THEN 'pg_catalog.indonesian'::regconfig
    WHEN 'ga' THEN 'pg_catalog.irish'::regconfig WHEN 'it' THEN 'pg_catalog.italian'::regconfig
    WHEN 'lt' THEN 'pg_catalog.lithuanian'::regconfig WHEN 'ne' THEN 'pg_catalog.nepali'::regconfig
    WHEN 'no' THEN 'pg_catalog.norwegian'::regconfig WHEN 'nb' THEN 'pg_catalog.norwegian'::regconfig
    WHEN 'pt' THEN 'pg_catalog.portuguese'::regconfig WHEN 'ro' THEN 'pg_catalog.romanian'::regconfig
    WHEN 'ru' THEN 'pg_catalog.russian'::regconfig WHEN 'sr' THEN 'pg_catalog.serbian'::regconfig
    WHEN 'es' THEN 'pg_catalog.spanish'::regconfig WHEN 'sv' THEN 'pg_catalog.swedish'::regconfig
    WHEN 'ta' THEN 'pg_catalog.tamil'::regconfig WHEN 'tr' THEN 'pg_catalog.turkish'::regconfig
    WHEN 'yi' THEN 'pg_catalog.yiddish'::regconfig
    ELSE 'pg_catalog.simple'::regconfig END $$;

CREATE FUNCTION news.is_unspaced(lang text) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT coalesce(lang IN ('zh', 'ja', 'th', 'lo', 'km', 'my'), false) $$;
COMMENT ON FUNCTION news.is_unspaced(text) IS 'Whether a language puts no spaces between its words.';

CREATE FUNCTION news.pairs(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(t, {_PAIR}) || ' ' ||
         regexp_replace(regexp_replace(t, '([^{_UNSPACED}]|^)[{_UNSPACED}]', '\1 ', 'g'), {_PAIR}) $$;
COMMENT ON FUNCTION news.pairs(text)
  IS 'Text with each two neighbouring characters of a script without spaces as a word: how Chinese, Japanese and Thai are searched.';

CREATE FUNCTION news.search_vector(lang text, title text, summary text, body text) RETURNS tsvector
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE WHEN news.is_unspaced(lang) THEN
      setweight(to_tsvector('pg_catalog.simple', news.pairs(coalesce(left(title, 2000), ''))), 'A') ||
      setweight(to_tsvector('pg_catalog.simple', news.pairs(coalesce(left(summary, 5000), ''))), 'B') ||
      setweight(to_tsvector('pg_catalog.simple', news.pairs(left(body, 100000))), 'C')
    ELSE
      setweight(to_tsvector(news.fts_config(lang), coalesce(left(title, 2000), '')), 'A') ||
      setweight(to_tsvector(news.fts_config(lang), coalesce(left(summary, 5000), '')), 'B') ||
      setweight(to_tsvector(news.fts_config(lang), left(body, 500000)), 'C')
    END $$;
COMMENT ON FUNCTION news.search_vector(text, text, text, text) IS 'What article.search holds.';

CREATE FUNCTION news.search_query(query text, lang text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN news.is_unspaced(lang) THEN (
      SELECT CASE WHEN unwanted IS NULL THEN wanted ELSE wanted && !!unwanted END
      FROM websearch_to_tsquery('pg_catalog.simple',
                                news.pairs(regexp_replace(replace(query, '"', ' '), '(^|\s)-\S+', ' ', 'g'))) AS wanted,
           (SELECT string_agg('(' || q::text || ')', ' | ')::tsquery
            FROM regexp_matches(replace(query, '"', ' '), '(?:^|\s)-(\S+)', 'g') AS m (words),
                 websearch_to_tsquery('pg_catalog.simple', news.pairs(m.words[1])) AS q
            WHERE numnode(q) > 0) AS u (unwanted))
    WHEN news.fts_config(lang) = 'pg_catalog.simple'::regconfig THEN
      regexp_replace(websearch_to_tsquery('pg_catalog.simple', query)::text,
                     '(?<![!])''(\w{{3,}})\w{{2}}''', '''\1'':*', 'g')::tsquery
    ELSE websearch_to_tsquery(news.fts_config(lang), query) END $$;
COMMENT ON FUNCTION news.search_query(text, text) IS
  'What to match article.search of articles in one language with; the query is as in a search engine: words, "phrases", or, -without.';

CREATE FUNCTION news.search_query(query text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT coalesce(string_agg(DISTINCT '(' || q::text || ')', ' | '), '')::tsquery
  FROM unnest(ARRAY['ar','hy','eu','ca','da','nl','en','fi','fr','de','el','hi','hu','id','ga','it','lt','ne','no','pt','ro','ru','sr','es',
                    'sv','ta','tr','yi','pl','zh']) AS l (lang), news.search_query(query, l.lang) AS q
  WHERE numnode(q) > 0 $$;
COMMENT ON FUNCTION news.search_query(text) IS
  'What to match article.search of articles in any language with: the query in each of them.';

CREATE FUNCTION news.article_at(url text) RETURNS bigint LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT u.article_id FROM news.article_url u WHERE u.url_key = sha256(convert_to(article_at.url, 'UTF8')) $$;
COMMENT ON FUNCTION news.article_at(text) IS 'The article that a URL led to, by an index; NULL where none is known.';

CREATE FUNCTION news.median(counts bigint[]) RETURNS double precision LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
  $$ SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY n) FROM unnest(counts) AS n $$;
COMMENT ON FUNCTION news.median(bigint[]) IS 'The median of some counts.';
"""
_ARTICLES = """
ALTER TABLE news.article DROP COLUMN search;
ALTER TABLE news.article ADD COLUMN search tsvector GENERATED ALWAYS AS (news.search_vector(language, title, summary, body)) STORED;
ALTER TABLE news.article ADD COLUMN similarity REAL;
CREATE INDEX article_search ON news.article USING gin (search);
DROP INDEX news.article_source_published;
DROP INDEX news.article_published;
CREATE INDEX article_source_published ON news.article (source_id, published_at DESC NULLS LAST) INCLUDE (date_suspect, dup_of, word_count);
CREATE INDEX article_published ON news.article (published_at DESC NULLS LAST);
DROP INDEX news.article_content;
CREATE INDEX article_version_change ON news.article_version (observed_at) WHERE reason = 'publisher_change';
CREATE INDEX article_version_content ON news.article_version (content_sha256);
CREATE INDEX article_dup_of ON news.article (dup_of) WHERE dup_of IS NOT NULL;
COMMENT ON COLUMN news.article.search IS 'Full-text index of title (A), summary (B) and body (C): match it with news.search_query.';
COMMENT ON COLUMN news.article.dup_of IS 'The article that this one is a copy of, the first that was loaded; NULL for originals.';
COMMENT ON COLUMN news.article.similarity IS 'How much of the shorter text both have, from 0 to 1, where it is a copy.';
COMMENT ON COLUMN news.article.url_key
    IS 'SHA-256 of what makes an article the same article: its identity URL (docs/urls.md), or its file.';
COMMENT ON COLUMN news.article.content_sha256
    IS 'Hash of title, subtitle, authors and text as extracted, before what is learned is taken out: a new version when it changes.';
COMMENT ON COLUMN news.article_version.content_sha256
    IS 'Hash of title, subtitle, authors and text as extracted, before what is learned is taken out: a new version when it changes.';
COMMENT ON COLUMN news.article_version.reason
    IS 'new, publisher_change, or reextract (the same page read again: by another extractor, or with other learned boilerplate).';

CREATE TABLE news.sighting (
    feed_id BIGINT NOT NULL,
    url_key BYTEA NOT NULL,
    article_id BIGINT,
    url TEXT NOT NULL,
    guid TEXT,
    title TEXT,
    published_at TIMESTAMP WITH TIME ZONE,
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL,
    CONSTRAINT sighting_pkey PRIMARY KEY (feed_id, url_key),
    CONSTRAINT sighting_feed_id_fkey FOREIGN KEY(feed_id) REFERENCES ops.feed (feed_id) ON DELETE CASCADE,
    CONSTRAINT sighting_article_id_fkey FOREIGN KEY(article_id) REFERENCES news.article (article_id)
);
CREATE INDEX sighting_article ON news.sighting (article_id);
CREATE INDEX sighting_open ON news.sighting (url_key) WHERE article_id IS NULL;
COMMENT ON TABLE news.sighting IS 'Which feed showed which article, and how it announced it; also what it showed and is not loaded.';
COMMENT ON COLUMN news.sighting.feed_id IS 'The feed: ops.feed.';
COMMENT ON COLUMN news.sighting.url_key IS 'SHA-256 of what is the same in all URLs of a page (docs/urls.md).';
COMMENT ON COLUMN news.sighting.article_id IS 'The article; NULL while it is not loaded.';
COMMENT ON COLUMN news.sighting.url IS 'The URL as the feed gave it first.';
COMMENT ON COLUMN news.sighting.guid IS 'The feed''s own name for it.';
COMMENT ON COLUMN news.sighting.title IS 'The headline as the feed shows it.';
COMMENT ON COLUMN news.sighting.published_at IS 'The date that the feed gives it.';
COMMENT ON COLUMN news.sighting.first_seen_at IS 'When the feed first showed it.';
COMMENT ON COLUMN news.sighting.last_seen_at IS 'When the feed last showed it; polls that found the feed unchanged are in ops.feed_poll.';

ALTER TABLE ops.raw_page ALTER COLUMN body_zstd SET STORAGE EXTERNAL;  -- compressed already: Postgres need not try
CREATE INDEX article_source ON news.article (source_id, article_id);
CREATE TABLE ops.article_sketch (
    article_id BIGINT NOT NULL,
    block_keys BIGINT[] NOT NULL,
    removed_keys BIGINT[] NOT NULL,
    signature BYTEA,
    shingles INTEGER,
    CONSTRAINT article_sketch_pkey PRIMARY KEY (article_id),
    CONSTRAINT article_sketch_article_id_fkey FOREIGN KEY(article_id) REFERENCES news.article (article_id)
);
COMMENT ON TABLE ops.article_sketch
    IS 'What articles are compared by: with their source''s others for boilerplate, with all others for copies.';
COMMENT ON COLUMN ops.article_sketch.article_id IS 'The article.';
COMMENT ON COLUMN ops.article_sketch.block_keys
    IS 'A number for each block of its text, in order, before what is learned is taken out; NULL for blocks that are never learned.';
COMMENT ON COLUMN ops.article_sketch.removed_keys IS 'Those of them that were taken out as learned boilerplate.';
COMMENT ON COLUMN ops.article_sketch.signature IS 'MinHash of its text: 128 numbers of 32 bits; NULL for texts that are too short.';
COMMENT ON COLUMN ops.article_sketch.shingles IS 'Different runs of five words in its text.';
CREATE TABLE ops.sketch_band (
    band BIGINT NOT NULL,
    article_id BIGINT NOT NULL,
    CONSTRAINT sketch_band_pkey PRIMARY KEY (band, article_id)
);
COMMENT ON TABLE ops.sketch_band IS 'What copies are looked up by: two copies have a band in common.';
COMMENT ON COLUMN ops.sketch_band.band IS 'Hash of two numbers of the signature.';
COMMENT ON COLUMN ops.sketch_band.article_id IS 'The article.';
CREATE TABLE ops.boilerplate (
    source_id BIGINT NOT NULL,
    block_key BIGINT NOT NULL,
    sample TEXT NOT NULL,
    verdict TEXT NOT NULL,
    evidence TEXT NOT NULL,
    is_pinned BOOLEAN DEFAULT false NOT NULL,
    removed_from BIGINT DEFAULT 0 NOT NULL,
    learned_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    last_removed_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT boilerplate_pkey PRIMARY KEY (source_id, block_key),
    CONSTRAINT boilerplate_source_id_fkey FOREIGN KEY(source_id) REFERENCES news.source (source_id),
    CONSTRAINT boilerplate_verdict_check CHECK (verdict IN ('boilerplate', 'text'))
);
COMMENT ON TABLE ops.boilerplate IS 'What recurs in a source''s articles and was found to be no part of them (docs/boilerplate.md).';
COMMENT ON COLUMN ops.boilerplate.source_id IS 'The source.';
COMMENT ON COLUMN ops.boilerplate.block_key IS 'The block''s number: the same whatever its case, spacing and figures are.';
COMMENT ON COLUMN ops.boilerplate.sample IS 'The block''s text as it was when it was learned.';
COMMENT ON COLUMN ops.boilerplate.verdict IS 'boilerplate, or text where a person said that it belongs to the articles.';
COMMENT ON COLUMN ops.boilerplate.evidence IS 'What it was told by.';
COMMENT ON COLUMN ops.boilerplate.is_pinned IS 'Whether a person gave the verdict.';
COMMENT ON COLUMN ops.boilerplate.removed_from IS 'Versions of articles that it was removed from.';
COMMENT ON COLUMN ops.boilerplate.learned_at IS 'When it was learned or pinned.';
COMMENT ON COLUMN ops.boilerplate.last_removed_at IS 'When it was last removed.';
"""
_VIEWS = """
CREATE VIEW news.source_day AS
  SELECT s.source_id, s.slug, d.day::date AS day, c.articles, c.originals, c.words, d.day::date < h.today AS is_over
  FROM news.source s
  CROSS JOIN LATERAL (SELECT coalesce(s.time_zone, 'UTC') AS zone) z
  CROSS JOIN LATERAL (SELECT z.zone, (now() AT TIME ZONE z.zone)::date AS today) h
  CROSS JOIN LATERAL (
    SELECT (min(a.published_at) AT TIME ZONE h.zone)::date AS day FROM news.article a
    WHERE a.source_id = s.source_id AND NOT a.date_suspect) f
  CROSS JOIN LATERAL generate_series(f.day::timestamp, h.today::timestamp, interval '1 day') AS d (day)
  CROSS JOIN LATERAL (
    SELECT count(*) AS articles, count(*) FILTER (WHERE a.dup_of IS NULL) AS originals, coalesce(sum(a.word_count), 0)::bigint AS words
    FROM news.article a
    WHERE a.source_id = s.source_id AND NOT a.date_suspect
      AND a.published_at >= d.day AT TIME ZONE h.zone AND a.published_at < (d.day + interval '1 day') AT TIME ZONE h.zone) c;
COMMENT ON VIEW news.source_day IS 'Articles of each source on each day, days without any included, in the source''s own time zone.';
COMMENT ON COLUMN news.source_day.source_id IS 'The source.';
COMMENT ON COLUMN news.source_day.slug IS 'Its short name.';
COMMENT ON COLUMN news.source_day.day IS 'The day, in the source''s time zone (UTC where it has none).';
COMMENT ON COLUMN news.source_day.articles IS 'Articles published on that day.';
COMMENT ON COLUMN news.source_day.originals IS 'Those of them that are no copy of an article loaded before.';
COMMENT ON COLUMN news.source_day.words IS 'Words in all of them.';
COMMENT ON COLUMN news.source_day.is_over IS 'Whether the day is over in the source''s time zone.';

CREATE VIEW news.source_gap AS
  SELECT source_id, slug, day, articles, usual FROM (
    SELECT source_id, slug, day, articles, is_over, news.median(before) AS usual FROM (
      SELECT *, array_agg(articles) OVER (PARTITION BY source_id, slug, extract(isodow FROM day) ORDER BY day
                                          ROWS BETWEEN 8 PRECEDING AND 1 PRECEDING) AS before
      FROM news.source_day WHERE day > current_date - 400) AS habit
    WHERE cardinality(before) >= 4) AS compared
  WHERE is_over AND usual >= 4 AND articles < usual / 4;
COMMENT ON VIEW news.source_gap IS
  'Days of the last 400 on which a source published less than a quarter of what it does on that day of the week (the median of eight).';
COMMENT ON COLUMN news.source_gap.source_id IS 'The source.';
COMMENT ON COLUMN news.source_gap.slug IS 'Its short name.';
COMMENT ON COLUMN news.source_gap.day IS 'The day.';
COMMENT ON COLUMN news.source_gap.articles IS 'Articles published on that day.';
COMMENT ON COLUMN news.source_gap.usual IS 'The median of the same weekday in the eight weeks before.';

CREATE VIEW news.article_copy AS
  SELECT o.article_id AS original_id, a.article_id, s.slug, a.url, a.title, a.published_at,
         CASE WHEN a.article_id = o.article_id THEN 1 ELSE a.similarity END AS similarity,
         a.published_at - least(o.published_at, (SELECT min(c.published_at) FROM news.article c WHERE c.dup_of = o.article_id)) AS behind
  FROM news.article o
  CROSS JOIN LATERAL (
    SELECT o.article_id UNION ALL SELECT c.article_id FROM news.article c WHERE c.dup_of = o.article_id) AS k (article_id)
  JOIN news.article a ON a.article_id = k.article_id
  JOIN news.source s ON s.source_id = a.source_id
  WHERE EXISTS (SELECT FROM news.article c WHERE c.dup_of = o.article_id);
COMMENT ON VIEW news.article_copy IS 'Clusters of copies: each article of which copies were found, and each copy, with what came first.';
COMMENT ON COLUMN news.article_copy.original_id IS 'The cluster: the article of it that was loaded first.';
COMMENT ON COLUMN news.article_copy.article_id IS 'An article of the cluster, the first one too.';
COMMENT ON COLUMN news.article_copy.slug IS 'Its source.';
COMMENT ON COLUMN news.article_copy.url IS 'Its URL.';
COMMENT ON COLUMN news.article_copy.title IS 'Its headline.';
COMMENT ON COLUMN news.article_copy.published_at IS 'When it was published.';
COMMENT ON COLUMN news.article_copy.similarity IS 'How much of the shorter text both have, from 0 to 1.';
COMMENT ON COLUMN news.article_copy.behind IS 'How long after the first publication of the cluster it was published.';

CREATE VIEW ops.rejection_reason AS
  SELECT stage, reason, count(*) FILTER (WHERE resolved_at IS NULL) AS open, count(resolved_at) AS resolved, sum(attempts) AS attempts,
         min(at) AS first_at, max(last_at) AS last_at, (array_agg(location ORDER BY last_at DESC))[1] AS example
  FROM ops.rejection GROUP BY stage, reason;
COMMENT ON VIEW ops.rejection_reason IS 'Rejections by stage and reason.';
COMMENT ON COLUMN ops.rejection_reason.stage IS 'The stage that refused them.';
COMMENT ON COLUMN ops.rejection_reason.reason IS 'The reason''s code.';
COMMENT ON COLUMN ops.rejection_reason.open IS 'Places that have given no article since.';
COMMENT ON COLUMN ops.rejection_reason.resolved IS 'Places that gave an article after all.';
COMMENT ON COLUMN ops.rejection_reason.attempts IS 'How often pages were refused for it.';
COMMENT ON COLUMN ops.rejection_reason.first_at IS 'When it first happened.';
COMMENT ON COLUMN ops.rejection_reason.last_at IS 'When it last happened.';
COMMENT ON COLUMN ops.rejection_reason.example IS 'The place of the latest.';
"""
# Roles belong to the whole server: another database may have made it, and managed servers may forbid it.
_ROLE = """
DO $$ BEGIN
  CREATE ROLE news_reader NOLOGIN;
EXCEPTION
  WHEN duplicate_object OR unique_violation THEN NULL;
  WHEN insufficient_privilege THEN RAISE NOTICE 'The role news_reader cannot be made: ask an administrator for CREATEROLE.';
END $$;
DO $$ BEGIN
  GRANT USAGE ON SCHEMA news, ops TO news_reader;
  GRANT SELECT ON ALL TABLES IN SCHEMA news, ops TO news_reader;
  ALTER DEFAULT PRIVILEGES IN SCHEMA news, ops GRANT SELECT ON TABLES TO news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
"""
_DOWNGRADE = """
DO $$ BEGIN
  ALTER DEFAULT PRIVILEGES IN SCHEMA news, ops REVOKE SELECT ON TABLES FROM news_reader;
  REVOKE SELECT ON ALL TABLES IN SCHEMA news, ops FROM news_reader;
  REVOKE USAGE ON SCHEMA news, ops FROM news_reader;
EXCEPTION WHEN undefined_object THEN NULL;
END $$;
DROP VIEW ops.rejection_reason, news.article_copy, news.source_gap, news.source_day;
ALTER TABLE ops.raw_page ALTER COLUMN body_zstd SET STORAGE EXTENDED;
DROP TABLE ops.boilerplate, ops.sketch_band, ops.article_sketch, news.sighting;
DROP INDEX news.article_source, news.article_dup_of, news.article_source_published, news.article_published;
ALTER TABLE news.article DROP COLUMN search, DROP COLUMN similarity;
DROP FUNCTION news.article_at(text), news.median(bigint[]), news.search_query(text), news.search_query(text, text),
    news.search_vector(text, text, text, text), news.pairs(text), news.is_unspaced(text);
ALTER TABLE news.article ADD COLUMN search tsvector GENERATED ALWAYS AS (
    setweight(to_tsvector(news.fts_config(language), coalesce(left(title, 2000), '')), 'A') ||
    setweight(to_tsvector(news.fts_config(language), coalesce(left(summary, 5000), '')), 'B') ||
    setweight(to_tsvector(news.fts_config(language), left(body, 500000)), 'C')) STORED;
CREATE INDEX article_search ON news.article USING gin (search);
DROP INDEX news.article_version_content, news.article_version_change;
CREATE INDEX article_content ON news.article (content_sha256);
CREATE INDEX article_published ON news.article (published_at DESC);
CREATE INDEX article_source_published ON news.article (source_id, published_at DESC);
"""


def upgrade() -> None:
    for sql in (_FUNCTIONS, _ARTICLES, _VIEWS, _ROLE):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(_DOWNGRADE)
