"""YAML as people write it: values with their lines, so that each mistake can be shown where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

from ingest.errors import RuleError

MOST_BYTES = 1_000_000
"""Of a file, and of its Python file; real ones have some kB."""
LANGUAGE_CODE = re.compile(r"[a-z]{2,3}")


class Mistake(Exception):
    """What is wrong with a value, with its line where that is not the key's."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_text(path: Path) -> str:
    """The text of a file.

    Raises:
        RuleError: it cannot be read, is too large, or is no UTF-8.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise RuleError(f"{path}: a rule file of more than {MOST_BYTES:,} bytes is a mistake.")
        return path.read_text("utf-8")
    except OSError as error:
        raise RuleError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RuleError(f"{path} is not text in UTF-8.") from None


def compose(text: str, path: Path) -> yaml.Node | None:
    """The nodes of a YAML document, each with its line.

    Raises:
        RuleError: it is no YAML.
    """
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RuleError(f"{path}:{mark.line + 1 if mark else 1}: this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise RuleError(f"{path}:1: this is not YAML: {error}.") from None


def text_of(node: yaml.Node, _path: Path | None = None) -> str:
    """A text that is not empty."""
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise Mistake("a text is expected here", node.start_mark.line + 1)
    return str(node.value).strip()


def texts_of(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """The texts of a list, or the one that stands in its place, each with its line."""
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        yield text_of(item), item.start_mark.line + 1


def time_zone_of(node: yaml.Node, _path: Path) -> str:
    """The IANA name of a time zone."""
    name = text_of(node)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise Mistake(f"`{name}` is not a time zone; write for instance `Europe/Berlin`", node.start_mark.line + 1) from None
    return name


def language_of(node: yaml.Node, _path: Path) -> str:
    """An ISO 639 code."""
    code = text_of(node)
    if not LANGUAGE_CODE.fullmatch(code):
        raise Mistake(f"`{code}` is not a language code; write for instance `de`", node.start_mark.line + 1)
    return code
