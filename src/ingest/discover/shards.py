"""Parts of a backfill: each small enough to be done again, and known by a key that is the same whenever its input is.

Parts of gzip WARC files, some hundred saved pages of a folder, some hundred URLs of a sitemap's month.
"""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.discover.files import discover_files
from ingest.discover.targets import is_url
from ingest.discover.warc import is_warc, read_warc
from ingest.model import Candidate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from ingest.model import Limits, Page, PageResult

_GZIP_SUFFIXES = (".warc.gz",)  # of which parts can be read; others are read whole


@dataclass(frozen=True, slots=True)
class ShardSize:
    """How large shards are."""

    warc_bytes: int
    pages: int
    """Files of a folder, URLs of a list."""


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a target that one worker loads."""

    key: bytes
    """SHA-256 of the target, of what it was like, and of which part it is."""
    target: str
    part: str
    """Which part, for people."""
    warc: tuple[int, int] | None = None
    """The bytes of a WARC file in which its records begin."""
    candidates: tuple[Candidate, ...] = ()
    """Saved pages and URLs."""


def shards_of_files(target: str, size: ShardSize) -> Iterator[Shard | PageResult]:
    """The shards of a file or folder, in a stable order; places that cannot be looked into come as they are."""
    path = Path(target)
    files = sorted(p for p in path.rglob("*") if is_warc(p.name) and p.is_file()) if path.is_dir() else [path] if is_warc(path.name) else []
    for file in files:
        yield from _warc_shards(file, size.warc_bytes)
    if path.is_dir() or not files:
        found = list(discover_files([target], {}))
        yield from (item for item in found if not isinstance(item, Candidate))
        pages = [item for item in found if isinstance(item, Candidate)]
        for number, some in enumerate(_some(pages, size.pages)):
            first = number * size.pages + 1
            yield _shard(target, f"files {first:,} to {first + len(some) - 1:,}", map(_file_state, some), candidates=tuple(some))


def shards_of_urls(target: str, candidates: Iterable[Candidate], size: ShardSize) -> Iterator[Shard]:
    """The shards of what a list names: by month, so that those of past months stay the same while the list grows."""
    months: dict[str, list[Candidate]] = {}
    for candidate in candidates:
        months.setdefault(_month(candidate), []).append(candidate)
    for month, found in sorted(months.items()):
        for number, some in enumerate(_some(sorted(found, key=lambda c: c.location), size.pages)):
            first = number * size.pages + 1
            part = f"{month}, {first:,} to {first + len(some) - 1:,}"
            yield _shard(target, part, (c.location for c in some), candidates=tuple(some))


def is_between(candidate: Candidate, since: dt.datetime | None, until: dt.datetime | None) -> bool:
    """Whether a list dates a candidate within the time; what it does not date is."""
    at = _dated(candidate)
    return at is None or ((since is None or at >= since) and (until is None or at < until))


def read_shard(shard: Shard, limits: Limits) -> Iterator[Candidate | Page | PageResult]:
    """What a shard holds: pages of WARC files, and candidates to be read or fetched."""
    if shard.warc is not None:
        yield from read_warc(shard.target, shard.target, limits, shard.warc)
    yield from shard.candidates


def _warc_shards(file: Path, part_bytes: int) -> Iterator[Shard]:
    state = file.stat()
    step = part_bytes if file.name.lower().endswith(_GZIP_SUFFIXES) else max(state.st_size, 1)
    for start in range(0, max(state.st_size, 1), step):
        end = min(start + step, max(state.st_size, 1))
        facts = [str(file.absolute()), str(state.st_size), str(state.st_mtime_ns)]
        yield _shard(str(file), f"bytes {start:,} to {end:,}", facts, warc=(start, end))


def _shard(
    target: str, part: str, facts: Iterable[str], *, warc: tuple[int, int] | None = None, candidates: tuple[Candidate, ...] = ()
) -> Shard:
    digest = hashlib.sha256()
    for fact in (target if is_url(target) else str(Path(target).absolute()), part, *facts):
        digest.update(fact.encode("utf-8", "surrogateescape") + b"\0")
    return Shard(digest.digest(), target, part, warc, candidates)


def _file_state(candidate: Candidate) -> str:
    try:
        state = Path(candidate.path).stat()
    except OSError:  # reading it says what is wrong
        return candidate.location
    return f"{candidate.location} {state.st_size} {state.st_mtime_ns}"


def _month(candidate: Candidate) -> str:
    at = _dated(candidate)
    return f"{at:%Y-%m}" if at else "undated"


def _dated(candidate: Candidate) -> dt.datetime | None:
    return (candidate.hint.updated or candidate.hint.published) if candidate.hint else None


def _some(items: Sequence[Candidate], count: int) -> Iterator[list[Candidate]]:
    source = iter(items)
    while some := list(itertools.islice(source, count)):
        yield some
