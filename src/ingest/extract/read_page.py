"""What reading a page gives, whatever its form: blocks with verdicts, and candidates for each metadata field."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.model import Block, FieldCandidate


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page after reading and before choosing: ``candidates`` maps a field's name to what is on offer, best first."""

    blocks: tuple[Block, ...]
    candidates: Mapping[str, tuple[FieldCandidate, ...]]
