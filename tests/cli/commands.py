"""The command as a person runs it, arguments in, exit code and output out; in this process, as a new one takes 0.5 s to start."""

from __future__ import annotations

import io
import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psycopg

from ingest.cli.main import main

INGEST = Path(sys.executable).with_name("ingest")
"""For tests that need a process, to end it or to have two."""
Environment = dict[str, str]


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def ingest(environment: Environment, *arguments: str | Path, stdin: str = "") -> Done:
    """Run the command to its end."""
    out, err = io.StringIO(), io.StringIO()
    code = 0
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "argv", ["ingest", *map(str, arguments)]),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin.encode()))),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
    return Done(code, out.getvalue(), err.getvalue())


def total(done: Done) -> dict[str, Any]:
    """The counts of a run table in JSON that are not 0."""
    counts: dict[str, Any] = json.loads(done.stdout)["total"]
    return {k: v for k, v in counts.items() if v and k not in {"source", "seconds"}}


def rows(environment: Environment, query: str) -> list[tuple[Any, ...]]:
    """What the database answers."""
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        return connection.execute(query).fetchall()


def complaint(done: Done) -> str:
    """The one sentence with which wrong usage ends."""
    assert done.returncode == 2, done
    *before, sentence = done.stderr.strip().splitlines()
    assert all(line.startswith("Looking for feeds on ") for line in before)
    assert sentence.startswith("ingest: ")
    assert sentence.endswith(".")
    return sentence.removeprefix("ingest: ")
