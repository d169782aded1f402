"""Work that several workers share: which host belongs to whom, and which parts of a backfill are done."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Frozen SQL, as in 0001.
_TABLES = """
CREATE TABLE ops.host_lease (
    host TEXT NOT NULL,
    holder UUID,
    leased_until TIMESTAMP WITH TIME ZONE NOT NULL,
    free_from TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL,
    wanted_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT host_lease_pkey PRIMARY KEY (host)
);
CREATE INDEX host_lease_holder ON ops.host_lease (holder) WHERE holder IS NOT NULL;
COMMENT ON TABLE ops.host_lease
    IS 'Which session asks which host: each belongs to one at a time, so that many workers are as polite as one.';
COMMENT ON COLUMN ops.host_lease.host IS 'The host''s name, in lower case.';
COMMENT ON COLUMN ops.host_lease.holder IS 'The session that alone may ask it; NULL where none does.';
COMMENT ON COLUMN ops.host_lease.leased_until IS 'When that claim ends, if it is not renewed: the session may have been killed.';
COMMENT ON COLUMN ops.host_lease.free_from
    IS 'When the next holder may ask for the first time: the delay counts across holders.';
COMMENT ON COLUMN ops.host_lease.wanted_at IS 'When another session last asked for it in vain: its holder then lets go of it for a while.';
CREATE TABLE ops.shard (
    shard_key BYTEA NOT NULL,
    target TEXT NOT NULL,
    part TEXT NOT NULL,
    state TEXT DEFAULT 'ready' NOT NULL,
    run_id UUID,
    tries INTEGER DEFAULT 0 NOT NULL,
    pages BIGINT DEFAULT 0 NOT NULL,
    new_articles BIGINT DEFAULT 0 NOT NULL,
    rejected BIGINT DEFAULT 0 NOT NULL,
    error TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT shard_pkey PRIMARY KEY (shard_key),
    CONSTRAINT shard_state_check CHECK (state IN ('ready', 'running', 'done', 'failed'))
);
CREATE INDEX shard_open ON ops.shard (target) WHERE state <> 'done';
COMMENT ON TABLE ops.shard
    IS 'Parts of backfills, and which of them are done: a backfill that is begun again goes on with the others.';
COMMENT ON COLUMN ops.shard.shard_key IS 'SHA-256 of what it is a part of, that one''s size and change, and which part.';
COMMENT ON COLUMN ops.shard.target IS 'The file, folder or sitemap, without credentials.';
COMMENT ON COLUMN ops.shard.part IS 'Which part of it, for people: bytes, files or dates.';
COMMENT ON COLUMN ops.shard.state IS 'ready, running, done or failed.';
COMMENT ON COLUMN ops.shard.run_id IS 'The run that worked on it last.';
COMMENT ON COLUMN ops.shard.tries IS 'How often it was begun.';
COMMENT ON COLUMN ops.shard.pages IS 'Pages that were found in it.';
COMMENT ON COLUMN ops.shard.new_articles IS 'Articles that it added.';
COMMENT ON COLUMN ops.shard.rejected IS 'Pages of it that gave no article: see ops.rejection.';
COMMENT ON COLUMN ops.shard.error IS 'Why it failed; NULL where it did not.';
COMMENT ON COLUMN ops.shard.started_at IS 'When it was last begun.';
COMMENT ON COLUMN ops.shard.finished_at IS 'When it ended.';
ALTER TABLE ops.url_task ADD COLUMN may_return BOOLEAN DEFAULT false NOT NULL;
COMMENT ON COLUMN ops.url_task.may_return
    IS 'Whether its last failure may be over some day: given up, it is tried again now and then.';
"""


def upgrade() -> None:
    op.get_bind().exec_driver_sql(_TABLES)


def downgrade() -> None:
    op.get_bind().exec_driver_sql("DROP TABLE ops.shard, ops.host_lease; ALTER TABLE ops.url_task DROP COLUMN may_return")
