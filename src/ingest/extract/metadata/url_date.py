"""The day that a URL's path names, as in ``/2017/08/07/`` or ``/2017-08-07-``."""

from __future__ import annotations

import datetime as dt
import re

_IN_PATH = re.compile(r"(?<![\d.])((?:19|20)\d\d)([/-]?)([01]\d|[1-9](?=[/-]))\2([0-3]\d|[1-9](?=[/-]))(?=[^\d]|$)")


def date_in_url(url: str) -> str | None:
    """The first plausible day in a URL's path, as ISO 8601; None where there is none."""
    path = url[:2_000].partition("?")[0]
    for found in _IN_PATH.finditer(path):
        try:
            return dt.date(int(found[1]), int(found[3]), int(found[4])).isoformat()
        except ValueError:
            continue
    return None
