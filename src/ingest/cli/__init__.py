"""The `ingest` command: one module a command group."""
