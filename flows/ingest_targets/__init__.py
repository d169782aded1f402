"""The flow `ingest-targets`: what `ingest run` does, with Prefect's logs, retries, artifacts and schedules.

``flow`` holds the flow, ``__main__`` runs it ad hoc: ``python -m flows.ingest_targets seeds/``.
"""
