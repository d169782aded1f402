"""Each version with its blocks; organisations among the authors, the kind of article, and whether everybody may read it."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001.
_UPGRADE = """
ALTER TABLE news.article
    ADD COLUMN author_organisations TEXT[] DEFAULT '{}' NOT NULL,
    ADD COLUMN article_type TEXT,
    ADD COLUMN is_free BOOLEAN,
    ADD CONSTRAINT article_article_type_check CHECK (article_type IN ('news', 'opinion', 'review', 'live_blog', 'video', 'gallery'));
COMMENT ON COLUMN news.article.author_organisations IS 'Those of the authors that are organisations: agencies, desks.';
COMMENT ON COLUMN news.article.article_type IS 'What the page says it is: news, opinion, review, live_blog, video or gallery.';
COMMENT ON COLUMN news.article.is_free IS 'Whether everybody may read the whole text; NULL where the page does not say.';

ALTER TABLE news.article_version ADD COLUMN blocks JSONB;
COMMENT ON COLUMN news.article_version.blocks
    IS 'Every block of the page in reading order: a list of {kind, reason, text}; the reason is null where the block is in the body.';

CREATE VIEW news.article_block AS
  SELECT a.article_id, b.position::int AS position, b.block->>'kind' AS kind, b.block->>'reason' IS NULL AS kept,
         b.block->>'reason' AS reason, b.block->>'text' AS text
  FROM news.article a
  JOIN news.article_version v USING (article_id, version_no)
  CROSS JOIN LATERAL jsonb_array_elements(v.blocks) WITH ORDINALITY AS b (block, position);
COMMENT ON VIEW news.article_block IS 'Every block of every article''s current version, with its verdict: filter by article_id.';
COMMENT ON COLUMN news.article_block.article_id IS 'The article.';
COMMENT ON COLUMN news.article_block.position IS 'Its place on the page, from 1.';
COMMENT ON COLUMN news.article_block.kind IS 'What it is: paragraph, heading, list_item, quote, table_row, caption or preformatted.';
COMMENT ON COLUMN news.article_block.kept IS 'Whether it is part of the body.';
COMMENT ON COLUMN news.article_block.reason IS 'Why it is not (see docs/extraction.md); NULL where it is kept.';
COMMENT ON COLUMN news.article_block.text IS 'The text.';
"""
_DOWNGRADE = """
DROP VIEW news.article_block;
ALTER TABLE news.article_version DROP COLUMN blocks;
ALTER TABLE news.article DROP COLUMN is_free, DROP COLUMN article_type, DROP COLUMN author_organisations;
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_UPGRADE)


def downgrade() -> None:
    op.get_bind().exec_driver_sql(_DOWNGRADE)
