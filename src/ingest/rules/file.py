"""One rule file: YAML to `SourceRules`, each mistake reported with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from ingest.errors import RuleError
from ingest.model import SourceRules
from ingest.rules.function import PageFunction

_MOST_BYTES = 1_000_000  # of a rule file or of its Python file; real ones have some kB
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_FUNCTION = re.compile(r"([\w./-]+\.py):([A-Za-z_]\w*)")
_NO_PAGE = LexborHTMLParser("<p></p>")


def read_rules(path: Path) -> SourceRules:
    """The rules in a file.

    Raises:
        RuleError: the file cannot be read, or holds a mistake: ``FILE:LINE: what is wrong and what to write``.
    """
    text = _read(path)
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise RuleError(f"{path}:{mark.line + 1 if mark else 1}: this is not YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise RuleError(f"{path}:1: this is not YAML: {error}.") from None
    if not isinstance(root, yaml.MappingNode):
        raise RuleError(f"{path}:1: a rule file is a list of `key: value` lines, for instance `body: div.story`.")
    values: dict[str, Any] = {}
    for key_node, value_node in root.value:
        line = key_node.start_mark.line + 1
        try:
            key, value = _entry(key_node, value_node, path)
        except _Mistake as mistake:
            raise RuleError(f"{path}:{mistake.line or line}: {mistake}.") from None
        if key in values:
            raise RuleError(f"{path}:{line}: `{key}` stands here for the second time.")
        values[key] = value
    if not values:
        raise RuleError(f"{path}:1: the file holds no rule; it may have {', '.join(_KEYS)}.")
    function = values.get("function")
    return SourceRules(name=path.name, fingerprint=_fingerprint(text, function), **values)


class _Mistake(Exception):
    """What is wrong with a value, with its line where that is not the key's."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def _read(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise RuleError(f"{path}: a rule file of more than {_MOST_BYTES:,} bytes is a mistake.")
        return path.read_text("utf-8")
    except OSError as error:
        raise RuleError(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise RuleError(f"{path} is not text in UTF-8.") from None


def _fingerprint(text: str, function: PageFunction | None) -> str:
    """What changes when the rules do: part of ``extractor_version``, so that pages are read again by rules that were edited."""
    return hashlib.sha256(f"{text}\0{function.code_sha256 if function else ''}".encode()).hexdigest()[:8]


def _entry(key_node: yaml.Node, value_node: yaml.Node, path: Path) -> tuple[str, Any]:
    key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
    parse = _KEYS.get(key)
    if parse is None:
        raise _Mistake(f"`{key}` is no key of a rule file; the keys are {', '.join(_KEYS)}")
    return key, parse(value_node, path)


def _text(node: yaml.Node, _path: Path | None = None) -> str:
    if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
        raise _Mistake("a text is expected here", node.start_mark.line + 1)
    return str(node.value).strip()


def _texts(node: yaml.Node) -> Iterator[tuple[str, int]]:
    """The texts of a list, or the one that stands in its place, each with its line."""
    for item in node.value if isinstance(node, yaml.SequenceNode) else [node]:
        yield _text(item), item.start_mark.line + 1


def _selector(node: yaml.Node, _path: Path) -> str:
    return _checked_selector(_text(node), node.start_mark.line + 1)


def _selectors(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    return tuple(_checked_selector(text, line) for text, line in _texts(node))


def _checked_selector(text: str, line: int) -> str:
    try:
        _NO_PAGE.css(text)
    except SelectolaxError:
        raise _Mistake(f"`{text}` is not a CSS selector; write for instance `div.story > p`", line) from None
    return text


def _patterns(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    found = []
    for text, line in _texts(node):
        try:
            re.compile(text)
        except re.error as error:
            raise _Mistake(f"`{text}` is not a regular expression: {error}", line) from None
        found.append(text)
    return tuple(found)


def _hosts(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    found = []
    for text, line in _texts(node):
        host = text.lower().removeprefix("www.")
        if not _HOST.fullmatch(host):
            raise _Mistake(f"`{text}` is not a host; write for instance `news.example`, without https:// and path", line)
        found.append(host)
    return tuple(found)


def _time_zone(node: yaml.Node, _path: Path) -> str:
    name = _text(node)
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        raise _Mistake(f"`{name}` is not a time zone; write for instance `Europe/Berlin`", node.start_mark.line + 1) from None
    return name


def _language(node: yaml.Node, _path: Path) -> str:
    code = _text(node)
    if not _LANGUAGE.fullmatch(code):
        raise _Mistake(f"`{code}` is not a language code; write for instance `de`", node.start_mark.line + 1)
    return code


def _function(node: yaml.Node, path: Path) -> PageFunction:
    text, line = _text(node), node.start_mark.line + 1
    found = _FUNCTION.fullmatch(text)
    if not found:
        raise _Mistake(f"`{text}` names no function; write `file.py:function`", line)
    file = (path.parent / found[1]).resolve()
    if not file.is_file():
        raise _Mistake(f"there is no file {file}", line)
    function = PageFunction(file, found[2], hashlib.sha256(file.read_bytes()).hexdigest())
    try:
        function.load()
    except RuleError as error:
        raise _Mistake(str(error).rstrip("."), line) from None
    return function


_KEYS: dict[str, Callable[[yaml.Node, Path], Any]] = {
    "hosts": _hosts,
    "body": _selector,
    "title": _selector,
    "authors": _selector,
    "published": _selector,
    "modified": _selector,
    "drop": _selectors,
    "drop_text": _patterns,
    "time_zone": _time_zone,
    "language": _language,
    "function": _function,
}
