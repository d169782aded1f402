"""The tutorial shows what is true: its files are the files, its output is what its commands print."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "site-rules.md").read_text("utf-8")
FILES = ROOT / "docs" / "site-rules"
BIN = Path(sys.executable).parent
_PARTS = re.compile(r"```sh\n([^`]*)```\n+```text\n([^`]*)```")


def squeezed(text: str) -> set[str]:
    return {" ".join(line.split()) for line in text.splitlines() if line.strip()}


def test_the_shown_output_is_what_the_commands_print() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("INGEST_")} | {"COLUMNS": "120"}
    steps = _PARTS.findall(DOCUMENT)
    assert len(steps) == 3
    for commands, output in steps:
        printed: set[str] = set()
        for command in commands.splitlines():
            words = shlex.split(command)
            done = subprocess.run([BIN / words[0], *words[1:]], cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
            printed |= squeezed(done.stdout)
        assert squeezed(output) <= printed


def test_the_shown_files_are_the_files() -> None:
    shown = re.findall(r"```(?:yaml|python)\n(.*?)```", DOCUMENT, re.DOTALL)
    files = [file.read_text("utf-8") for file in FILES.iterdir() if file.suffix in (".yaml", ".py")]
    for block in shown:
        assert any(block in text or set(block.splitlines()) <= set(text.splitlines()) for text in files), block


def test_every_key_is_documented() -> None:
    from ingest.rules.file import _KEYS

    table = set(re.findall(r"`(\w+)`", "".join(re.findall(r"^\| (`[^|]+) \|", DOCUMENT, re.MULTILINE))))
    assert table == set(_KEYS)
