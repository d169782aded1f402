"""Older states that are loaded late; comments that say what the rows are, also on each month's requests; Korean words with particles."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001. Where a language has no dictionary, words of five letters and more lose two and match by their beginning;
# now shorter ones match by all of theirs, from four letters on, in Korean from two syllables: particles follow the word.
_SEARCH_QUERY = r"""
CREATE OR REPLACE FUNCTION news.search_query(query text, lang text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN news.is_unspaced(lang) THEN (
      SELECT CASE WHEN unwanted IS NULL THEN wanted ELSE wanted && !!unwanted END
      FROM websearch_to_tsquery('pg_catalog.simple',
                                news.pairs(regexp_replace(replace(query, '"', ' '), '(^|\s)-\S+', ' ', 'g'))) AS wanted,
           (SELECT string_agg('(' || q::text || ')', ' | ')::tsquery
            FROM regexp_matches(replace(query, '"', ' '), '(?:^|\s)-(\S+)', 'g') AS m (words),
                 websearch_to_tsquery('pg_catalog.simple', news.pairs(m.words[1])) AS q
            WHERE numnode(q) > 0) AS u (unwanted))
    WHEN news.fts_config(lang) = 'pg_catalog.simple'::regconfig THEN %s::tsquery
    ELSE websearch_to_tsquery(news.fts_config(lang), query) END $$;
"""
_LONG_WORDS = r"""regexp_replace(websearch_to_tsquery('pg_catalog.simple', query)::text, '(?<![!])''(\w{3,})\w{2}''', '''\1'':*', 'g')"""
_SHORT_WORDS = rf"""regexp_replace({_LONG_WORDS}, '(?<![!])''(\w{{4}}|[\uac00-\ud7a3]{{2,4}})''(?!:)', '''\1'':*', 'g')"""
_COMMENT_MONTHS = """
DO $$ DECLARE month record; col record; BEGIN
  FOR month IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'ops.fetch'::regclass LOOP
    EXECUTE format('COMMENT ON TABLE ops.%%I IS %%L', month.relname, 'The requests of one month: ask ops.fetch.');
    FOR col IN SELECT attname, col_description(attrelid, attnum) AS about FROM pg_attribute
        WHERE attrelid = 'ops.fetch'::regclass AND attnum > 0 AND NOT attisdropped LOOP
      EXECUTE format('COMMENT ON COLUMN ops.%%I.%%I IS %%L', month.relname, col.attname, col.about);
    END LOOP;
  END LOOP;
END $$;
"""
_UPGRADE = """
COMMENT ON TABLE ops.alembic_version IS 'The revision of the schema, which `ingest db upgrade` brings up to date.';
COMMENT ON COLUMN ops.alembic_version.version_num IS 'The newest migration that has run.';
COMMENT ON FUNCTION news.search_query(text, text) IS
  'What to match article.search of articles in one language with; the query is as in a search engine: words, "phrases", or, -without. '
  'Where a language has no dictionary, words match by their beginnings.';
COMMENT ON COLUMN news.article.first_seen_at IS 'When the first of its pages to be loaded was observed.';
COMMENT ON COLUMN news.article_version.changed
    IS 'The columns that the publisher changed; of a reextract or an earlier state, those that are otherwise.';
ALTER TABLE news.article_version DROP CONSTRAINT article_version_reason_check,
  ADD CONSTRAINT article_version_reason_check CHECK (reason IN ('new', 'publisher_change', 'reextract', 'earlier'));
COMMENT ON COLUMN news.article_version.reason IS
  'new, publisher_change, reextract (read again by another extractor or with other learned boilerplate, which is no edit; also where '
  'the page before is not kept, and nobody can tell), or earlier (an older state, loaded after a newer one: never the current version).';
CREATE OR REPLACE VIEW news.headline_change AS
  SELECT v.article_id, a.url, p.title AS title_before, v.title AS title_after, v.observed_at
  FROM news.article_version v
  CROSS JOIN LATERAL (
    SELECT b.title FROM news.article_version b
    WHERE b.article_id = v.article_id AND b.version_no < v.version_no AND b.reason <> 'earlier' ORDER BY b.version_no DESC LIMIT 1) p
  JOIN news.article a ON a.article_id = v.article_id
  WHERE v.reason = 'publisher_change' AND v.title IS DISTINCT FROM p.title;
COMMENT ON VIEW news.source_gap IS 'Days of the last 400 on which a source published less than a quarter of what it does on that day of '
  'the week (the median of eight, where that is four articles or more).';

ALTER TABLE news.article_url DROP CONSTRAINT article_url_kind_check,
  ADD CONSTRAINT article_url_kind_check CHECK (kind IN ('requested', 'redirect', 'final', 'rel_canonical', 'og_url', 'file'));
COMMENT ON COLUMN news.article_url.kind
    IS 'What the URL is: requested, redirect, final, rel_canonical (as the page calls itself; og_url where that says so), or file.';
UPDATE news.article_url u SET kind = CASE p.chosen_from WHEN 'page' THEN 'requested' ELSE 'og_url' END
FROM news.article a JOIN news.provenance p USING (article_id, version_no)
WHERE u.article_id = a.article_id AND u.url = a.url AND u.kind = 'rel_canonical'
  AND p.field = 'canonical_url' AND p.chosen_from IN ('page', 'meta:og:url');
"""
_DOWNGRADE = """
CREATE OR REPLACE VIEW news.headline_change AS
  SELECT v.article_id, a.url, p.title AS title_before, v.title AS title_after, v.observed_at
  FROM news.article_version v
  JOIN news.article_version p ON p.article_id = v.article_id AND p.version_no = v.version_no - 1
  JOIN news.article a ON a.article_id = v.article_id
  WHERE v.reason = 'publisher_change' AND v.title IS DISTINCT FROM p.title;
-- 0005 takes an article's newest number for that of its current version: earlier states that were loaded after it go before it.
CREATE TEMP TABLE renumbered ON COMMIT DROP AS
  SELECT a.article_id, v.version_no, CASE v.version_no WHEN a.version_no THEN m.newest ELSE v.version_no - 1 END AS number
  FROM news.article a JOIN (SELECT article_id, max(version_no) AS newest FROM news.article_version GROUP BY article_id) m USING (article_id)
  JOIN news.article_version v ON v.article_id = a.article_id AND v.version_no >= a.version_no
  WHERE m.newest > a.version_no;
UPDATE news.article a SET version_no = r.number FROM renumbered r WHERE r.article_id = a.article_id AND r.version_no = a.version_no;
UPDATE news.article_version v SET version_no = -r.number FROM renumbered r
  WHERE (r.article_id, r.version_no) = (v.article_id, v.version_no);
UPDATE news.provenance p SET version_no = -r.number FROM renumbered r WHERE (r.article_id, r.version_no) = (p.article_id, p.version_no);
UPDATE news.article_version SET version_no = -version_no WHERE version_no < 0;
UPDATE news.provenance SET version_no = -version_no WHERE version_no < 0;
UPDATE news.article_version SET reason = 'reextract' WHERE reason = 'earlier';  -- no edit either
ALTER TABLE news.article_version DROP CONSTRAINT article_version_reason_check,
  ADD CONSTRAINT article_version_reason_check CHECK (reason IN ('new', 'publisher_change', 'reextract'));
ALTER TABLE news.article_url DROP CONSTRAINT article_url_kind_check,
  ADD CONSTRAINT article_url_kind_check CHECK (kind IN ('requested', 'redirect', 'final', 'rel_canonical', 'og_url', 'amp', 'file'));
"""


def upgrade() -> None:
    for sql in (_SEARCH_QUERY % _SHORT_WORDS, _UPGRADE, _COMMENT_MONTHS):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    for sql in (_SEARCH_QUERY % _LONG_WORDS, _DOWNGRADE):
        op.get_bind().exec_driver_sql(sql)
