"""The flow `watch`: what `ingest watch` does, every hour, with a Prefect event for each finding."""
