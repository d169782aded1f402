"""A Python function that somebody wrote for a site's pages: named in a rule file, loaded once a process."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.errors import RuleError

if TYPE_CHECKING:
    from bs4 import BeautifulSoup


@dataclass(frozen=True, slots=True)
class PageFunction:
    """A function by its file and name, so that it reaches other processes; calling it loads it there."""

    path: Path
    name: str
    code_sha256: str
    """Of the file: a function that was edited is another function."""

    def load(self) -> Callable[[BeautifulSoup], Mapping[str, Any] | None]:
        """The function itself.

        Raises:
            RuleError: there is no such file or function, or the file cannot be imported.
        """
        return _loaded(self)

    def __call__(self, page: BeautifulSoup) -> Mapping[str, Any] | None:
        """What the function gives for a page."""
        return self.load()(page)

    def __str__(self) -> str:
        return f"{self.path.name}:{self.name}"


@lru_cache(maxsize=256)
def _loaded(wanted: PageFunction) -> Callable[[BeautifulSoup], Mapping[str, Any] | None]:
    path, name = wanted.path, wanted.name
    spec = importlib.util.spec_from_file_location(f"ingest_rule_{wanted.code_sha256[:16]}", path)
    assert spec is not None and spec.loader is not None  # noqa: S101  # it ends in .py
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = traceback.extract_tb(error.__traceback__)[-1].lineno
        raise RuleError(f"{path} cannot be imported: line {line}: {type(error).__name__}: {error}.") from error
    function = getattr(module, name, None)
    if not callable(function):
        raise RuleError(f"{path} has no function {name}.")
    found: Callable[[BeautifulSoup], Mapping[str, Any] | None] = function
    return found
