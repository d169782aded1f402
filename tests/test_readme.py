"""The README shows what is true: its output blocks are what its commands print."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.settings import documented_settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BIN = Path(sys.executable).parent


def run(command: str, environment: dict[str, str]) -> str:
    words = shlex.split(command)
    words[0] = str(BIN / Path(words[0]).name)
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines() if line.strip()]


def test_the_shown_output_is_what_the_commands_print(cli_env: dict[str, str]) -> None:
    shown_table = README.split("ends with the run table:\n\n```text\n")[1].split("```")[0]
    printed = lines(run("ingest run seeds/", cli_env))
    seconds = re.compile(r"\d\.\d\d")
    assert [seconds.sub("#", line) for line in printed] == [seconds.sub("#", line) for line in lines(shown_table)]
    queries = re.findall(r"```sh\n\S*(ingest db psql -c .*)\n```\n+(?:.*\n+)*?```text\n((?:.*\n)*?)```", README)
    assert len(queries) == 2
    for command, output in queries:
        assert lines(run(command, cli_env)) == lines(output)


def test_the_shown_search_finds_the_sample(cli_env: dict[str, str]) -> None:
    run("ingest run seeds/", cli_env)
    assert "Philippine capital" in run('ingest search "six-party talks"', cli_env)
    query = re.search(r"```sql\n(.*?)```", README, re.DOTALL)
    assert query
    assert "Philippine capital" in run(shlex.join(["ingest", "db", "psql", "-c", query[1]]), cli_env)


def test_the_queries_for_operators_run(cli_env: dict[str, str]) -> None:
    run("ingest run seeds/", cli_env)
    queries = re.findall(r"```sql\n(.*?)```", (ROOT / "docs" / "operations.md").read_text(encoding="utf-8"), re.DOTALL)
    assert queries
    for query in queries:
        run(shlex.join(["ingest", "db", "psql", "-v", "ON_ERROR_STOP=1", "-c", query]), cli_env)


def test_linked_documents_are_there() -> None:
    for name in re.findall(r"\]\(((?!http)[^)#]+)\)", README):
        assert (ROOT / name).exists(), name


@pytest.mark.parametrize(("name", "default", "meaning"), documented_settings())
def test_every_setting_is_documented(name: str, default: str, meaning: str) -> None:
    table = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    row = next(line for line in table.splitlines() if line.startswith(f"| `{name}` |"))
    assert meaning in row
    assert name == "INGEST_HOME" or f"| {default} |".replace("  ", " ") in row
