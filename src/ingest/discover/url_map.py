"""The URLs of saved pages, as the user states them in a file."""

from __future__ import annotations

import json
import os
from pathlib import Path

from ingest.errors import UsageError


def read_url_map(file: Path) -> dict[Path, str]:
    """Read JSON lines with ``path`` and ``url`` into absolute path → URL.

    A relative path counts from the working directory and, where that names nothing, from the map's own folder.

    Raises:
        UsageError: the file cannot be read, or a line is no such object; the message names the line.

    """
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The URL map {file} cannot be read: {error}.") from error
    urls: dict[Path, str] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
            path, url = entry["path"], entry["url"]
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f'{file}, line {number}: expected {{"path": …, "url": …}}.') from error
        if not isinstance(path, str) or not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise UsageError(f"{file}, line {number}: path must be a text and url an http or https URL.")
        urls[_absolute(path, file.parent)] = url
    return urls


def _absolute(path: str, folder: Path) -> Path:
    here = Path(os.path.abspath(path))  # noqa: PTH100  # not resolve(): discovery keeps links as the user wrote them
    return here if os.path.lexists(here) else Path(os.path.abspath(folder / path))  # noqa: PTH100
