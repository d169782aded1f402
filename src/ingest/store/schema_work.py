"""The tables by which several workers share work: which host belongs to whom, and which parts of a backfill are done."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, Table, Text, Uuid, text

from ingest.store.schema import INSTANT, NOW, column, metadata, one_of

host_lease = Table(
    "host_lease",
    metadata,
    column("host", Text, "The host's name, in lower case.", primary_key=True),
    column("holder", Uuid, "The session that alone may ask it; NULL where none does.", null=True),
    column("leased_until", INSTANT, "When that claim ends, if it is not renewed: the session may have been killed."),
    column("free_from", INSTANT, "When the next holder may ask for the first time: the delay counts across holders.", server_default=NOW),
    column("wanted_at", INSTANT, "When another session last asked for it in vain: its holder then lets go of it for a while.", null=True),
    Index("host_lease_holder", "holder", postgresql_where=text("holder IS NOT NULL")),
    schema="ops",
    comment="Which session asks which host: each belongs to one at a time, so that many workers are as polite as one.",
)
shard = Table(
    "shard",
    metadata,
    column("shard_key", LargeBinary, "SHA-256 of what it is a part of, that one's size and change, and which part.", primary_key=True),
    column("target", Text, "The file, folder or sitemap, without credentials."),
    column("part", Text, "Which part of it, for people: bytes, files or dates."),
    column("state", Text, "ready, running, done or failed.", server_default="ready"),
    column("run_id", Uuid, "The run that worked on it last.", null=True),
    column("tries", Integer, "How often it was begun.", server_default=text("0")),
    column("pages", BigInteger, "Pages that were found in it.", server_default=text("0")),
    column("new_articles", BigInteger, "Articles that it added.", server_default=text("0")),
    column("rejected", BigInteger, "Pages of it that gave no article: see ops.rejection.", server_default=text("0")),
    column("error", Text, "Why it failed; NULL where it did not.", null=True),
    column("started_at", INSTANT, "When it was last begun.", null=True),
    column("finished_at", INSTANT, "When it ended.", null=True),
    one_of("state", "ready", "running", "done", "failed"),
    Index("shard_open", "target", postgresql_where=text("state <> 'done'")),
    schema="ops",
    comment="Parts of backfills, and which of them are done: a backfill that is begun again goes on with the others.",
)
