"""Articles made again from the pages that are kept: nothing is fetched, and no publisher's edit comes of it.

A page goes back under the place and the URL that it was read from, with what its feed said of it, and was observed when its
version was. Each article stays itself: a page that another extractor takes for another article's is left alone.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import text

from ingest.errors import UsageError
from ingest.extract.version import version_with
from ingest.identify.identity import article_key, article_url, url_key
from ingest.model import Article, Candidate
from ingest.store.archive import kept_pages
from ingest.store.learned import LEARNED_SINCE
from ingest.store.load import load_batch
from ingest.store.packing import pack
from ingest.store.queries import refuse_unknown_sources
from ingest.store.rows import storable
from ingest.store.tasks import hint_of_json
from ingest.store.write import driver_connection
from ingest.workers import extract_batches

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy import Engine

    from ingest.model import Limits, Page, PageResult, SourceRules, Tally
    from ingest.settings import Settings

_T = TypeVar("_T")

_WANTED = f"""
(CAST(:sources AS text[]) IS NULL OR a.source_id IN (SELECT source_id FROM news.source WHERE slug = ANY(:sources)))
  AND (CAST(:since AS timestamptz) IS NULL OR coalesce(a.published_at, a.first_seen_at) >= :since)
  AND (CAST(:until AS timestamptz) IS NULL OR coalesce(a.published_at, a.first_seen_at) < :until)
  AND (CAST(:extractor AS text) IS NULL OR a.extractor_version = :extractor)
  AND (CAST(:articles AS bigint[]) IS NULL OR a.article_id = ANY(:articles))
  AND (CAST(:current AS text) IS NULL OR a.extractor_version <> :current OR {LEARNED_SINCE})
"""  # noqa: S608  # a constant
# A page is read again as it was read: from the queue where that has these bytes, else from its file, else from its URL.
_PLACES = text(f"""
SELECT w.*, refused.by AS refused_by FROM (
  SELECT a.article_id, a.url_key, a.extractor_version, a.body_sha256, v.observed_at, t.hint, {LEARNED_SINCE} AS learned_since,
         CASE WHEN t.is_last OR f.url IS NULL THEN coalesce(t.url, r.url, a.url) ELSE f.url END AS location,
         CASE WHEN t.is_last OR f.url IS NULL THEN coalesce(t.url, r.url, a.url) ELSE r.url END AS url
  FROM news.article a
  JOIN news.article_version v USING (article_id, version_no)
  LEFT JOIN LATERAL (
    SELECT t.url, t.hint, coalesce(t.body_sha256 = a.body_sha256, false) AS is_last
    FROM news.article_url u JOIN ops.url_task t ON t.url_key = u.match_key
    WHERE u.article_id = a.article_id ORDER BY is_last DESC, u.first_seen_at LIMIT 1) t ON true
  LEFT JOIN LATERAL (
    SELECT u.url FROM news.article_url u WHERE u.article_id = a.article_id AND u.kind = 'file'
    ORDER BY u.first_seen_at, u.url LIMIT 1) f ON true
  LEFT JOIN LATERAL (
    SELECT u.url FROM news.article_url u WHERE u.article_id = a.article_id AND u.kind = 'requested'
    ORDER BY u.first_seen_at, u.url LIMIT 1) r ON true
  WHERE a.article_id > :after AND {_WANTED}
    AND EXISTS (SELECT FROM ops.raw_page p WHERE p.body_sha256 = a.body_sha256 AND p.body_zstd IS NOT NULL)
  ORDER BY a.article_id LIMIT :most
) w
LEFT JOIN LATERAL (
  SELECT array_agg(x.extractor_version) AS by FROM ops.rejection x
  WHERE md5(x.location) = md5(w.location) AND x.location = w.location AND x.body_sha256 = w.body_sha256 AND x.stage IN ('decode', 'extract')
) refused ON true
ORDER BY w.article_id
""")  # noqa: S608  # a constant
_COUNT = text(f"""
SELECT count(p.body_sha256) AS kept, count(*) - count(p.body_sha256) AS lost
FROM news.article a LEFT JOIN ops.raw_page p ON p.body_sha256 = a.body_sha256 AND p.body_zstd IS NOT NULL WHERE {_WANTED}
""")  # noqa: S608  # a constant
_LEADS_TO = "SELECT match_key, min(article_id) FROM news.article_url WHERE match_key = ANY(%s) GROUP BY match_key"
_NOTE_URLS = """
INSERT INTO news.article_url (url_key, url, article_id, kind, first_seen_at, match_key)
SELECT key, url, id, 'rel_canonical', at, match_key
FROM unnest(%s::bytea[], %s::text[], %s::bigint[], %s::timestamptz[], %s::bytea[]) AS s (key, url, id, at, match_key)
ORDER BY key ON CONFLICT (url_key) DO NOTHING
"""


class SiteRules(Protocol):
    """What an `ingest.rules.book.RuleBook` tells: the store does not know where rules come from."""

    @property
    def by_host(self) -> Mapping[str, SourceRules]:
        """Rules by host."""

    @property
    def everywhere(self) -> SourceRules:
        """Those of the pages of all other hosts."""

    def of_page(self, page: Page) -> Page:
        """The page with the rules of its site."""

    def of_url(self, url: str | None) -> SourceRules:
        """The rules of a URL's host."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which articles to make again; of those that fit, the ones that the present extractor has made are left out.

    With a reason, which pages that gave no article: their sources are those of their hosts, and their date is that of the last refusal.
    """

    sources: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    """Published from the one to the other, which is not included; where no date is known, first seen."""
    extractor_version: str | None = None
    articles: tuple[int, ...] = ()
    reason: str | None = None

    def told(self) -> dict[str, Any]:
        """As ops.run has it."""
        return {
            "sources": list(self.sources),
            "since": self.since and self.since.isoformat(),
            "until": self.until and self.until.isoformat(),
            "extractor_version": self.extractor_version,
            "articles": list(self.articles),
            "reason": self.reason,
        }


@dataclass(slots=True)
class LeftAlone:
    """What a run left as it was."""

    current: int = 0
    """Articles that the present extractor has made already, or whose pages it has refused."""
    elsewhere: list[int] = field(default_factory=list)
    """Articles whose pages now name the URL of another article."""


@dataclass(frozen=True, slots=True)
class _Made:
    """An article as it is loaded."""

    article_id: int
    key: bytes
    observed_at: dt.datetime


def count_selected(engine: Engine, selection: Selection, rules: SiteRules) -> tuple[int, int]:
    """How many articles there may be to make again, and how many more whose pages are not kept.

    Raises:
        UsageError: a source or an article is not known.
    """
    with engine.connect() as connection:
        refuse_unknown_sources(connection, selection.sources)
        ids = list(selection.articles)
        there = set(connection.scalars(text("SELECT article_id FROM news.article WHERE article_id = ANY(:ids)"), {"ids": ids}))
        if absent := [str(i) for i in ids if i not in there]:
            raise UsageError(f"No article has the number {', '.join(absent)}: `ingest search` finds articles.")
        row = connection.execute(_COUNT, _parameters(selection, rules)).one()
    return row.kept, row.lost


def reprocess(
    engine: Engine, run_id: UUID, selection: Selection, rules: SiteRules, settings: Settings, jobs: int, left: LeftAlone
) -> Iterator[list[Tally]]:
    """Make articles again; each batch is committed whole before its tallies come out. What is left alone is noted in ``left``.

    Raises:
        DatabaseUnreachable: the connection was lost; the batches that came out are safe.
    """
    batches = _kept_batches(engine, selection, rules, settings.batch_size, left)
    for made in extract_kept(batches, settings.limits, jobs):
        yield load_batch(engine, run_id, _own(engine, made, left), settings.limits)


def extract_kept(batches: Iterable[Sequence[tuple[_T, Page]]], limits: Limits, jobs: int) -> Iterator[list[tuple[_T, PageResult]]]:
    """Extract batches of pages, each with what it belongs to."""
    waiting: deque[list[_T]] = deque()

    def pages() -> Iterator[list[Page]]:
        for batch in batches:
            waiting.append([owner for owner, _ in batch])
            yield [page for _, page in batch]

    for results in extract_batches(pages(), limits, jobs, pack):
        yield list(zip(waiting.popleft(), results, strict=True))


def _parameters(selection: Selection, rules: SiteRules) -> dict[str, Any]:
    return {
        "sources": list(selection.sources) or None,
        "since": selection.since,
        "until": selection.until,
        "extractor": selection.extractor_version,
        "articles": list(selection.articles) or None,
        # Where some hosts have rules, each page has its own present version.
        "current": None if rules.by_host else version_with(rules.everywhere),
    }


def _kept_batches(engine: Engine, selection: Selection, rules: SiteRules, size: int, left: LeftAlone) -> Iterator[list[tuple[_Made, Page]]]:
    parameters = _parameters(selection, rules) | {"after": 0, "most": size}
    while True:
        with engine.connect() as connection:
            rows = connection.execute(_PLACES, parameters).all()
        if not rows:
            return
        parameters["after"] = rows[-1].article_id
        wanted = [row for row in rows if row.url is None or _is_outdated(row, version_with(rules.of_url(row.url)))]
        pages = kept_pages(engine, [(_candidate(row), row.body_sha256, row.observed_at) for row in wanted])
        ruled = [(row, rules.of_page(page)) for row, page in zip(wanted, pages, strict=True) if page]
        batch = [
            (_Made(row.article_id, row.url_key, row.observed_at), page)
            for row, page in ruled
            if _is_outdated(row, version_with(page.candidate.rules))
        ]
        left.current += len(rows) - len(batch)
        if batch:
            yield batch


def _is_outdated(row: Any, version: str) -> bool:  # noqa: ANN401  # a row of SQLAlchemy's
    if row.extractor_version == version:
        return bool(row.learned_since)
    return version not in (row.refused_by or ())  # what is refused stays, whatever has been learned


def _candidate(row: Any) -> Candidate:  # noqa: ANN401  # as above
    hint = hint_of_json(row.hint) if row.hint else None
    return Candidate(location=row.location, path=row.location, url=row.url, hint=hint)


def _own(engine: Engine, made: Sequence[tuple[_Made, PageResult]], left: LeftAlone) -> list[PageResult]:
    """The results that stay with the articles that they were made for; URLs that nobody knew are noted as theirs beforehand."""
    results, new = [], []
    with engine.begin() as sa_connection:
        connection = driver_connection(sa_connection)
        wanted = sorted({key for _, result in made for key in _keys(result)})
        leads_to: dict[bytes, int] = dict(connection.execute(_LEADS_TO, [wanted]).fetchall())
        for old, result in made:
            keys = _keys(result)
            if keys and _owner(old, result, leads_to) != old.article_id:
                left.elsewhere.append(old.article_id)
                continue
            results.append(result)
            if keys and not leads_to.keys() & set(keys):
                url = storable(article_url(result))
                new.append((url_key(url), url, old.article_id, old.observed_at, keys[0]))
                leads_to[keys[0]] = old.article_id
        if new:
            connection.execute(_NOTE_URLS, [list(column) for column in zip(*new, strict=True)])
    return results


def _owner(old: _Made, result: PageResult, leads_to: dict[bytes, int]) -> int | None:
    """The article that loading would give the result to; nobody's URL becomes that of the article it was made for."""
    keys = _keys(result)
    if storable(article_url(result)) == storable(result.candidate.location):
        return old.article_id if keys[0] == old.key else leads_to.get(keys[0])
    return next((leads_to[key] for key in keys if key in leads_to), old.article_id)


def _keys(result: PageResult) -> list[bytes]:
    """The keys by which loading looks for the article, in its order; none for a page that gave no article."""
    article = result.result
    if not isinstance(article, Article):
        return []
    return [article_key(storable(url)) for url in (article_url(result), article.url) if url]
