"""A page's metadata: every value with the place that offers it, then the choice among them (see ``docs/metadata.md``).

``reading`` collects candidates from the tree in one pass, ``choice`` decides on plain values; the choice serves plain text pages too.
"""

from __future__ import annotations

from ingest.extract.metadata.choice import Metadata, choose
from ingest.extract.metadata.offers import Candidates
from ingest.extract.metadata.reading import read_candidates

__all__ = ["Candidates", "Metadata", "choose", "read_candidates"]
