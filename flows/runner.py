"""Prefect's runner of served deployments, which every signal that asks for its end ends as Ctrl-C does."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from prefect.logging.handlers import APILogHandler
from prefect.runner import Runner

from flows.signals import interrupt

if TYPE_CHECKING:
    from collections.abc import Iterable


class OrderlyRunner(Runner):
    """A runner that ends its runs, and says so, before it ends itself.

    Prefect 3.8's own answer to SIGTERM forgets to wait for that: runs are killed, and stay as running on the server.
    """

    def handle_sigterm(self, *_args: Any, **_kwargs: Any) -> None:  # noqa: ANN401  # the base class's
        """As Ctrl-C."""
        interrupt()


def serve_until_interrupted(deployments: Iterable[Any], *, pause_after: bool) -> None:
    """Run what is asked for; after the end, schedules are paused or go on."""
    runner = OrderlyRunner(pause_on_shutdown=pause_after)
    for deployment in deployments:
        runner.add_deployment(deployment)
    with suppress(KeyboardInterrupt):
        asyncio.run(_until_interrupted(runner))


async def _until_interrupted(runner: Runner) -> None:
    serving = asyncio.create_task(runner.start())
    try:
        await asyncio.shield(serving)
    except asyncio.CancelledError:  # what asyncio makes of Ctrl-C
        if runner.started:
            await runner.astop()  # cancels the runs under way: what they have loaded stays
        else:
            serving.cancel()
        await serving
        await APILogHandler.aflush()  # while there is a server to tell
        raise
