"""Learned boilerplate in the database: what a source's last articles tell is kept, and taken out of those that follow."""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ingest.identify.boilerplate import WINDOW, Learned, Seen, Window, without_learned
from ingest.identify.near_copies import Stories, bands
from ingest.packed import Sketch
from ingest.store.packing import pack_again
from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from ingest.store.decide import Decision
    from ingest.store.rows import ArticlePage
    from ingest.store.write import Connection

_WINDOWS = """
SELECT s.source_id, w.cluster, w.day, w.author, w.block_keys
FROM unnest(%s::bigint[]) AS s (source_id)
CROSS JOIN LATERAL (
    SELECT a.article_id, coalesce(a.dup_of, a.article_id) AS cluster, coalesce(a.published_at, a.first_seen_at)::date AS day,
           a.authors[1] AS author, k.block_keys
    FROM news.article a JOIN ops.article_sketch k USING (article_id)
    WHERE a.source_id = s.source_id ORDER BY a.article_id DESC LIMIT %s
) w
ORDER BY s.source_id, w.article_id
"""
_SKETCHES = """
SELECT coalesce(a.dup_of, a.article_id), k.signature, k.shingles FROM news.article a JOIN ops.article_sketch k USING (article_id)
WHERE a.source_id = %s ORDER BY a.article_id DESC LIMIT %s
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


@dataclass(slots=True)
class _Source:
    """One source, as the pages of a batch teach it."""

    source_id: int
    window: Window
    verdicts: dict[int, bool]
    """Whether a block is boilerplate, of those that were judged."""
    learned: dict[int, Learned] = field(default_factory=dict)
    pages: dict[bytes, ArticlePage] = field(default_factory=dict)
    """Those of the batch that are in the window, by the cluster that they have there."""
    stories: Stories | None = None
    """Of the articles of the window: known only from when it matters."""

    def learn(self, connection: Connection, page: ArticlePage) -> None:
        """Learn from the window what of a new page's text is boilerplate.

        The batch is linked when it is loaded. Which of its pages are copies of one another, or of what was loaded before, is asked where
        they would teach something, which is seldom.
        """
        told = self._told(page)
        if told and self.stories is None:
            self._tell_stories_apart(connection)
            told = self._told(page)
        for new in told:
            self.verdicts[new.key] = True
            self.learned[new.key] = new

    def add(self, page: ArticlePage) -> None:
        """Add a new article to the window; it is without what was learned before."""
        self.pages[page.key] = page
        day = (page.content.published_at or page.observed_at).astimezone(dt.UTC).date()
        author = page.content.authors[0] if page.content.authors else None
        self.window.add(Seen(self._story(page) if self.stories else page.key, day, author, page.keys))

    def _told(self, page: ArticlePage) -> list[Learned]:
        return [new for new in self.window.learn(page.article, page.keys) if new.key not in self.verdicts]

    def _tell_stories_apart(self, connection: Connection) -> None:
        self.stories = Stories()
        for story, signature, shingles in reversed(connection.execute(_SKETCHES, [self.source_id, WINDOW], binary=True).fetchall()):
            if signature:
                sketch = Sketch(signature, shingles)
                self.stories.add(sketch, bands(sketch), story)
        story_of: dict[Hashable, Hashable] = {key: self._story(page) for key, page in self.pages.items()}
        self.window = Window(replace(seen, cluster=story_of.get(seen.cluster, seen.cluster)) for seen in self.window.seen)

    def _story(self, page: ArticlePage) -> Hashable:
        assert self.stories is not None  # noqa: S101  # asked for just before
        sketch, of = page.packed.sketch, page.packed.bands
        if sketch is None:
            return page.key
        story = self.stories.told_by(sketch, of, page.key)
        self.stories.add(sketch, of, story)
        return story


def take_out_learned(
    connection: Connection, pages: Sequence[ArticlePage], source_ids: Mapping[str, int], known: Collection[bytes]
) -> list[ArticlePage]:
    """The pages without what their sources' articles tell to be boilerplate; each new article is one more to learn from.

    ``known`` are the keys of articles that are loaded, and the hashes of pages and contents that are such an article's. What is learned is
    kept in ops.boilerplate; what a person has pinned there holds.
    """
    sources = _sources(connection, sorted({source_ids[p.source.slug] for p in pages}))
    met = set(known)
    cleaned = []
    for page in pages:
        source = sources[source_ids[page.source.slug]]
        names = _names(page)
        is_new = met.isdisjoint(names)
        met |= names
        if is_new:
            source.learn(connection, page)
        cleaned.append(_without_learned(page, source.verdicts))
        if is_new:
            source.add(cleaned[-1])
    _keep(connection, {(i, key): new for i, source in sources.items() for key, new in source.learned.items()})
    return cleaned


def _names(page: ArticlePage) -> set[bytes]:
    """What an article is known by: its key; where the page does not say for certain which it is, also the page's bytes, and its content."""
    names = {page.key}
    if page.may_be_mirror and page.content.body_sha256:
        names.add(page.content.body_sha256)
    if not page.has_own_url:
        names.add(page.content.content_sha256)
    return names


def _without_learned(page: ArticlePage, verdicts: Mapping[int, bool]) -> ArticlePage:
    boilerplate = {key for key, is_boilerplate in verdicts.items() if is_boilerplate}
    found = tuple(sorted({key for key in page.keys if key in boilerplate}))
    article = without_learned(page.article, page.keys, boilerplate)
    if article is page.article:
        return replace(page, boilerplate=found) if found else page
    packed = pack_again(page.packed, article)
    content = replace(page.content, body=storable(article.body), word_count=packed.word_count)
    return replace(page, article=article, content=content, packed=packed, boilerplate=found)


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


def _sources(connection: Connection, ids: list[int]) -> dict[int, _Source]:
    seen: dict[int, list[Seen]] = defaultdict(list)
    for source_id, cluster, day, author, keys in connection.execute(_WINDOWS, [ids, WINDOW], binary=True):
        seen[source_id].append(Seen(cluster, day, author, tuple(keys)))
    verdicts: dict[int, dict[int, bool]] = defaultdict(dict)
    query = "SELECT source_id, block_key, verdict = 'boilerplate' FROM ops.boilerplate WHERE source_id = ANY(%s)"
    for source_id, key, is_boilerplate in connection.execute(query, [ids]):
        verdicts[source_id][key] = is_boilerplate
    return {source_id: _Source(source_id, Window(seen[source_id]), verdicts[source_id]) for source_id in ids}


def _keep(connection: Connection, learned: Mapping[tuple[int, int], Learned]) -> None:
    if learned:
        rows = [(*place, storable(new.sample), storable(new.evidence)) for place, new in sorted(learned.items())]
        connection.execute(_KEEP, [list(column) for column in zip(*rows, strict=True)])
