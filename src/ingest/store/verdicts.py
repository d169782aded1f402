"""What was learned of a source, and what a person says of it: ops.boilerplate."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.identify.boilerplate import block_key
from ingest.model import Block, BlockKind
from ingest.store.rows import storable

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine

_LEARNED = text("""
SELECT block_key, sample, verdict, evidence, is_pinned, removed_from, learned_at FROM ops.boilerplate
WHERE source_id = :source ORDER BY removed_from DESC, learned_at, block_key
""")
_PIN = text("""
INSERT INTO ops.boilerplate AS b (source_id, block_key, sample, verdict, evidence, is_pinned)
VALUES (:source, :key, :sample, :verdict, 'a person said so', true)
ON CONFLICT (source_id, block_key) DO UPDATE SET verdict = excluded.verdict, is_pinned = true
RETURNING sample
""")
_LARGEST_KEY = 2**63


@dataclass(frozen=True, slots=True)
class LearnedBlock:
    """A row of ops.boilerplate."""

    block_key: int
    sample: str
    verdict: str
    evidence: str
    is_pinned: bool
    removed_from: int
    learned_at: dt.datetime


def learned_of(engine: Engine, slug: str) -> list[LearnedBlock]:
    """What was learned or pinned of a source, what was removed most often first.

    Raises:
        UsageError: the source is not known.
    """
    with engine.connect() as connection:
        return [LearnedBlock(*row) for row in connection.execute(_LEARNED, {"source": _source_id(connection, slug)})]


def pin_verdict(engine: Engine, slug: str, block: str, verdict: str) -> str:
    """Say of a block of a source, named by its number or its text, that it is ``boilerplate`` or ``text``; gives its text.

    Raises:
        UsageError: the source is not known, no block has the number, or the text is of a kind that is never learned.
    """
    with engine.begin() as connection:
        source = _source_id(connection, slug)
        sample, key = block, _number(block)
        if key is None:
            key = block_key(Block(BlockKind.PARAGRAPH, block))
        else:
            known = {"source": source, "key": key}
            query = text("SELECT sample FROM ops.boilerplate WHERE source_id = :source AND block_key = :key")
            sample = connection.scalar(query, known)
            if sample is None:
                raise UsageError(f"Nothing with the number {block} has been learned of {slug}: `ingest boilerplate {slug}` lists what has.")
        if key is None:
            raise UsageError("A quotation, or a line without letters, is never taken for boilerplate.")
        parameters = {"source": source, "key": key, "sample": storable(sample), "verdict": verdict}
        return str(connection.scalar(_PIN, parameters))


def _source_id(connection: Connection, slug: str) -> int:
    source: int | None = connection.scalar(text("SELECT source_id FROM news.source WHERE slug = :slug"), {"slug": slug})
    if source is None:
        raise UsageError(f"No source is known as {slug}: the table news.source lists them.")
    return source


def _number(block: str) -> int | None:
    digits = block.removeprefix("-")
    number = int(block) if digits.isascii() and digits.isdigit() else None
    return number if number is not None and -_LARGEST_KEY <= number < _LARGEST_KEY else None
