"""One rule file: YAML to `SourceRules`, each mistake reported with its line."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml
from selectolax.lexbor import LexborHTMLParser, SelectolaxError

from ingest.errors import RuleError
from ingest.model import SourceRules
from ingest.rules.function import PageFunction
from ingest.rules.nodes import Mistake, compose, language_of, read_text, text_of, texts_of, time_zone_of

_HOST = re.compile(r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*")
_FUNCTION = re.compile(r"([\w./-]+\.py):([A-Za-z_]\w*)")
_NO_PAGE = LexborHTMLParser("<p></p>")


def read_rules(path: Path) -> SourceRules:
    """The rules in a file.

    Raises:
        RuleError: the file cannot be read, or holds a mistake: ``FILE:LINE: what is wrong and what to write``.
    """
    text = read_text(path)
    root = compose(text, path)
    if not isinstance(root, yaml.MappingNode):
        raise RuleError(f"{path}:1: a rule file is a list of `key: value` lines, for instance `body: div.story`.")
    values: dict[str, Any] = {}
    for key_node, value_node in root.value:
        line = key_node.start_mark.line + 1
        try:
            key, value = _entry(key_node, value_node, path)
        except Mistake as mistake:
            raise RuleError(f"{path}:{mistake.line or line}: {mistake}.") from None
        if key in values:
            raise RuleError(f"{path}:{line}: `{key}` stands here for the second time.")
        values[key] = value
    if not values:
        raise RuleError(f"{path}:1: the file holds no rule; it may have {', '.join(_KEYS)}.")
    function = values.get("function")
    return SourceRules(name=path.name, fingerprint=_fingerprint(text, function), **values)


def _fingerprint(text: str, function: PageFunction | None) -> str:
    """What changes when the rules do: part of ``extractor_version``, so that pages are read again by rules that were edited."""
    return hashlib.sha256(f"{text}\0{function.code_sha256 if function else ''}".encode()).hexdigest()[:8]


def _entry(key_node: yaml.Node, value_node: yaml.Node, path: Path) -> tuple[str, Any]:
    key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
    parse = _KEYS.get(key)
    if parse is None:
        raise Mistake(f"`{key}` is no key of a rule file; the keys are {', '.join(_KEYS)}")
    return key, parse(value_node, path)


def _selector(node: yaml.Node, _path: Path) -> str:
    return _checked_selector(text_of(node), node.start_mark.line + 1)


def _selectors(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    return tuple(_checked_selector(text, line) for text, line in texts_of(node))


def _checked_selector(text: str, line: int) -> str:
    try:
        _NO_PAGE.css(text)
    except SelectolaxError:
        raise Mistake(f"`{text}` is not a CSS selector; write for instance `div.story > p`", line) from None
    return text


def _patterns(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    found = []
    for text, line in texts_of(node):
        try:
            re.compile(text)
        except re.error as error:
            raise Mistake(f"`{text}` is not a regular expression: {error}", line) from None
        found.append(text)
    return tuple(found)


def _hosts(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    found = []
    for text, line in texts_of(node):
        host = text.lower().removeprefix("www.")
        if not _HOST.fullmatch(host):
            raise Mistake(f"`{text}` is not a host; write for instance `news.example`, without https:// and path", line)
        found.append(host)
    return tuple(found)


def _function(node: yaml.Node, path: Path) -> PageFunction:
    text, line = text_of(node), node.start_mark.line + 1
    found = _FUNCTION.fullmatch(text)
    if not found:
        raise Mistake(f"`{text}` names no function; write `file.py:function`", line)
    file = (path.parent / found[1]).resolve()
    if not file.is_file():
        raise Mistake(f"there is no file {file}", line)
    function = PageFunction(file, found[2], hashlib.sha256(file.read_bytes()).hexdigest())
    try:
        function.load()
    except RuleError as error:
        raise Mistake(str(error).rstrip("."), line) from None
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
    "time_zone": time_zone_of,
    "language": language_of,
    "function": _function,
}
