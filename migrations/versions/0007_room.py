"""Room on the pages of news.article, so that noting that an article was seen again touches none of its indexes.

An update whose row finds room on its own page, and that changes no indexed column, is a heap-only tuple: the search index, most of what the
table costs, is left alone. Without room each update entered all words of the article there anew, and pages that are known took more than
twice as long. The rows of an article without its texts are a twentieth of its size. Articles that are loaded already get room where they
are next updated, or by VACUUM FULL.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE news.article SET (fillfactor = 50)")


def downgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE news.article RESET (fillfactor)")
