"""The version of the extractor: it changes whenever the same bytes can give another article."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.model import SourceRules

EXTRACTOR_VERSION = "2"


def version_with(rules: SourceRules) -> str:
    """The version of what the extractor makes of a page whose source has rules: another one when they change."""
    return f"{EXTRACTOR_VERSION}+{rules.fingerprint}" if rules.fingerprint else EXTRACTOR_VERSION
