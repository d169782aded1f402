"""Credentials in URLs: they are used nowhere, and must be kept nowhere."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

_USER = re.compile(r"(?<=//)[^/?#]*@")


def without_credentials(text: str) -> str:
    """A URL without user and password; any other text as it is.

    >>> without_credentials("https://me:secret@news.example/feed"), without_credentials("saved-pages/")
    ('https://news.example/feed', 'saved-pages/')
    """
    try:
        parts = urlsplit(text)
    except ValueError:  # no URL, for its host's sake: a secret all the same
        return _USER.sub("", text, count=1)
    if "@" not in parts.netloc:
        return text
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
