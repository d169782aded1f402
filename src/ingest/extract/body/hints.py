"""What the page's metadata already says, for telling its headline and byline from its body."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BodyHints:
    """Metadata of the page as far as it is known before the body is read; all of it may be absent."""

    title: str | None = None
    headlines: tuple[str, ...] = ()
    """The page's headings of the first rank, and its title where that is another."""
    subtitle: str | None = None
    authors: tuple[str, ...] = ()
    publisher: str | None = None
    jsonld_body: str | None = None
    """``articleBody`` of the page's JSON-LD: often the whole text, sometimes its start or a summary."""
    summary: str | None = None
    ruled: bool = False
    """A site rule has marked elements of the page (see ``walk.RULE``)."""
