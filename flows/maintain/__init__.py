"""The flow `maintain`: what `ingest maintain` does, every night."""
