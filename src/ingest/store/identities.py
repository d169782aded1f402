"""Which article a page is of: told from the URLs that have led to one, and from the bytes and the content of pages that name none."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ingest.identify.identity import article_key, url_key
from ingest.identify.story import Story, is_same_story
from ingest.normalise.url_identity import is_home_page
from ingest.store.decide import Outcome
from ingest.store.rows import storable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ingest.store.decide import Decision
    from ingest.store.rows import ArticlePage
    from ingest.store.write import Connection

_TURN_LOCK = int.from_bytes(b"news")  # the first of two keys: other advisory locks of the database are not ours
_TURNS = 64  # locks that a batch takes at most: a server's table holds 64 for each of its connections


def take_turns(connection: Connection, pages: Sequence[ArticlePage]) -> None:
    """Wait for other loaders of pages that only their bytes or their content identify: no unique index keeps two from adding one.

    Before anything is written, and in order, so that two loaders never wait for each other in a circle.
    """
    hashes = {h for p in pages if p.may_be_mirror for h in (p.content.body_sha256, not p.has_own_url and p.content.content_sha256) if h}
    if hashes:
        turns = sorted({h[0] % _TURNS for h in hashes})
        connection.execute("SELECT pg_advisory_xact_lock(%s, turn) FROM unnest(%s::int[]) AS turn", [_TURN_LOCK, turns])


def under_known_keys(connection: Connection, pages: Sequence[ArticlePage]) -> list[ArticlePage]:
    """The pages under the keys of the articles that their URLs have led to before.

    A publisher that renames an article, or changes what it calls canonical, makes no second article of it. Yet all pages of a site
    may lead to one while it is repaired, or be given one canonical URL by mistake: where a page tells another story than the articles
    that its URLs lead to, it is known by its own URL.
    """
    wanted = [[p.key, *_other_keys(p)] if p.has_own_url else [] for p in pages]
    rows = connection.execute(
        "SELECT DISTINCT ON (u.match_key) u.match_key, a.url_key FROM news.article_url u JOIN news.article a USING (article_id) "
        "WHERE u.match_key = ANY(%s) ORDER BY u.match_key, a.article_id",
        [sorted({key for page, keys in zip(pages, wanted, strict=True) if keys for key in (*keys, article_key(_own_url(page)))})],
    )
    leads_to: dict[bytes, bytes] = dict(rows.fetchall())  # and what pages of this batch add, as if they were loaded one by one
    stories = _Stories(connection, pages, [{leads_to[key] for key in keys if key in leads_to} for keys in wanted])
    under = []
    for i, (page, keys) in enumerate(zip(pages, wanted, strict=True)):
        known = dict.fromkeys(leads_to[key] for key in keys if key in leads_to)
        same = next((key for key in known if stories.is_same(i, key)), None)
        named = replace(page, key=same) if same else _by_its_own_url(page, leads_to) if known else page
        if not page.may_be_mirror:  # else it may turn out to be another article's
            for key in [named.key] if named.is_apart else keys:
                leads_to.setdefault(key, named.key)
            stories.add(i, named.key)
        under.append(named)
    return under


def _by_its_own_url(page: ArticlePage, leads_to: Mapping[bytes, bytes]) -> ArticlePage:
    """A page that tells another story than the articles that its URLs lead to."""
    if leads_to.get(page.key) != page.key:
        return replace(page, is_apart=True)  # only a redirect, or a page that stood in its place, has led there
    url = _own_url(page)
    key = article_key(url)
    if leads_to.get(key) == page.key:
        return page  # the article was rewritten
    return replace(page, url=url, key=key, is_apart=True)  # it has the canonical URL of another one


def _own_url(page: ArticlePage) -> str:
    """Where a page stands, whatever it calls itself."""
    transfer, candidate = page.result.transfer, page.result.candidate
    return storable((transfer and transfer.final_url) or candidate.url or page.article.url or candidate.location)


_REWRITTEN = """
SELECT n.i, n.key, a.title, a.body
FROM unnest(%s::int[], %s::bytea[], %s::bytea[], %s::bytea[]) AS n (i, key, content, page) JOIN news.article a ON a.url_key = n.key
WHERE a.content_sha256 <> n.content
  AND NOT EXISTS (SELECT FROM news.article_version v WHERE v.article_id = a.article_id AND v.body_sha256 = n.page)
"""


class _Stories:
    """What the articles tell that pages may be of, as the pages of a batch come in."""

    def __init__(self, connection: Connection, pages: Sequence[ArticlePage], known: Sequence[Iterable[bytes]]) -> None:
        self._pages = pages
        self._loaded: dict[tuple[int, bytes], Story] = {}  # where it is not what the page tells
        self._added: dict[bytes, int] = {}
        rows = [(i, key, pages[i].content.content_sha256, pages[i].content.body_sha256) for i, keys in enumerate(known) for key in keys]
        if rows:
            for i, key, title, body in connection.execute(_REWRITTEN, [list(column) for column in zip(*rows, strict=True)]):
                self._loaded[i, key] = Story(title, body)

    def is_same(self, i: int, key: bytes) -> bool:
        """Whether a page may be of an article."""
        before = self._story(self._added[key]) if key in self._added else self._loaded.get((i, key))
        return before is None or is_same_story(self._story(i), before)

    def add(self, i: int, key: bytes) -> None:
        """An article now tells what a page does."""
        self._added[key] = i

    def _story(self, i: int) -> Story:
        return Story(self._pages[i].article.title, self._pages[i].article.body)


_LED_ELSEWHERE = "SELECT FROM news.article_url WHERE match_key = ANY(%s) AND article_id <> ALL(%s) LIMIT 1"


def lead_elsewhere(connection: Connection, decisions: Sequence[Decision]) -> bool:
    """Whether one of the URLs of new articles, written by now, leads to an article that another loader has added since the look-up."""
    new = [d for d in decisions if d.outcome == Outcome.NEW and d.page.has_own_url and not d.page.is_apart]
    keys = sorted({key for d in new for key in (article_key(d.page.url), *_other_keys(d.page))})
    ours = sorted({d.known.article_id for d in decisions if d.known.article_id})
    return bool(keys) and connection.execute(_LED_ELSEWHERE, [keys, ours]).fetchone() is not None


def _other_keys(page: ArticlePage) -> list[bytes]:
    transfer = page.result.transfer
    if transfer and transfer.hops and is_home_page(transfer.final_url):
        return []  # no new name of an article
    urls = [page.result.candidate.url, page.article.url, *(hop.url for hop in transfer.hops)] if transfer else [page.article.url]
    return [article_key(storable(url)) for url in urls if url]


# The article that the place has led to before, else the one that was loaded first.
_OWNERS = """
SELECT DISTINCT ON (n.sha256) n.sha256, a.url_key
FROM unnest(%s::bytea[], %s::bytea[]) AS n (sha256, place)
JOIN news.article_version v ON v.{0} = n.sha256 JOIN news.article a USING (article_id)
LEFT JOIN news.article_url u ON u.url_key = n.place AND u.article_id = a.article_id
ORDER BY n.sha256, u.article_id IS NULL, a.article_id
"""


def keys_of_owners(connection: Connection, pages: Sequence[ArticlePage]) -> dict[bytes, bytes]:
    """Whose the pages are that do not say: url_key by the SHA-256 of a page's bytes, and of its content."""
    mirrors = [p for p in pages if p.may_be_mirror]
    if not mirrors:
        return {}
    nameless = [p for p in mirrors if not p.has_own_url]
    by_content = connection.execute(
        _OWNERS.format("content_sha256"), [[p.content.content_sha256 for p in nameless], [url_key(p.location) for p in nameless]]
    )
    by_body = connection.execute(
        _OWNERS.format("body_sha256"), [[p.content.body_sha256 for p in mirrors], [url_key(p.location) for p in mirrors]]
    )
    return dict([*by_content.fetchall(), *by_body.fetchall()])
