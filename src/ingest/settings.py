"""Settings: environment variables, typed and checked once, in one place.

A plain dataclass: pydantic-settings would cost 0.25 s of every command's start. Each field is read from the variable
``INGEST_`` and its name in capitals.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from platformdirs import user_data_path

from ingest import __version__
from ingest.errors import SettingError
from ingest.model import Limits
from ingest.web import FetchOptions, HostPolicy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PREFIX = "INGEST_"
_WHOLE, _ABOVE = "a whole number above 0", "seconds above 0"
_LIMITS = Limits()
_FETCHING = FetchOptions()


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser().absolute()


def _count(value: str) -> int:
    number = int(value.replace("_", ""))
    if number < 1:
        raise ValueError
    return number


def _seconds(value: str) -> float:
    number = float(value)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


def _amount(value: str) -> float:
    number = float(value)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number


def _flag(value: str) -> bool:
    if (text := value.strip().lower()) not in {"true", "false", "yes", "no", "1", "0", "on", "off"}:
        raise ValueError
    return text in {"true", "yes", "1", "on"}


def _headers(value: str) -> dict[str, dict[str, str]]:
    """Host to header names and values, from JSON."""
    read = json.loads(value)
    if not isinstance(read, dict) or not all(
        isinstance(headers, dict) and all(isinstance(text, str) and text.isprintable() for text in headers.values())
        for headers in read.values()
    ):
        raise ValueError  # a value that cannot be used, like the others
    return {host.lower(): dict(headers) for host, headers in read.items()}


def _contact(value: str) -> str:
    if not value.isascii() or not value.isprintable() or set("()") & set(value):
        raise ValueError
    return value


def _proxy(value: str) -> str:
    if urlsplit(value).scheme not in {"http", "https"} or not urlsplit(value).hostname:
        raise ValueError
    return value


def _field(default: Any, parse: Callable[[str], Any], expects: str, meaning: str) -> Any:  # noqa: ANN401  # as dataclasses.field
    metadata = {"parse": parse, "expects": expects, "meaning": meaning}
    if callable(default):
        return dataclasses.field(default_factory=default, metadata=metadata)
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True, slots=True)
class Settings:
    """What the environment may set. Build it with `from_env`."""

    database_url: str | None = dataclasses.field(
        default=None,
        repr=False,  # it may hold a password
        metadata={"parse": _text, "expects": "a postgresql:// URL", "meaning": "The Postgres to use; unset, the embedded one serves"},
    )
    home: Path = _field(
        lambda: user_data_path("news-ingest", appauthor=False), _path, "a folder", "Where the embedded Postgres keeps its data"
    )
    database_connect_seconds: float = _field(10.0, _seconds, _ABOVE, "How long to wait for a database to answer")
    jobs: int | None = _field(None, _count, _WHOLE, "Processes that extract; unset, one a core")
    batch_size: int = _field(128, _count, _WHOLE, "Pages that are read, extracted and committed together")
    max_page_bytes: int = _field(_LIMITS.max_page_bytes, _count, _WHOLE, "Bytes of a page after decompression")
    max_tree_depth: int = _field(_LIMITS.max_tree_depth, _count, _WHOLE, "Nesting of a page's elements")
    max_extract_seconds: float = _field(_LIMITS.max_extract_seconds, _seconds, _ABOVE, "Time to extract one page")

    rules: Path | None = _field(None, _path, "a file or folder", "Rules for sites: a rule file, or a folder of them (docs/site-rules.md)")

    contact: str | None = _field(
        None, _contact, "one line of ASCII without parentheses", "Your e-mail address or page, told to the sites that are fetched from"
    )
    allow_private_addresses: bool = _field(
        _FETCHING.allow_private_addresses, _flag, "true or false", "Fetch from loopback, private and reserved addresses too"
    )
    host_delay_seconds: float = _field(_FETCHING.host_delay_seconds, _amount, "seconds", "From one request to a host to the next")
    host_concurrency: int = _field(_FETCHING.host_concurrency, _count, _WHOLE, "Requests to a host at once")
    host_lease_seconds: float = _field(30.0, _seconds, _ABOVE, "How long a worker that was killed keeps its hosts from other workers")
    max_connections: int = _field(_FETCHING.max_connections, _count, _WHOLE, "Requests at once, over all hosts")
    connect_seconds: float = _field(_FETCHING.connect_seconds, _seconds, _ABOVE, "Time to connect to a host")
    first_byte_seconds: float = _field(
        _FETCHING.first_byte_seconds, _seconds, _ABOVE, "Time until an answer begins, and between two parts of it"
    )
    fetch_seconds: float = _field(_FETCHING.fetch_seconds, _seconds, _ABOVE, "Time for one answer as a whole")
    batch_seconds: float = _field(5.0, _seconds, _ABOVE, "Time after which fetched pages are loaded, however few")
    max_header_bytes: int = _field(_FETCHING.max_header_bytes, _count, _WHOLE, "Bytes of an answer's headers")
    max_listing_bytes: int = _field(_FETCHING.max_listing_bytes, _count, _WHOLE, "Bytes of a feed or sitemap after decompression")
    max_redirects: int = _field(_FETCHING.max_redirects, _count, _WHOLE, "Redirects on the way to one page")
    max_tries: int = _field(_FETCHING.max_tries, _count, _WHOLE, "Requests for one page in one run")
    max_retry_after_seconds: float = _field(
        _FETCHING.max_retry_after_seconds,
        _seconds,
        _ABOVE,
        "The longest Retry-After that a run waits for; a host that asks for more is left alone",
    )
    max_crawl_delay_seconds: float = _field(
        _FETCHING.max_crawl_delay_seconds, _seconds, _ABOVE, "The longest Crawl-delay of a robots.txt that is kept to"
    )
    robots_lifetime_seconds: float = _field(_FETCHING.robots_lifetime_seconds, _seconds, _ABOVE, "How long a robots.txt is kept")
    breaker_failures: int = _field(_FETCHING.breaker_failures, _count, _WHOLE, "Failures in a row that set a host aside for a run")
    max_feed_entries: int = _field(5_000, _count, _WHOLE, "Entries of a feed that are read")
    max_sitemap_urls: int = _field(50_000, _count, _WHOLE, "URLs of one sitemap that are read")
    max_sitemap_depth: int = _field(3, _count, _WHOLE, "Sitemap indexes within each other")
    poll_min_seconds: float = _field(600.0, _seconds, _ABOVE, "The shortest time between two polls of a feed")
    poll_max_seconds: float = _field(86_400.0, _seconds, _ABOVE, "The longest time between two polls of a feed")
    first_poll_days: float = _field(7.0, _seconds, "days above 0", "How far back the first poll of a sitemap goes")
    max_task_tries: int = _field(8, _count, _WHOLE, "Runs that try a page which cannot be had, before it is given up")
    shard_bytes: int = _field(134_217_728, _count, _WHOLE, "Bytes of a WARC file that are one part of a backfill")
    shard_pages: int = _field(500, _count, _WHOLE, "Saved pages, or URLs of a list, that are one part of a backfill")
    keep_fetch_days: float = _field(0.0, _amount, "days from 0 on", "How long requests are kept, by whole months; 0 for ever")
    keep_page_days: float = _field(0.0, _amount, "days from 0 on", "How long the bytes of pages are kept; 0 for ever")
    keep_poll_days: float = _field(0.0, _amount, "days from 0 on", "How long polls of feeds are kept; 0 for ever")
    watch_fails: bool = _field(False, _flag, "true or false", "Whether the flow `watch` fails where there is something to look at")  # noqa: FBT003
    reports_url: str | None = _field(
        None, _text, "a URL", "Where the folder `reports` of INGEST_HOME is served; `make serve` serves it itself"
    )

    proxy: str | None = dataclasses.field(
        default=None,
        repr=False,  # it may hold a password
        metadata={
            "parse": _proxy,
            "expects": "an http:// or https:// URL",
            "meaning": "A proxy for all requests; it resolves the hosts' names itself",
        },
    )
    request_headers: Mapping[str, Mapping[str, str]] | None = dataclasses.field(
        default=None,
        repr=False,  # they may hold credentials
        metadata={
            "parse": _headers,
            "expects": 'JSON such as {"news.example": {"Authorization": "Bearer …"}}',
            "meaning": "Headers that the requests to a host carry besides: JSON, by host",
        },
    )

    def job_count(self, jobs: int | None = None) -> int:
        """Processes that extract: as many as are asked for, else as INGEST_JOBS says, else one for each core that this process may use."""
        if wanted := jobs or self.jobs:
            return wanted
        return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

    @property
    def reports_folder(self) -> Path:
        """Where flow runs leave their pages."""
        return self.home / "reports"

    @classmethod
    def from_env(cls, environ: Mapping[str, str] = os.environ) -> Settings:
        """Read the settings; an empty variable counts as unset.

        Raises:
            SettingError: a value that cannot be used, or a variable whose name is nearly that of a setting.
        """
        fields = {PREFIX + f.name.upper(): f for f in dataclasses.fields(cls)}
        values: dict[str, Any] = {}
        for name, text in environ.items():
            if not name.startswith(PREFIX) or not text:
                continue
            if name not in fields:
                _refuse_misspelt(name, fields)
                continue
            field = fields[name]
            try:
                values[field.name] = field.metadata["parse"](text)
            except ValueError:
                raise SettingError(f"{name} is {text!r}, which is not {field.metadata['expects']}.") from None
        return cls(**values)

    @property
    def limits(self) -> Limits:
        """The bounds of one page."""
        return Limits(self.max_page_bytes, self.max_tree_depth, self.max_extract_seconds, self.max_task_tries)

    def fetching(self, policies: Mapping[str, HostPolicy] | None = None) -> FetchOptions:
        """How pages are fetched; ``policies`` are what sources want of their own hosts."""
        same = {f.name: getattr(self, f.name) for f in dataclasses.fields(FetchOptions) if hasattr(self, f.name)}
        contact = self.contact or "no contact set"
        return FetchOptions(
            **(same | {"request_headers": self.request_headers or {}}),
            user_agent=f"news-ingest/{__version__} (+{contact})",
            policies=policies or {},
        )


def _refuse_misspelt(name: str, known: Iterable[str]) -> None:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.85)
    if near:
        raise SettingError(f"{name} is no setting; did you mean {near[0]}?")


def documented_settings() -> list[tuple[str, str, str]]:
    """Name, default and meaning of each setting, for documents and their tests."""
    defaults = Settings()
    return [
        (PREFIX + f.name.upper(), "" if getattr(defaults, f.name) is None else str(getattr(defaults, f.name)), f.metadata["meaning"])
        for f in dataclasses.fields(Settings)
    ]
