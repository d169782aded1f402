"""Settings: environment variables, typed and checked once, in one place.

A plain dataclass: pydantic-settings would cost 0.25 s of every command's start. Each field is read from the variable
``INGEST_`` and its name in capitals.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platformdirs import user_data_path

from ingest.errors import SettingError
from ingest.model import Limits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

PREFIX = "INGEST_"
_LIMITS = Limits()


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
    database_connect_seconds: float = _field(10.0, _seconds, "seconds above 0", "How long to wait for a database to answer")
    jobs: int | None = _field(None, _count, "a whole number above 0", "Processes that extract; unset, one a core")
    batch_size: int = _field(64, _count, "a whole number above 0", "Pages that are read, extracted and committed together")
    max_page_bytes: int = _field(_LIMITS.max_page_bytes, _count, "a whole number above 0", "Bytes of a page after decompression")
    max_tree_depth: int = _field(_LIMITS.max_tree_depth, _count, "a whole number above 0", "Nesting of a page's elements")
    max_extract_seconds: float = _field(_LIMITS.max_extract_seconds, _seconds, "seconds above 0", "Time to extract one page")

    rules: Path | None = _field(None, _path, "a file or folder", "Rules for sites: a rule file, or a folder of them (docs/site-rules.md)")

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
        return Limits(self.max_page_bytes, self.max_tree_depth, self.max_extract_seconds)


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
