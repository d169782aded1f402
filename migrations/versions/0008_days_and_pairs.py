"""Full-width letters and phrases in scripts without spaces; days in the zone that dates were read in; silences that go on."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001. Characters are doubled, so that each ends one pair and begins the next: AB BC CD, in the text's order, which is
# what a phrase is matched by. The first of a run has none before it, and the last is left over: both go.
_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_MARKS = r"/\u2000-\u206f\u3000-\u3004\u3008-\u303f"  # else “NHK” and A/B are one word each
_PAIRS = rf"""
CREATE OR REPLACE FUNCTION news.pairs(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(regexp_replace(normalize(t, NFKC), '[{_UNSPACED}]', '\&\&', 'g'),
                        '(?<=[{_UNSPACED}])([{_UNSPACED}]{{2}})|[{_UNSPACED}]|[{_MARKS}]', ' \1 ', 'g') $$;
COMMENT ON FUNCTION news.pairs(text) IS 'Text with each two neighbouring characters of a script without spaces as a word, and full-width '
  'letters and digits as plain ones: how Chinese, Japanese and Thai are searched.';
"""
_OLD_UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_OLD_PAIR = rf"'([{_OLD_UNSPACED}]{{2}})|[{_OLD_UNSPACED}]|[\u3000-\u303f\uff00-\uffef]', ' \1 ', 'g'"
_OLD_PAIRS = rf"""
CREATE OR REPLACE FUNCTION news.pairs(t text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT regexp_replace(t, {_OLD_PAIR}) || ' ' ||
         regexp_replace(regexp_replace(t, '([^{_OLD_UNSPACED}]|^)[{_OLD_UNSPACED}]', '\1 ', 'g'), {_OLD_PAIR}) $$;
COMMENT ON FUNCTION news.pairs(text)
  IS 'Text with each two neighbouring characters of a script without spaces as a word: how Chinese, Japanese and Thai are searched.';
"""
_LONG_WORDS = r"""regexp_replace(websearch_to_tsquery('pg_catalog.simple', query)::text, '(?<![!])''(\w{3,})\w{2}''', '''\1'':*', 'g')"""
_SHORT_WORDS = rf"""regexp_replace({_LONG_WORDS}, '(?<![!])''(\w{{4}}|[\uac00-\ud7a3]{{2,4}})''(?!:)', '''\1'':*', 'g')"""
_SEARCH_QUERY = rf"""
CREATE OR REPLACE FUNCTION news.search_query(query text, lang text) RETURNS tsquery LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN news.is_unspaced(lang) THEN %s
    WHEN news.fts_config(lang) = 'pg_catalog.simple'::regconfig THEN {_SHORT_WORDS}::tsquery
    ELSE websearch_to_tsquery(news.fts_config(lang), query) END $$;
"""
# A negated word has several pairs: in quotation marks, all of them are negated.
_UNSPACED_QUERY = r"""websearch_to_tsquery('pg_catalog.simple',
      news.pairs(regexp_replace(normalize(query, NFKC), '(^|\s)-([^\s"]+)', '\1-"\2"', 'g')))"""
_OLD_UNSPACED_QUERY = r"""(
      SELECT CASE WHEN unwanted IS NULL THEN wanted ELSE wanted && !!unwanted END
      FROM websearch_to_tsquery('pg_catalog.simple',
                                news.pairs(regexp_replace(replace(query, '"', ' '), '(^|\s)-\S+', ' ', 'g'))) AS wanted,
           (SELECT string_agg('(' || q::text || ')', ' | ')::tsquery
            FROM regexp_matches(replace(query, '"', ' '), '(?:^|\s)-(\S+)', 'g') AS m (words),
                 websearch_to_tsquery('pg_catalog.simple', news.pairs(m.words[1])) AS q
            WHERE numnode(q) > 0) AS u (unwanted))"""
# A generated column is made again where a column that it depends on is set: of these articles only, the others' words stay as they are.
# Nobody loads an article by the old function meanwhile; who reads does not wait. Loaders write sources before articles: so do the locks.
_LOCK = "LOCK TABLE news.source, news.article IN SHARE ROW EXCLUSIVE MODE"
_SEARCH_AGAIN = "UPDATE news.article SET language = language WHERE news.is_unspaced(language)"

_SOURCE_DAY = """
CREATE OR REPLACE VIEW news.source_day AS
  SELECT s.source_id, s.slug, d.day::date AS day, c.articles, c.originals, c.words, d.day::date < h.today AS is_over
  FROM news.source s
  CROSS JOIN LATERAL (SELECT coalesce(%s, 'UTC') AS zone) z
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
"""
_DAY_ABOUT = (
    "COMMENT ON COLUMN news.source_day.day IS 'The day, in the zone that the source''s dates were read in (UTC where none is known).'"
)
_OLD_DAY_ABOUT = "COMMENT ON COLUMN news.source_day.day IS 'The day, in the source''s time zone (UTC where it has none).'"
_ZONE_USED = """
ALTER TABLE news.source ADD COLUMN time_zone_used TEXT;
COMMENT ON COLUMN news.source.time_zone_used
  IS 'The zone that its pages'' dates were last read in, of site rules or of time_zone; NULL where neither named one.';
"""
# A day is measured by what its day of the week had when the source was last heard of: of the days since then, the first of each weekday
# looks back on eight weeks without the silence, and the others take its habit over.
_SOURCE_GAP = """
CREATE OR REPLACE VIEW news.source_gap AS
  SELECT source_id, slug, day, articles, usual FROM (
    SELECT source_id, slug, day, articles, is_over, news.median(before) AS usual FROM (
      SELECT source_id, slug, day, articles, is_over,
             first_value(before) OVER (PARTITION BY source_id, slug, extract(isodow FROM day), heard_on ORDER BY day) AS before FROM (
        SELECT *, array_agg(articles) OVER (PARTITION BY source_id, slug, extract(isodow FROM day) ORDER BY day
                                            ROWS BETWEEN 8 PRECEDING AND 1 PRECEDING) AS before,
               max(day) FILTER (WHERE articles > 0) OVER (PARTITION BY source_id, slug ORDER BY day
                                                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS heard_on
        FROM news.source_day WHERE day > current_date - 400) AS days) AS habit
    WHERE cardinality(before) >= 4) AS compared
  WHERE is_over AND usual >= 4 AND articles < usual / 4;
COMMENT ON COLUMN news.source_gap.usual
  IS 'The median of the same weekday in the eight weeks before, or before the silence that the day is in.';
"""
_OLD_SOURCE_GAP = """
CREATE OR REPLACE VIEW news.source_gap AS
  SELECT source_id, slug, day, articles, usual FROM (
    SELECT source_id, slug, day, articles, is_over, news.median(before) AS usual FROM (
      SELECT *, array_agg(articles) OVER (PARTITION BY source_id, slug, extract(isodow FROM day) ORDER BY day
                                          ROWS BETWEEN 8 PRECEDING AND 1 PRECEDING) AS before
      FROM news.source_day WHERE day > current_date - 400) AS habit
    WHERE cardinality(before) >= 4) AS compared
  WHERE is_over AND usual >= 4 AND articles < usual / 4;
COMMENT ON COLUMN news.source_gap.usual IS 'The median of the same weekday in the eight weeks before.';
"""
_ABOUT = """
COMMENT ON COLUMN ops.article_sketch.removed_keys
  IS 'Those of them that were boilerplate when its text was made: taken out, unless they are most of it.';
COMMENT ON COLUMN ops.raw_page.first_seen_at
  IS 'When these bytes were first observed; where they had been let go, when they were observed again.';
COMMENT ON COLUMN news.article.published_raw IS 'The date as the page writes it, also one that cannot be.';
"""
_OLD_ABOUT = """
COMMENT ON COLUMN ops.article_sketch.removed_keys IS 'Those of them that were taken out as learned boilerplate.';
COMMENT ON COLUMN ops.raw_page.first_seen_at IS 'When these bytes were first observed.';
COMMENT ON COLUMN news.article.published_raw IS 'The date as the page writes it.';
"""


def upgrade() -> None:
    day = _SOURCE_DAY % "s.time_zone_used, s.time_zone"
    for sql in (_LOCK, _PAIRS, _SEARCH_QUERY % _UNSPACED_QUERY, _SEARCH_AGAIN, _ZONE_USED, day, _DAY_ABOUT, _SOURCE_GAP, _ABOUT):
        op.get_bind().exec_driver_sql(sql)


def downgrade() -> None:
    day = _SOURCE_DAY % "s.time_zone"
    drop = "ALTER TABLE news.source DROP COLUMN time_zone_used"
    for sql in (
        _LOCK,
        _OLD_PAIRS,
        _SEARCH_QUERY % _OLD_UNSPACED_QUERY,
        _SEARCH_AGAIN,
        _OLD_SOURCE_GAP,
        day,
        _OLD_DAY_ABOUT,
        drop,
        _OLD_ABOUT,
    ):
        op.get_bind().exec_driver_sql(sql)
