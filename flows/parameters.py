"""Types of the flows' parameters: what Prefect's form explains and offers, and its API refuses anything else than, before a run begins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from ingest.discover.targets import since_instant
from ingest.errors import UsageError

if TYPE_CHECKING:
    import datetime as dt

Targets = Annotated[list[str], Field(min_length=1)]
AtLeastOne = Annotated[int, Field(ge=1)]
When = Annotated[str, Field(pattern=r"^(\d+d|\d{4}-\d{2}-\d{2}.*)$")]
"""A date, a date and time, or a number of days."""
Kind = Literal["article", "feed", "sitemap", "homepage", "section", "urls", "opml", "warc", "files"]


def instant(name: str, value: str | None) -> dt.datetime | None:
    """The instant that a parameter of this name means.

    Raises:
        UsageError: its form is that of a date, and it is none; the sentence names the parameter.
    """
    try:
        return since_instant(value)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None
