"""Near copies in the database: sketches are kept, those of new articles are looked up by their bands, and clusters kept up to date.

An article's link is a function of the texts that are there, in the order of their numbers: of the candidates before it, the copy that is
most alike, and of that one's cluster the first. A text that is new or changed changes the links of those that have or had it among their
candidates, and of no others. So in whatever order articles come, and however many loaders bring them, the links come to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.identify.near_copies import bands, is_copy, similarity
from ingest.packed import Sketch
from ingest.store.write import copy_binary

if TYPE_CHECKING:
    from ingest.store.write import Connection

_TURN = f"SELECT pg_advisory_xact_lock({int.from_bytes(b'copy')}, 0)"
# Of each band, the articles that were loaded last before: copies come soon, and no band, however common, costs more than that.
_CANDIDATES = """
SELECT DISTINCT n.article_id, c.article_id
FROM unnest(%b::bigint[], %b::bigint[]) AS n (article_id, band)
CROSS JOIN LATERAL (
    SELECT b.article_id FROM ops.sketch_band b WHERE b.band = n.band AND b.article_id < n.article_id ORDER BY b.article_id DESC LIMIT 20
) c
"""
# The same seen from the other side: which articles have, had or lose these among their candidates.
_LATER = """
SELECT DISTINCT c.article_id
FROM unnest(%b::bigint[], %b::bigint[]) AS n (article_id, band)
CROSS JOIN LATERAL (
    SELECT b.article_id FROM ops.sketch_band b WHERE b.band = n.band AND b.article_id > n.article_id ORDER BY b.article_id LIMIT 20
) c
"""
_OTHERS_SINCE = "SELECT article_id FROM news.article WHERE article_id >= %s OFFSET %s LIMIT 1"
_DEPENDANTS = "SELECT article_id FROM news.article WHERE dup_of = ANY(%s)"
_SKETCHES = """
SELECT s.article_id, s.signature, s.shingles, coalesce(a.dup_of, s.article_id)
FROM ops.article_sketch s LEFT JOIN news.article a USING (article_id) WHERE s.article_id = ANY(%s)
"""
_LINK = """
UPDATE news.article a SET dup_of = n.dup_of, similarity = n.similarity
FROM unnest(%s::bigint[], %s::bigint[], %s::real[]) AS n (article_id, dup_of, similarity) JOIN news.article was USING (article_id)
WHERE a.article_id = n.article_id AND (a.dup_of, a.similarity) IS DISTINCT FROM (n.dup_of, n.similarity)
RETURNING a.article_id, a.dup_of IS DISTINCT FROM was.dup_of
"""

_SKETCH = {"article_id": "int8", "block_keys": "int8[]", "removed_keys": "int8[]", "signature": "bytea", "shingles": "int4"}
_BAND = {"band": "int8", "article_id": "int8"}


@dataclass(frozen=True, slots=True)
class Compared:
    """What one article is compared by."""

    sketch: Sketch | None
    bands: Sequence[int] = ()
    block_keys: Sequence[int | None] = ()
    removed_keys: Sequence[int] = ()
    is_new: bool = True


def keep_sketches(connection: Connection, articles: Mapping[int, Compared]) -> dict[int, Sketch | None]:
    """Keep what articles are compared by; of those that are not new, the sketches that were kept before come back."""
    before = _sketches(connection, [i for i, of in articles.items() if not of.is_new])
    if before:
        was_under = sorted({band for sketch in before.values() if sketch for band in bands(sketch)})  # the index is by band
        connection.execute("DELETE FROM ops.sketch_band WHERE article_id = ANY(%s) AND band = ANY(%s)", [list(before), was_under])
        connection.execute("DELETE FROM ops.article_sketch WHERE article_id = ANY(%s)", [list(before)])
    rows = (
        (i, list(of.block_keys), list(of.removed_keys), of.sketch and of.sketch.signature, of.sketch and of.sketch.shingles)
        for i, of in articles.items()
    )
    copy_binary(connection, "ops.article_sketch", _SKETCH, rows)
    pairs = sorted((band, i) for i, of in articles.items() for band in set(of.bands))
    copy_binary(connection, "ops.sketch_band", _BAND, pairs)
    return before


def link_copies(connection: Connection, articles: Mapping[int, Compared], before: Mapping[int, Sketch | None]) -> None:
    """Link new and changed articles, whose sketches are kept already, and whichever others are copies of something else for it.

    ``before`` are the sketches that the changed ones had. From here to the end of the transaction other loaders wait: of two that
    looked for copies at the same time, neither would see what the other has not committed yet.
    """
    wave = {i: of for i, of in articles.items() if i not in before or before[i] != of.sketch}
    if not wave:
        return
    connection.execute(_TURN)
    new = {i for i, of in wave.items() if of.is_new}
    candidate_of = {i: {*of.bands, *_bands(before.get(i))} for i, of in wave.items() if not of.is_new}
    if new and connection.execute(_OTHERS_SINCE, [min(new), len(new)]).fetchone():  # another loader had higher numbers, and was quicker
        candidate_of |= {i: set(wave[i].bands) for i in new}
    wave |= _compared(connection, (_later(connection, candidate_of) | _dependants(connection, wave.keys() - new)) - wave.keys())
    while wave:  # the first that moves is a later one each time: it comes to an end
        moved = _link(connection, wave, find_copies(connection, wave), new) - new  # whatever hangs on new ones is judged with them
        wave = _compared(connection, _later(connection, {i: wave[i].bands for i in moved}) | _dependants(connection, moved))
        new = set()


def find_copies(connection: Connection, articles: Mapping[int, Compared]) -> dict[int, tuple[int, float]]:
    """Those of the articles that are copies: the first article of the cluster, and how much of the text they have in common."""
    wanted = [(i, band) for i, of in articles.items() for band in of.bands]
    if not wanted:
        return {}
    candidates: dict[int, list[int]] = defaultdict(list)
    for article_id, candidate in connection.execute(_CANDIDATES, [[i for i, _ in wanted], [b for _, b in wanted]]):
        candidates[article_id].append(candidate)
    known = _kept(connection, {c for some in candidates.values() for c in some})
    found: dict[int, tuple[int, float]] = {}
    for article_id in sorted(candidates):
        sketch = articles[article_id].sketch
        there = [(c, known[c][0]) for c in candidates[article_id] if c in known]
        copies = [(similarity(sketch, other), -c) for c, other in there if sketch and other and is_copy(sketch, other)]
        if copies:
            likeness, original = max(copies)[0], -max(copies)[1]
            root = original if original in articles else known[original][1]  # those that are judged here are no longer what they were
            found[article_id] = (found[root][0] if root in found else root, likeness)
    return found


def _link(connection: Connection, articles: Collection[int], found: Mapping[int, tuple[int, float]], new: Collection[int]) -> set[int]:
    """Link those that are copies, unlink the others; which of them are in another cluster than before."""
    rows = [(i, *found.get(i, (None, None))) for i in sorted(articles) if i in found or i not in new]
    if not rows:
        return set()
    columns = [list(column) for column in zip(*rows, strict=True)]
    return {i for i, is_moved in connection.execute(_LINK, columns) if is_moved}


def _later(connection: Connection, candidate_of: Mapping[int, Collection[int]]) -> set[int]:
    """The articles that are looked up among these, by the bands of these."""
    pairs = [(i, band) for i, some in candidate_of.items() for band in some]
    if not pairs:
        return set()
    return {i for (i,) in connection.execute(_LATER, [[i for i, _ in pairs], [band for _, band in pairs]])}


def _dependants(connection: Connection, articles: Collection[int]) -> set[int]:
    """The articles that are linked to these."""
    return {i for (i,) in connection.execute(_DEPENDANTS, [list(articles)])} if articles else set()


def _compared(connection: Connection, ids: Collection[int]) -> dict[int, Compared]:
    return {i: Compared(sketch, _bands(sketch), is_new=False) for i, sketch in _sketches(connection, ids).items()}


def _bands(sketch: Sketch | None) -> tuple[int, ...]:
    return bands(sketch) if sketch else ()


def _sketches(connection: Connection, ids: Collection[int]) -> dict[int, Sketch | None]:
    return {i: sketch for i, (sketch, _) in _kept(connection, ids).items()}


def _kept(connection: Connection, ids: Collection[int]) -> dict[int, tuple[Sketch | None, int]]:
    """The sketches of articles, None for short ones, and the first articles of their clusters."""
    rows = connection.execute(_SKETCHES, [sorted(ids)]).fetchall() if ids else []
    return {i: (Sketch(signature, shingles) if signature else None, root) for i, signature, shingles, root in rows}
