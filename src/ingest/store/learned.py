"""Learned boilerplate in the database: what a source's last articles tell is kept, and taken out of those that follow."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.identify.boilerplate import WINDOW, Learned, Seen, Window, without_learned
from ingest.store.packing import pack_again
from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ingest.store.decide import Decision
    from ingest.store.rows import ArticlePage
    from ingest.store.write import Connection

_WINDOWS = """
SELECT s.source_id, w.url_key, w.cluster, w.day, w.author, w.block_keys
FROM unnest(%s::bigint[]) AS s (source_id)
CROSS JOIN LATERAL (
    SELECT a.article_id, a.url_key, coalesce(a.dup_of, a.article_id) AS cluster, coalesce(a.published_at, a.first_seen_at)::date AS day,
           a.authors[1] AS author, k.block_keys
    FROM news.article a JOIN ops.article_sketch k USING (article_id)
    WHERE a.source_id = s.source_id ORDER BY a.article_id DESC LIMIT %s
) w
ORDER BY s.source_id, w.article_id
"""
_KEEP = """
INSERT INTO ops.boilerplate AS b (source_id, block_key, sample, verdict, evidence)
SELECT source_id, block_key, sample, 'boilerplate', evidence
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) AS n (source_id, block_key, sample, evidence)
ORDER BY source_id, block_key ON CONFLICT (source_id, block_key) DO NOTHING
"""
_COUNT = """
UPDATE ops.boilerplate b SET removed_from = b.removed_from + k.n, last_removed_at = now()
FROM (SELECT b.source_id, b.block_key, n.n
      FROM unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS n (source_id, block_key, n)
      JOIN ops.boilerplate b USING (source_id, block_key) ORDER BY b.source_id, b.block_key FOR UPDATE OF b) AS k
WHERE b.source_id = k.source_id AND b.block_key = k.block_key
"""
_NOTE_VERDICTS = """
UPDATE ops.article_sketch SET block_keys = %(keys)s::bigint[], removed_keys = %(boilerplate)s::bigint[]
WHERE article_id = %(article)s AND (block_keys, removed_keys) IS DISTINCT FROM (%(keys)s::bigint[], %(boilerplate)s::bigint[])
"""
# Of an article `a`: it was not made with the verdicts of today on its source's boilerplate. `removed_keys` has what was boilerplate by
# those that it was made with, also where that is most of the text and stays: else it would be made again for ever.
LEARNED_SINCE = """
EXISTS (SELECT FROM ops.article_sketch k JOIN ops.boilerplate b ON b.source_id = a.source_id AND b.block_key = ANY(k.block_keys)
        WHERE k.article_id = a.article_id AND (b.verdict = 'boilerplate') <> (b.block_key = ANY(k.removed_keys)))
"""


def take_out_learned(connection: Connection, pages: Sequence[ArticlePage], source_ids: Mapping[str, int]) -> list[ArticlePage]:
    """The pages without what their sources' articles tell to be boilerplate; each page is one more article to learn from.

    What is learned is kept in ops.boilerplate; what a person has pinned there holds.
    """
    ids = sorted({source_ids[p.source.slug] for p in pages})
    windows, in_window = _windows(connection, ids)
    verdicts = _verdicts(connection, ids)
    learned: dict[tuple[int, int], Learned] = {}
    cleaned = []
    for page in pages:
        source_id = source_ids[page.source.slug]
        window, known = windows[source_id], verdicts[source_id]
        if page.key not in in_window[source_id]:
            for new in window.learn(page.article, page.keys):
                if new.key not in known:
                    known[new.key] = True
                    learned[source_id, new.key] = new
            in_window[source_id].add(page.key)
            window.add(_seen(page))
        boilerplate = {key for key, is_boilerplate in known.items() if is_boilerplate}
        found = tuple(sorted({key for key in page.keys if key in boilerplate}))
        article = without_learned(page.article, page.keys, boilerplate)
        if article is not page.article:
            packed = pack_again(page.packed, article)
            content = replace(page.content, body=storable(article.body), word_count=packed.word_count)
            cleaned.append(replace(page, article=article, content=content, packed=packed, boilerplate=found))
        else:
            cleaned.append(replace(page, boilerplate=found) if found else page)
    _keep(connection, learned)
    return cleaned


def count_removed(connection: Connection, pages: Sequence[ArticlePage], source_ids: Mapping[str, int]) -> None:
    """Count, of each piece of boilerplate, the versions that it was removed from."""
    removed: Counter[tuple[int, int]] = Counter()
    for page in pages:
        removed.update((source_ids[page.source.slug], key) for key in removed_keys(page))
    if removed:
        rows = sorted((*place, n) for place, n in removed.items())
        connection.execute(_COUNT, [list(column) for column in zip(*rows, strict=True)])


def removed_keys(page: ArticlePage) -> tuple[int, ...]:
    """What was taken out of a page's article."""
    return () if page.article is page.result.result else page.boilerplate


def note_verdicts(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Note with which verdicts articles were made again that stay as they are; those that change are kept with theirs."""
    rows = [
        {"article": known.article_id, "keys": list(page.keys), "boilerplate": list(page.boilerplate)}
        for page, known in ((d.page, d.known) for d in decisions)
        if known.made_again and not known.latest_page and page.key == known.key
        if all(known.content[c] == getattr(page.content, c) for c in ("body_sha256", "body"))
    ]
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(_NOTE_VERDICTS, rows)


def _seen(page: ArticlePage) -> Seen:
    day = (page.content.published_at or page.observed_at).astimezone(dt.UTC).date()
    return Seen(page.key, day, page.content.authors[0] if page.content.authors else None, page.keys)


def _windows(connection: Connection, ids: list[int]) -> tuple[dict[int, Window], dict[int, set[bytes]]]:
    seen: dict[int, list[Seen]] = defaultdict(list)
    articles: dict[int, set[bytes]] = defaultdict(set)
    for source_id, url_key, cluster, day, author, keys in connection.execute(_WINDOWS, [ids, WINDOW], binary=True):
        seen[source_id].append(Seen(cluster, day, author, tuple(keys)))
        articles[source_id].add(url_key)
    return {source_id: Window(seen[source_id]) for source_id in ids}, articles


def _verdicts(connection: Connection, ids: list[int]) -> dict[int, dict[int, bool]]:
    verdicts: dict[int, dict[int, bool]] = defaultdict(dict)
    query = "SELECT source_id, block_key, verdict = 'boilerplate' FROM ops.boilerplate WHERE source_id = ANY(%s)"
    for source_id, key, is_boilerplate in connection.execute(query, [ids]):
        verdicts[source_id][key] = is_boilerplate
    return verdicts


def _keep(connection: Connection, learned: Mapping[tuple[int, int], Learned]) -> None:
    if learned:
        rows = [(*place, storable(new.sample), storable(new.evidence)) for place, new in sorted(learned.items())]
        connection.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])
