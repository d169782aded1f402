"""A page of an article whose feed carries the whole text."""

from __future__ import annotations

import datetime as dt
from html import escape
from typing import TYPE_CHECKING

from ingest.model import Candidate, MediaType, Page
from ingest.transfer import Transfer

if TYPE_CHECKING:
    from collections.abc import Sequence


def feed_page(candidate: Candidate, content: str) -> Page:
    """The feed's text as a page of its own, with what the feed says of it as the page's metadata.

    It was observed when the feed says that it was last changed, so that the same entry, read again, is the same page.
    """
    hint = candidate.hint
    facts: Sequence[tuple[str, str | None]] = (
        ("og:title", hint.title if hint else None),
        ("article:published_time", hint.published.isoformat() if hint and hint.published else None),
        ("article:modified_time", hint.updated.isoformat() if hint and hint.updated else None),
    )
    meta = "".join(f'<meta property="{name}" content="{escape(value)}">' for name, value in facts if value)
    authors = "".join(f'<meta name="author" content="{escape(author)}">' for author in (hint.authors if hint else ()))
    language = f' lang="{escape(hint.language)}"' if hint and hint.language else ""
    title = f"<h1>{escape(hint.title)}</h1>" if hint and hint.title else ""
    head = f'<head><meta charset="utf-8">{meta}{authors}</head>'
    html = f"<!doctype html><html{language}>{head}<body><article>{title}{content}</article></body></html>"
    observed = (hint.updated or hint.published) if hint else None
    now = dt.datetime.now(dt.UTC)
    at = min(observed, now) if observed else now
    return Page(candidate, html.encode("utf-8", "replace"), MediaType.HTML, at, "utf-8", Transfer(candidate.location))
