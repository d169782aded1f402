"""When each flow runs, and how: the one place, for `make serve` and for prefect.yaml alike.

``python -m flows.deployments > prefect.yaml`` writes the other form, which `prefect deploy --all` reads.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any, Literal

NAME = "default"
"""Of every deployment: poll-feeds/default, and so on."""
WORK_POOL = "news-ingest"
"""The pool whose workers run what `prefect deploy` deploys; of type process."""
TAGS = ("news-ingest",)

MINUTE, HOUR = 60, 3600


@dataclass(frozen=True, slots=True)
class Deployment:
    """A flow, and when and how it runs."""

    flow: str
    """Its name, as Prefect shows it."""
    does: str
    """For people: a line."""
    timeout_seconds: int
    """After which a run is ended: by then it hangs, and keeps others from running. What it has loaded is safe."""
    cron: str | None = None
    """None where it runs only when somebody asks for it."""
    time_zone: str = "UTC"
    """Of the schedule, by its IANA name: a daily run stays at its hour when the clocks change."""
    jitter_seconds: int = 0
    """Scheduled runs wait for up to as long, each for another time: not all machines ask all publishers at the full minute."""
    most_at_once: int = 1
    when_busy: Literal["CANCEL_NEW", "ENQUEUE"] = "CANCEL_NEW"
    """What becomes of a run for which there is no room: dropped, since the next does its work too, or kept waiting."""

    @property
    def module(self) -> str:
        """Where the flow is."""
        return f"flows.{self.function}.flow"

    @property
    def function(self) -> str:
        """The function that is the flow."""
        return self.flow.replace("-", "_")

    @property
    def entrypoint(self) -> str:
        """The same for `prefect deploy`."""
        return f"flows/{self.function}/flow.py:{self.function}"


POLL_FEEDS = Deployment(
    "poll-feeds",
    "Ask the feeds whose time has come, and load what is new in them.",
    cron="*/5 * * * *",  # feeds have their own times: this is how often it is looked whether one has come
    jitter_seconds=30,
    timeout_seconds=6 * HOUR,
)
WATCH = Deployment(
    "watch",
    "Look for sources that fell silent, feeds that fail, pages that are suddenly rejected.",
    cron="17 * * * *",
    jitter_seconds=30,
    timeout_seconds=10 * MINUTE,
)
MAINTAIN = Deployment(
    "maintain",
    "Let go of what is old, try again what failed for the moment, look after the tables.",
    cron="40 3 * * *",
    jitter_seconds=600,
    timeout_seconds=4 * HOUR,
)
INGEST_TARGETS = Deployment(
    "ingest-targets", "Load articles from URLs, feeds, files and folders.", most_at_once=4, when_busy="ENQUEUE", timeout_seconds=24 * HOUR
)
REPROCESS = Deployment(
    "reprocess", "Make articles again from their kept pages.", when_busy="ENQUEUE", timeout_seconds=7 * 24 * HOUR
)  # fmt: skip
BACKFILL = Deployment(
    "backfill", "Load an archive in many parts at once.", when_busy="ENQUEUE", timeout_seconds=7 * 24 * HOUR
)  # fmt: skip

DEPLOYMENTS = (POLL_FEEDS, WATCH, MAINTAIN, INGEST_TARGETS, REPROCESS, BACKFILL)


def prefect_yaml() -> str:
    """The deployments as `prefect deploy --all` reads them."""
    import yaml

    facts = {
        "name": "news-ingest",
        "deployments": [
            {
                "name": NAME,
                "entrypoint": d.entrypoint,
                "description": d.does,
                "tags": list(TAGS),
                "schedules": [{"cron": d.cron, "timezone": d.time_zone}] if d.cron else [],
                "concurrency_limit": {"limit": d.most_at_once, "collision_strategy": d.when_busy},
                "work_pool": {"name": WORK_POOL},
            }
            for d in DEPLOYMENTS
        ],
    }
    head = (
        "# Written by `python -m flows.deployments > prefect.yaml`: change flows/deployments.py, not this file.\n"
        f"# prefect work-pool create {WORK_POOL} --type process; prefect deploy --all; prefect worker start --pool {WORK_POOL}\n"
    )
    return head + str(yaml.safe_dump(facts, sort_keys=False, width=130))


def to_prefect(deployment: Deployment, name: str = NAME, parameters: dict[str, Any] | None = None) -> Any:  # noqa: ANN401  # imported late
    """The deployment as `prefect.serve` takes it."""
    from importlib import import_module

    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    flow = getattr(import_module(deployment.module), deployment.function)
    return flow.to_deployment(
        name,
        parameters=parameters,
        schedules=[Cron(deployment.cron, timezone=deployment.time_zone)] if deployment.cron else None,
        concurrency_limit=ConcurrencyLimitConfig(
            limit=deployment.most_at_once, collision_strategy=ConcurrencyLimitStrategy(deployment.when_busy)
        ),
        description=deployment.does,
        tags=list(TAGS),
        entrypoint_type=EntrypointType.MODULE_PATH,  # a Dask cluster elsewhere finds the module by its own name only
    )


if __name__ == "__main__":
    sys.stdout.write(prefect_yaml())
