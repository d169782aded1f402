"""Near copies in the database: sketches are kept, and those of new articles are looked up by their bands."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.identify.near_copies import bands, is_copy, similarity
from ingest.packed import Sketch
from ingest.store.write import copy_binary

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ingest.store.write import Connection

# Of each band, the articles that were loaded last before: copies come soon, and no band, however common, costs more than that.
_CANDIDATES = """
SELECT DISTINCT n.article_id, c.article_id
FROM unnest(%b::bigint[], %b::bigint[]) AS n (article_id, band)
CROSS JOIN LATERAL (
    SELECT b.article_id FROM ops.sketch_band b WHERE b.band = n.band AND b.article_id < n.article_id ORDER BY b.article_id DESC LIMIT 20
) c
"""
_SKETCHES = """
SELECT s.article_id, s.signature, s.shingles, coalesce(a.dup_of, s.article_id)
FROM ops.article_sketch s LEFT JOIN news.article a USING (article_id) WHERE s.article_id = ANY(%s)
"""
_LINK = """
UPDATE news.article a SET dup_of = n.dup_of, similarity = n.similarity
FROM unnest(%s::bigint[], %s::bigint[], %s::real[]) AS n (article_id, dup_of, similarity)
WHERE a.article_id = n.article_id AND (a.dup_of, a.similarity) IS DISTINCT FROM (n.dup_of, n.similarity)
  AND NOT EXISTS (SELECT FROM news.article c WHERE c.dup_of = a.article_id)
"""

_SKETCH = {"article_id": "int8", "block_keys": "int8[]", "removed_keys": "int8[]", "signature": "bytea", "shingles": "int4"}
_BAND = {"band": "int8", "article_id": "int8"}
_UNLINK = "UPDATE news.article SET dup_of = NULL, similarity = NULL WHERE article_id = ANY(%s) AND dup_of IS NOT NULL"


@dataclass(frozen=True, slots=True)
class Compared:
    """What one article is compared by."""

    sketch: Sketch | None
    bands: Sequence[int] = ()
    block_keys: Sequence[int | None] = ()
    removed_keys: Sequence[int] = ()


def keep_sketches(connection: Connection, articles: Mapping[int, Compared]) -> None:
    """Keep what articles are compared by, in place of what was kept of them before."""
    ids = list(articles)
    connection.execute("DELETE FROM ops.sketch_band WHERE article_id = ANY(%s) AND band = ANY(%s)", [ids, _bands_before(connection, ids)])
    connection.execute("DELETE FROM ops.article_sketch WHERE article_id = ANY(%s)", [ids])
    rows = (
        (i, list(of.block_keys), list(of.removed_keys), of.sketch and of.sketch.signature, of.sketch and of.sketch.shingles)
        for i, of in articles.items()
    )
    copy_binary(connection, "ops.article_sketch", _SKETCH, rows)
    pairs = sorted((band, i) for i, of in articles.items() for band in set(of.bands))
    copy_binary(connection, "ops.sketch_band", _BAND, pairs)


def link_copies(connection: Connection, new: Mapping[int, Compared]) -> None:
    """Note of which articles the new or changed ones are copies, if any: the first of each cluster. Their own sketches are kept already."""
    found = find_copies(connection, new)
    others = [i for i in new if i not in found]
    connection.execute(_UNLINK, [others])
    if found:
        ids = sorted(found)
        connection.execute(_LINK, [ids, [found[i][0] for i in ids], [found[i][1] for i in ids]])


def find_copies(connection: Connection, new: Mapping[int, Compared]) -> dict[int, tuple[int, float]]:
    """The new articles that are copies: the first article of the cluster, and how much of the text they have in common."""
    wanted = [(i, band) for i, of in new.items() for band in of.bands]
    if not wanted:
        return {}
    candidates: dict[int, list[int]] = defaultdict(list)
    for article_id, candidate in connection.execute(_CANDIDATES, [[i for i, _ in wanted], [b for _, b in wanted]]):
        candidates[article_id].append(candidate)
    known = {i: (Sketch(signature, shingles), root) for i, signature, shingles, root in _kept(connection, candidates)}
    found: dict[int, tuple[int, float]] = {}
    for article_id in sorted(candidates):
        sketch = new[article_id].sketch
        there = [(c, known[c][0]) for c in candidates[article_id] if c in known]
        copies = [(similarity(sketch, other), -c) for c, other in there if sketch and is_copy(sketch, other)]
        if copies:
            likeness, original = max(copies)[0], -max(copies)[1]
            found[article_id] = (found[original][0] if original in found else known[original][1], likeness)
    return found


def _kept(connection: Connection, candidates: Mapping[int, list[int]]) -> list[tuple[int, bytes, int, int]]:
    ids = sorted({c for some in candidates.values() for c in some})
    return connection.execute(_SKETCHES, [ids]).fetchall() if ids else []


def _bands_before(connection: Connection, ids: list[int]) -> list[int]:
    """The index is by band: the bands of what is replaced are made again from its signature."""
    rows = connection.execute(
        "SELECT signature, shingles FROM ops.article_sketch WHERE article_id = ANY(%s) AND signature IS NOT NULL", [ids]
    ).fetchall()
    return sorted({band for signature, shingles in rows for band in bands(Sketch(signature, shingles))})
