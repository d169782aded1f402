"""A Prefect server, by its REST API: what `ingest trigger` needs of it. Prefect itself is not imported, which takes a second."""

from __future__ import annotations

import base64
import json
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import httpx

from ingest.errors import IngestError, UsageError
from ingest.normalise.credentials import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

DEFAULT_URL = "http://127.0.0.1:4200/api"
"""Where `make serve` puts its server."""
FINAL = frozenset({"COMPLETED", "FAILED", "CRASHED", "CANCELLED"})
"""Types of states that a run does not leave."""

_SECONDS = 30.0  # for one answer
_BUSY_TRIES = 5  # a server on SQLite answers 503 where its database is locked for the moment
_BUSY_SECONDS = 0.5
_MISSING, _BUSY, _UNAUTHORIZED = 404, 503, (401, 403)


class ServerAway(IngestError):
    """No Prefect server answers, or it does not let us in."""


@dataclass(frozen=True, slots=True)
class FlowRun:
    """A flow run as the server knows it."""

    run_id: str
    name: str
    state: str
    """The type of its state: SCHEDULED, RUNNING, COMPLETED …"""
    message: str | None

    @property
    def is_final(self) -> bool:
        """Whether it has ended."""
        return self.state in FINAL


class PrefectServer:
    """A connection to the server that PREFECT_API_URL names, with the key or the password that the environment gives."""

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._asked = (environment.get("PREFECT_API_URL") or DEFAULT_URL).rstrip("/")
        self.url = without_credentials(self._asked)
        """As people may see it."""
        self._client = httpx.Client(timeout=_SECONDS, headers=_authorization(environment))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def start(self, deployment: str, parameters: Mapping[str, Any], idempotency_key: str) -> FlowRun:
        """Ask for a run of a deployment, which goes by flow/name. Asked twice with one key, it runs once.

        Raises:
            UsageError: there is no such deployment, or it refuses a parameter.
            ServerAway: nobody answers.
        """
        answer = self._ask("GET", f"/deployments/name/{quote(deployment)}")
        if answer.status_code == _MISSING:
            raise UsageError(f"The Prefect server at {self.url} has no deployment {deployment}: `make serve` serves those of this project.")
        body = {"parameters": dict(parameters), "idempotency_key": idempotency_key, "state": {"type": "SCHEDULED"}}
        created = self._ask("POST", f"/deployments/{self._facts(answer)['id']}/create_flow_run", body)
        if created.is_client_error:
            raise UsageError(f"{deployment} refuses this: {_detail(created)}")
        return _flow_run(self._facts(created))

    def flow_run(self, run_id: str) -> FlowRun:
        """A run as it is now.

        Raises:
            ServerAway: nobody answers.
        """
        return _flow_run(self._facts(self._ask("GET", f"/flow_runs/{run_id}")))

    def table(self, run_id: str, key: str) -> list[dict[str, Any]] | None:
        """The rows of a table that a run has published, None where it has not.

        Raises:
            ServerAway: nobody answers.
        """
        wanted = {"artifacts": {"flow_run_id": {"any_": [run_id]}, "key": {"any_": [key]}}, "limit": 1}
        found: Any = self._facts(self._ask("POST", "/artifacts/filter", wanted))
        rows: list[dict[str, Any]] | None = json.loads(found[0]["data"]) if found else None
        return rows

    def page_of(self, run: FlowRun) -> str:
        """Where a person looks at a run."""
        return f"{self.url.removesuffix('/api')}/runs/flow-run/{run.run_id}"

    def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        try:
            for _ in range(_BUSY_TRIES):
                answer = self._client.request(method, f"{self._asked}{path}", json=body)
                if answer.status_code != _BUSY:
                    break
                time.sleep(_BUSY_SECONDS)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            cause = str(error) or type(error).__name__
            advice = "start one with `make serve`, or set PREFECT_API_URL. `ingest run` needs none."
            raise ServerAway(f"No Prefect server answers at {self.url} ({cause}): {advice}") from None
        if answer.status_code in _UNAUTHORIZED:
            raise ServerAway(f"The Prefect server at {self.url} does not let us in: set PREFECT_API_KEY or PREFECT_API_AUTH_STRING.")
        return answer

    def _facts(self, answer: httpx.Response) -> Any:  # noqa: ANN401  # JSON
        try:
            return answer.raise_for_status().json()
        except (httpx.HTTPStatusError, ValueError):
            raise ServerAway(f"{self.url} does not answer as a Prefect server does ({answer.status_code}).") from None


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    """The header that Prefect's own client would send: the password goes before the key."""
    if password := environment.get("PREFECT_API_AUTH_STRING"):
        return {"Authorization": f"Basic {base64.b64encode(password.encode()).decode()}"}
    key = environment.get("PREFECT_API_KEY")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _flow_run(facts: Mapping[str, Any]) -> FlowRun:
    state = facts.get("state") or {}
    return FlowRun(facts["id"], facts["name"], state.get("type", "SCHEDULED"), state.get("message"))


def _detail(answer: httpx.Response) -> str:
    """The server's own sentence, which names the parameter."""
    try:
        detail = answer.json().get("detail", answer.text)
    except ValueError:
        return answer.text
    return detail if isinstance(detail, str) else json.dumps(detail)
