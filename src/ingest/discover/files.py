"""Files and folders: the saved pages that a target names, in a stable order."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.model import Candidate, PageResult, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

PAGE_SUFFIXES = (".html", ".htm", ".txt")


def is_saved_page(name: str) -> bool:
    """Whether a file name is one that discovery takes: ``.html``, ``.htm`` or ``.txt``, each also with ``.gz``."""
    return name.lower().removesuffix(".gz").endswith(PAGE_SUFFIXES)


def missing_targets(targets: Iterable[str]) -> list[str]:
    """The files and folders among the targets that are not there; URLs and ``-`` (standard input) are for others to try."""
    return [t for t in targets if "://" not in t and t != "-" and not os.path.lexists(t)]


def discover_files(targets: Iterable[str], urls: Mapping[Path, str]) -> Iterator[Candidate | PageResult]:
    """Each saved page below the targets as a candidate, in the order given, folders sorted by name.

    A place that cannot be looked into comes as a result with its rejection. ``urls`` maps absolute paths to the
    pages' URLs. Symbolic links are followed; a folder that contains itself through them is reported once and not
    entered again.
    """
    for target in targets:
        path = Path(target)
        if path.is_dir():
            yield from _walk(target, frozenset(), urls)
        elif is_saved_page(path.name):
            yield _candidate(target, urls)
        else:
            kinds = ", ".join(PAGE_SUFFIXES)
            yield _rejected(target, "unsupported_type", f"{target} is none of {kinds} (or their .gz).")


def count_in_folders(targets: Sequence[str]) -> int | None:
    """How many saved pages lie below folders; None where something else is among the targets, which only looking into it would tell."""
    if not all(Path(t).is_dir() for t in targets):
        return None
    return sum(1 for _ in discover_files(targets, {}))


def _walk(folder: str, above: frozenset[tuple[int, int]], urls: Mapping[Path, str]) -> Iterator[Candidate | PageResult]:
    """One folder and all below it. An explicit stack: folders can nest deeper than Python's."""
    stack: list[tuple[str, frozenset[tuple[int, int]]]] = [(folder, above)]
    while stack:
        here, ancestors = stack.pop()
        try:
            status = os.stat(here)  # noqa: PTH116  # strings: Path objects double the cost of a walk over a million files
            with os.scandir(here) as listing:
                entries = sorted((e for e in listing if not e.name.startswith(".")), key=lambda e: e.name)
        except OSError as error:
            yield _rejected(here, "unreadable", f"{here} cannot be listed: {error.strerror}.")
            continue
        identity = (status.st_dev, status.st_ino)
        if identity in ancestors:
            yield _rejected(here, "symlink_loop", f"{here} leads back to a folder that contains it.")
            continue
        inside = ancestors | {identity}
        for entry in entries:
            if not _is_dir(entry) and is_saved_page(entry.name):
                yield _candidate(entry.path, urls)
        stack.extend((e.path, inside) for e in reversed(entries) if _is_dir(e))


def _is_dir(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link that cannot be resolved: reading it says why
        return False


def _candidate(path: str, urls: Mapping[Path, str]) -> Candidate:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # not resolve(): the user's path is the page's identity, not its link's end
    return Candidate(location=absolute.as_uri(), path=path, url=urls.get(absolute))


def _rejected(path: str, reason: str, message: str) -> PageResult:
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  # as above
    return PageResult(Candidate(absolute.as_uri(), path), PageError(Stage.DISCOVER, reason, message).rejection())
