"""What Alembic runs: it migrates the connection that `ingest.store.migrate` hands over."""

from __future__ import annotations

from alembic import context

from ingest.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table_schema="ops", include_schemas=True
)
with context.begin_transaction():
    context.run_migrations()
