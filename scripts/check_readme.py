"""Check that the commands which README.md and docs/ show exist, with the options that they show.

Reads the lines of ``sh`` and ``console`` blocks that run `ingest` or `make`; exits 1 and lists what does not exist.
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ingest.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```(?:sh|console|bash)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def shown_commands(document: str) -> Iterator[list[str]]:
    """The words of each `ingest` or `make` command in a document's shell blocks."""
    for block in BLOCK.findall(document):
        for raw in block.replace("\\\n", " ").splitlines():
            line = raw.removeprefix("$ ").strip()
            if not re.match(r"(?:[A-Z_]+=\S+ )*(?:\S*/)?(?:ingest|make) ", line):
                continue
            words = shlex.split(line, comments=True)
            while "=" in words[0]:
                words = words[1:]
            yield [Path(words[0]).name, *words[1:]]


def fault(words: list[str], make_targets: set[str]) -> str | None:
    """What is wrong with a command, or None."""
    if words[0] == "make":
        unknown = [w for w in words[1:] if w not in make_targets and "=" not in w]
        return f"no make target {unknown[0]}" if unknown else None
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while rest and hasattr(command, "commands") and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            return f"no command {rest[0]}"
        command, rest = command.commands[rest[0]], rest[1:]
    if command.context_settings.get("ignore_unknown_options"):
        return None  # the options are another program's (psql)
    known = {option for parameter in command.params for option in parameter.opts} | {"--help", "-h"}
    for word in rest:
        if word in {"|", ">", "&&", ";"}:
            break
        option = word.partition("=")[0]
        if option.startswith("-") and option not in known:
            return f"no option {option}"
    return None


def main() -> None:
    """Check every document."""
    make_targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    checked, faults = 0, []
    for document in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for words in shown_commands(document.read_text(encoding="utf-8")):
            checked += 1
            wrong = fault(words, make_targets)
            if wrong:
                faults.append(f"{document.relative_to(ROOT)}: {shlex.join(words)}: {wrong}")
    if faults or not checked:
        sys.exit("\n".join(faults) or "README.md shows no command")
    sys.stdout.write(f"{checked} commands in README.md and docs/ exist.\n")


if __name__ == "__main__":
    main()
