"""The pipeline as Prefect flows: the only place that knows Prefect.

Nothing here is imported by `ingest`; Prefect is imported by the modules that define flows, not by this package, so that help texts and
worker processes do not wait for it.
"""

import os

# A user's machine reports to nobody unless the user says so.
os.environ.setdefault("PREFECT_SERVER_ANALYTICS_ENABLED", "false")
os.environ.setdefault("DO_NOT_TRACK", "1")
