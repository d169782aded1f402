"""The flow `backfill`."""
