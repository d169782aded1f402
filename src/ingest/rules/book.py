"""The rules of all sites: which of them a page's host asks for."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

from ingest.errors import RuleError
from ingest.model import NO_RULES, Page, SourceRules
from ingest.rules.file import read_rules

_SUFFIXES = (".yaml", ".yml")
_HEAD = 200_000  # bytes of a page in which its own URL is looked for
_DECLARED = re.compile(
    rb"""<(?:link|meta)\b(?=[^>]*\b(?:rel|property)\s*=\s*["']?(?:canonical|og:url)\b)[^>]*\b(?:href|content)\s*=\s*["']?([^"'\s>]+)""",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class RuleBook:
    """Rules by host, and those that name no host and so serve every page."""

    by_host: dict[str, SourceRules] = field(default_factory=dict)
    everywhere: SourceRules = NO_RULES

    def of_page(self, page: Page) -> Page:
        """The page with the rules of its site; its host is that of its URL, else of the URL that the page itself declares."""
        rules = self.of_url(page.candidate.url or _declared_url(page.body)) if self.by_host else self.everywhere
        return page if rules is NO_RULES else replace(page, candidate=replace(page.candidate, rules=rules))

    def of_url(self, url: str | None) -> SourceRules:
        """The rules of the host or of the closest domain above it."""
        try:
            host = (urlsplit(url or "").hostname or "").removeprefix("www.")
        except ValueError:
            host = ""
        while host:
            if host in self.by_host:
                return self.by_host[host]
            host = host.partition(".")[2]
        return self.everywhere


NO_BOOK = RuleBook()


def read_book(paths: Sequence[Path]) -> RuleBook:
    """The rules in files and folders.

    Raises:
        RuleError: a file holds a mistake, two files claim one host, or there is no rule file.
    """
    by_host: dict[str, SourceRules] = {}
    everywhere = NO_RULES
    for file in rule_files(paths):
        rules = read_rules(file)
        if not rules.hosts and everywhere is not NO_RULES:
            raise RuleError(f"{file}: {everywhere.name} serves every page already: give one of the two its `hosts`.")
        everywhere = everywhere if rules.hosts else rules
        for host in rules.hosts:
            if host in by_host:
                raise RuleError(f"{file}: the host {host} has its rules in {by_host[host].name} already.")
            by_host[host] = rules
    return RuleBook(by_host, everywhere)


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """What is known of a source's pages beside its rules."""

    host: str
    time_zone: str | None = None
    language: str | None = None
    rule_file: str | None = None


def with_sites(book: RuleBook, sites: Iterable[SiteFacts]) -> RuleBook:
    """The book with what sources say of their own pages; a time zone or language in a rule file stands.

    Raises:
        RuleError: a source's rule file holds a mistake, or cannot be read.
    """
    by_host = dict(book.by_host)
    for site in sites:
        if not (site.time_zone or site.language or site.rule_file):
            continue
        rules = read_rules(Path(site.rule_file)) if site.rule_file else book.of_url(f"https://{site.host}/")
        facts = f"{rules.fingerprint} {site.time_zone} {site.language}"
        by_host[site.host] = replace(
            rules,
            time_zone=rules.time_zone or site.time_zone,
            language=rules.language or site.language,
            fingerprint=hashlib.sha256(facts.encode()).hexdigest()[:12],
        )
    return RuleBook(by_host, book.everywhere)


def book_at(path: Path | None) -> RuleBook:
    """The rules of a file or folder, none where there is no path.

    Raises:
        RuleError: as `read_book`.
    """
    return read_book([path]) if path else NO_BOOK


def rule_files(paths: Sequence[Path]) -> list[Path]:
    """The rule files that paths name: files themselves, and the YAML files of folders, in the order of their names.

    Raises:
        RuleError: a path names nothing, or a folder holds no rule file.
    """
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file())
            if not inside:
                raise RuleError(f"{path} holds no rule file (*.yaml).")
            found += inside
        elif path.is_file():
            found.append(path)
        else:
            raise RuleError(f"{path}: no such file or folder.")
    return found


def _declared_url(body: bytes) -> str | None:
    found = _DECLARED.search(body[:_HEAD])
    return unescape(found[1].decode("utf-8", "replace")) if found else None
