"""A file of sources: YAML to `FollowedSource`, each mistake reported with its line, and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import yaml

from ingest.errors import RuleError
from ingest.normalise.credentials import without_credentials
from ingest.normalise.url import canonical_or_none, host_of
from ingest.rules.file import read_rules
from ingest.rules.nodes import Mistake, compose, language_of, read_text, text_of, texts_of, time_zone_of
from ingest.web import FollowedSource

_MOST_SECONDS = 3_600.0  # between two requests: more is a mistake
_MOST_AT_ONCE = 32  # requests to one host: more is an attack


def read_sources(path: Path) -> list[FollowedSource]:
    """The sources in a file: a list below ``sources:``.

    Raises:
        RuleError: the file cannot be read, or holds a mistake: ``FILE:LINE: what is wrong and what to write``.
    """
    root = compose(read_text(path), path)
    entries = [(key.value, value) for key, value in root.value] if isinstance(root, yaml.MappingNode) else []
    listed = entries[0][1] if [name for name, _ in entries] == ["sources"] else None
    if not isinstance(listed, yaml.SequenceNode):
        raise RuleError(f"{path}:1: a file of sources is a list below `sources:`; see sources.example.yaml.")
    sources: dict[str, FollowedSource] = {}
    for node in listed.value:
        source = _source(node, path)
        if source.slug in sources:
            raise RuleError(f"{path}:{node.start_mark.line + 1}: {source.slug} stands here for the second time.")
        sources[source.slug] = source
    return list(sources.values())


def write_sources(sources: Iterable[FollowedSource]) -> str:
    """Sources as `read_sources` takes them; what is not set is left out."""
    listed = []
    for source in sources:
        facts = {f.name: getattr(source, f.name) for f in fields(source) if f.name != "slug"}
        facts["feeds"] = list(source.feeds)
        homepage = facts.pop("homepage") or f"https://{source.slug}/"
        said = {name: fact for name, fact in facts.items() if fact is not None and fact is not False and fact != []}
        listed.append({"homepage": homepage} | said)
    return yaml.safe_dump({"sources": listed}, sort_keys=False, allow_unicode=True)


def source_of_homepage(url: str, **facts: Any) -> FollowedSource:  # noqa: ANN401  # those of FollowedSource
    """A source by its home page; its slug is the host without ``www.``.

    Raises:
        ValueError: the URL is none that can be fetched.
    """
    homepage = canonical_or_none(without_credentials(url))
    host = host_of(homepage)
    if homepage is None or host is None:
        raise ValueError(url)
    slug = host.removeprefix("www.")
    return FollowedSource(**({"name": slug} | facts), slug=slug, homepage=homepage)


def _source(node: yaml.Node, path: Path) -> FollowedSource:
    line = node.start_mark.line + 1
    if not isinstance(node, yaml.MappingNode):
        raise RuleError(f"{path}:{line}: a source is a group of `key: value` lines, the first of them `- homepage: https://…`.")
    facts: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        parse = _KEYS.get(key)
        if parse is None:
            raise RuleError(f"{path}:{line}: `{key}` is no key of a source; the keys are {', '.join(_KEYS)}.")
        if key in facts:
            raise RuleError(f"{path}:{line}: `{key}` stands here for the second time.")
        try:
            facts[key] = parse(value_node, path)
        except Mistake as mistake:
            raise RuleError(f"{path}:{mistake.line or line}: {mistake}.") from None
    homepage = facts.pop("homepage", None)
    if homepage is None:
        raise RuleError(f"{path}:{node.start_mark.line + 1}: a source needs its `homepage`.")
    return source_of_homepage(homepage, **facts)


def _url(node: yaml.Node, _path: Path) -> str:
    return _checked_url(text_of(node), node.start_mark.line + 1)


def _urls(node: yaml.Node, _path: Path) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_checked_url(text, line) for text, line in texts_of(node)))


def _checked_url(text: str, line: int) -> str:
    url = canonical_or_none(without_credentials(text))
    if url is None:
        raise Mistake(f"`{text}` is no URL; write for instance `https://news.example/feed.xml`", line)
    return url


def _number(most: float, *, least: float, whole: bool) -> Callable[[yaml.Node, Path], float]:
    def parse(node: yaml.Node, _path: Path) -> float:
        text = text_of(node)
        try:
            number = int(text) if whole else float(text)
        except ValueError:
            number = -1
        if not least <= number <= most:
            raise Mistake(f"`{text}` is no number from {least:g} to {most:g}", node.start_mark.line + 1)
        return number

    return parse


def _flag(node: yaml.Node, _path: Path) -> bool:
    text = text_of(node).lower()
    if text not in {"true", "false"}:
        raise Mistake(f"`{text}` is neither true nor false", node.start_mark.line + 1)
    return text == "true"


def _file(node: yaml.Node, path: Path) -> str:
    try:
        file = (path.parent / text_of(node)).resolve()
        is_file = file.is_file()
    except (OSError, ValueError):
        raise Mistake(f"`{text_of(node)}` is no name of a file", node.start_mark.line + 1) from None
    if not is_file:
        raise Mistake(f"there is no file {file}", node.start_mark.line + 1)
    read_rules(file)
    return str(file)


_KEYS: dict[str, Callable[[yaml.Node, Path], Any]] = {
    "homepage": _url,
    "name": text_of,
    "feeds": _urls,
    "time_zone": time_zone_of,
    "language": language_of,
    "rule_file": _file,
    "delay_seconds": _number(_MOST_SECONDS, least=0, whole=False),
    "concurrency": _number(_MOST_AT_ONCE, least=1, whole=True),
    "full_text": _flag,
}
