"""Blocks and metadata to an article: the last step, the same for pages in HTML and pages saved as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ingest.errors import PageError
from ingest.extract.body import BodyHints, read_body
from ingest.extract.metadata import choose, read_candidates
from ingest.extract.metadata.language import choose_language, detect_language
from ingest.extract.plain_text import read_plain_text
from ingest.extract.tree import parse_html
from ingest.extract.version import EXTRACTOR_VERSION
from ingest.model import Article, Block, BlockKind, Stage

if TYPE_CHECKING:
    from ingest.extract.metadata import Metadata
    from ingest.model import Limits, SourceRules

