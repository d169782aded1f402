"""The flow `poll-feeds`: what `ingest poll --due` does, on a schedule."""
