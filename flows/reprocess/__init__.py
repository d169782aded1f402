"""The flow `reprocess`: what `ingest reprocess` does, with its progress to be seen."""
