"""Blocks that versions left out, counted by source: what was cut, how often, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ingest.store.write import copy_binary

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.store.decide import Version
    from ingest.store.write import Connection

_REMOVED = {
    "source_id": "int8", "block_sha256": "bytea", "sample": "text", "reason": "text", "pages": "int8", "first_seen_at": "timestamptz",
    "last_seen_at": "timestamptz",
}  # fmt: skip
_CREATE_REMOVED_STAGE = f"""
CREATE TEMP TABLE IF NOT EXISTS stage_removed ON COMMIT DELETE ROWS AS SELECT {", ".join(_REMOVED)} FROM ops.removed_block WITH NO DATA
"""  # noqa: S608  # names of our own columns
_ADD_REMOVED = f"""
INSERT INTO ops.removed_block AS b ({", ".join(_REMOVED)}) SELECT * FROM stage_removed ORDER BY source_id, block_sha256
ON CONFLICT (source_id, block_sha256) DO UPDATE SET pages = b.pages + excluded.pages, reason = excluded.reason,
    first_seen_at = least(b.first_seen_at, excluded.first_seen_at), last_seen_at = greatest(b.last_seen_at, excluded.last_seen_at)
"""  # noqa: S608  # as above


def count_removed_blocks(connection: Connection, added: Sequence[Version], source_ids: Mapping[str, int]) -> None:
    """Count the blocks that new versions left out, by source, each once a version."""
    rows = _removed(added, source_ids)
    if rows:
        connection.execute(_CREATE_REMOVED_STAGE)
        connection.execute("DELETE FROM stage_removed")
        copy_binary(connection, "stage_removed", _REMOVED, rows)
        connection.execute(_ADD_REMOVED)


def _removed(added: Sequence[Version], source_ids: Mapping[str, int]) -> list[tuple[Any, ...]]:
    counts: dict[int, dict[bytes, list[Any]]] = {}
    for v in added:
        at = v.page.observed_at
        of_source = counts.setdefault(source_ids[v.page.source.slug], {})
        for sha256, sample, reason in v.page.packed.dropped:
            if count := of_source.get(sha256):
                count[2:] = count[2] + 1, min(count[3], at), max(count[4], at)
            else:
                of_source[sha256] = [sample, reason, 1, at, at]
    return [(source_id, sha256, *count) for source_id, of_source in counts.items() for sha256, count in of_source.items()]
