"""Serve the flows as deployments, with a Prefect server where none is configured: ``python -m flows.serve`` or ``make serve``."""

from __future__ import annotations

import datetime as dt
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import httpx
import typer

from flows.deployments import DEPLOYMENTS, INGEST_TARGETS, NAME, to_prefect
from flows.reports import reports_server
from flows.signals import end_by_signals
from ingest.errors import IngestError
from ingest.normalise.credentials import without_credentials
from ingest.prefect_api import ServerAway
from ingest.settings import Settings
from ingest.store.engine import open_engine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Engine

_START_SECONDS = 120.0  # a first start migrates the server's own database
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.2
_LOOK_SECONDS = "1"  # between two looks for runs that are due: Prefect's own 10 are what a person who asks for a run waits

_SERVER_SETTINGS = {
    # Who holds a deployment's place, on disk: what the server forgets when it ends keeps the place for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
    "PREFECT_UI_API_URL": "/api",  # the page asks the server that it came from, whatever its name and port
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
}

_HELP = """Run everything on this machine: the flows as deployments, on their schedules (flows/deployments.py), the database, and a Prefect
server with its page for the browser.

Uses the Prefect server that PREFECT_API_URL names, else starts one; the database that INGEST_DATABASE_URL names, else the embedded one,
which it keeps running. Ctrl-C ends all that it started."""
_EPILOG = """[bold]Examples[/bold]

  python -m flows.serve

  python -m flows.serve --cron "*/15 * * * *" --target /srv/saved-pages

Then, from another terminal: ingest trigger seeds/ --wait"""

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
    end_by_signals()
    settings = Settings.from_env()
    try:
        with ExitStack() as stack:
            # Held as long as the flows are served: an embedded server does not stop and start with every run.
            engine = stack.enter_context(open_engine(settings))
            where = "INGEST_DATABASE_URL" if settings.database_url else f"embedded, in {settings.home}"
            typer.echo(f"Database: {where}. Questions: ingest db psql")
            is_own = not os.environ.get("PREFECT_API_URL")
            if is_own:
                url = stack.enter_context(_server(host, port))
                os.environ["PREFECT_API_URL"] = f"{url}/api"
                typer.echo(f"Prefect server: {url}")
            if not settings.reports_url:
                os.environ["INGEST_REPORTS_URL"] = stack.enter_context(reports_server(host, port + 1, settings.reports_folder))
            _close_crashed(engine, on_own_server=is_own)
            _serve(cron, target, pause_after=is_own)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    except IngestError as error:
        typer.echo(f"flows.serve: {error}", err=True)
        raise typer.Exit(2) from None


def _close_crashed(engine: Engine, *, on_own_server: bool) -> None:
    from flows.crashed import UNRECORDED, close_crashed  # after PREFECT_API_URL is set: Prefect reads it once

    # A server that starts only now has started no run yet: what it knows as starting was ended with it.
    unrecorded = dt.timedelta(0) if on_own_server else UNRECORDED
    try:
        closed = close_crashed(engine, unrecorded)
    except httpx.HTTPError as error:
        url = without_credentials(os.environ["PREFECT_API_URL"])
        raise ServerAway(f"No Prefect server answers at {url} ({error}): unset PREFECT_API_URL to have one started.") from None
    if closed:
        typer.echo(f"Runs whose process vanished, closed: {closed}")


def _serve(cron: str | None, targets: list[str] | None, *, pause_after: bool) -> None:
    # Prefect's runner keeps its files in a folder of one name for all users of a machine; the second user is refused it.
    with tempfile.TemporaryDirectory(prefix="ingest-serve-") as own:
        tempfile.tempdir = own
        _serve_deployments(cron, targets, pause_after=pause_after)


def _serve_deployments(cron: str | None, targets: list[str] | None, *, pause_after: bool) -> None:
    os.environ.setdefault("PREFECT_RUNNER_POLL_FREQUENCY", _LOOK_SECONDS)
    from flows.runner import serve_until_interrupted

    typer.echo(f"In another terminal: PREFECT_API_URL={os.environ['PREFECT_API_URL']} ingest trigger seeds/ --wait")
    for deployment in DEPLOYMENTS:
        typer.echo(f"  {deployment.flow + '/' + NAME:<24} {deployment.cron or 'when it is asked for':<22} {deployment.does}")
    served = [to_prefect(d) for d in DEPLOYMENTS]
    if cron and targets:
        served.append(to_prefect(replace(INGEST_TARGETS, cron=cron), name="scheduled", parameters={"targets": targets}))
    # On a server of others' the schedules go on: another process may serve them.
    serve_until_interrupted(served, pause_after=pause_after)


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
    environment = _SERVER_SETTINGS | os.environ
    process = subprocess.Popen(command, env=environment, start_new_session=True, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
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


if __name__ == "__main__":
    app()
