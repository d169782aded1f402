"""The flow `reprocess`: what `ingest reprocess` does."""
