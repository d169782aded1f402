"""An automation that ingests a URL when an event names it: ``python -m flows.automations``."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from flows.deployments import INGEST_TARGETS, NAME

AUTOMATION = "ingest what an event names"
EVENT = "news-ingest.ingest"
"""The event; its payload has the `url`."""

_HELP = f"""Tell the Prefect server that PREFECT_API_URL names to ingest a URL whenever an event [cyan]{EVENT}[/cyan] names one.

Anything that can post to the server can emit such an event: see docs/triggers.md. Run again, it brings the automation up to date."""
_EPILOG = """[bold]Examples[/bold]

  PREFECT_API_URL=http://127.0.0.1:4200/api python -m flows.automations

  python -m flows.automations --remove"""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode="rich")


@app.command(help=_HELP, epilog=_EPILOG)
def create(*, remove: Annotated[bool, typer.Option("--remove", help="Take the automation away.")] = False) -> None:
    """Make, renew or remove the automation."""
    known = asyncio.run(_replace(remove=remove))
    if remove:
        typer.echo("The automation is removed." if known else "There is no such automation.")
    else:
        typer.echo(f"An event {EVENT} with a payload of {{'url': …}} starts {INGEST_TARGETS.flow}/{NAME}.")


async def _replace(*, remove: bool) -> bool:
    """Whether there was one before."""
    from prefect.automations import AutomationCore
    from prefect.client.orchestration import get_client
    from prefect.events.actions import RunDeployment
    from prefect.events.schemas.automations import EventTrigger, Posture

    async with get_client() as client:
        before = await client.read_automations_by_name(AUTOMATION)
        for automation in before:
            await client.delete_automation(automation.id)
        if not remove:
            deployment = await client.read_deployment_by_name(f"{INGEST_TARGETS.flow}/{NAME}")
            url = {"__prefect_kind": "jinja", "template": "{{ event.payload.url }}"}
            await client.create_automation(
                AutomationCore(
                    name=AUTOMATION,
                    description="flows/automations.py made it.",
                    trigger=EventTrigger(expect={EVENT}, posture=Posture.Reactive, threshold=1),
                    actions=[
                        RunDeployment(source="selected", deployment_id=deployment.id, parameters={"targets": [url]}, job_variables=None)
                    ],
                )
            )
    return bool(before)


if __name__ == "__main__":
    app()
