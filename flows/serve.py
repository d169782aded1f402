"""Serve the flows as deployments, with a Prefect server where none is configured: ``python -m flows.serve`` or ``make serve``."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, Any

import httpx
import typer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

_START_SECONDS = 120.0  # a first start migrates the server's own database
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.2
DEPLOYMENT = "default"
POLL_CRON = "*/5 * * * *"  # feeds have their own times: this is how often it is looked whether one has come

_HELP = """Serve the flows as deployments: `ingest-targets/default`, which runs when somebody asks for it, and `poll-feeds/default`, which
looks every five minutes for feeds that are due.

Uses the Prefect server that PREFECT_API_URL names, else starts one on this machine, with its page for the browser. Ctrl-C ends both."""
_EPILOG = """[bold]Examples[/bold]

  python -m flows.serve

  python -m flows.serve --cron "*/15 * * * *" --target /srv/saved-pages

Then, from another terminal: prefect deployment run 'ingest-targets/default' -p 'targets=["seeds/"]'"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.command(help=_HELP, epilog=_EPILOG)
def serve(
    *,
    host: Annotated[str, typer.Option("--host", metavar="ADDRESS", help="Where the server listens.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535, metavar="N", help="Port of the server.")] = 4200,
    cron: Annotated[str | None, typer.Option("--cron", metavar="CRON", help="Run on this schedule; needs --target.")] = None,
    target: Annotated[list[str] | None, typer.Option("--target", metavar="PATH", help="What scheduled runs load.")] = None,
) -> None:
    """Start what is needed and serve until interrupted."""
    if cron and not target:
        raise typer.BadParameter("a schedule needs at least one --target", param_hint="--cron")
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        if os.environ.get("PREFECT_API_URL"):
            _serve(cron, target)
        else:
            with _server(host, port) as url:
                os.environ["PREFECT_API_URL"] = f"{url}/api"
                typer.echo(f"Prefect server: {url}")
                _serve(cron, target)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _serve(cron: str | None, targets: list[str] | None) -> None:
    # Prefect's runner keeps its files in a folder of one name for all users of a machine; the second user is refused it.
    with tempfile.TemporaryDirectory(prefix="ingest-serve-") as own:
        tempfile.tempdir = own
        _serve_until_interrupted(cron, targets)


def _serve_until_interrupted(cron: str | None, targets: list[str] | None) -> None:
    from prefect import serve as serve_deployments  # after PREFECT_API_URL is set: Prefect reads it once
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy

    from flows.ingest_targets.flow import ingest_targets
    from flows.poll_feeds.flow import poll_feeds

    api = os.environ["PREFECT_API_URL"]
    typer.echo(f"Run it: PREFECT_API_URL={api} prefect deployment run 'ingest-targets/{DEPLOYMENT}' -p 'targets=[\"seeds/\"]'")
    ad_hoc: Any = ingest_targets.to_deployment(
        DEPLOYMENT, cron=cron, parameters={"targets": targets} if targets else None, tags=["news-ingest"]
    )
    # A poll that is late is dropped where one is running: the feeds that it would have asked are asked by the next.
    alone = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    polls: Any = poll_feeds.to_deployment(DEPLOYMENT, cron=POLL_CRON, concurrency_limit=alone, tags=["news-ingest"])
    serve_deployments(ad_hoc, polls, print_starting_message=False)


@contextmanager
def _server(host: str, port: int) -> Iterator[str]:
    """A Prefect server of our own for the duration of the block."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            typer.echo(f"flows.serve: {host}:{port} cannot be used ({error.strerror}): choose another with --port.", err=True)
            raise typer.Exit(2) from None
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", host, "--port", str(port), "--log-level", "WARNING"]
    # A session of its own: Ctrl-C reaches us, and we end the server after the runs.
    process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)  # noqa: S603  # a command of our own
    try:
        url = f"http://{host}:{port}"
        _wait_until_healthy(process, f"{url}/api/health")
        yield url
    finally:
        _stop(process)


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(url, timeout=2).is_success:
                return
        except httpx.HTTPError:
            time.sleep(_POLL_SECONDS)
    typer.echo("flows.serve: the Prefect server did not start; its own messages stand above.", err=True)
    raise typer.Exit(2)


def _stop(process: subprocess.Popen[bytes]) -> None:
    for order in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, order)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _interrupt(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    app()
