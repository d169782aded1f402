"""Folders of made pages, and what has to be true of the tables after they were loaded, however badly that went."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

from ingest.identify.identity import article_key
from ingest.identify.near_copies import bands, is_copy, similarity
from ingest.packed import Sketch
from tests.identify.made_copies import Writer

INGEST = Path(sys.executable).with_name("ingest")
"""A process, to be killed: nothing of it may survive in ours."""
Environment = dict[str, str]
Connection = psycopg.Connection[Any]
_FIRST_OBSERVED = 1_790_000_000  # seconds since 1970: pages are observed when their files were written

_ROUNDED = 1e-6  # of a likeness: the column has four bytes
_VERSIONS = "news.article_version v JOIN news.article a USING (article_id)"

# Each finds what is wrong: no rows is well.
PROMISES = {
    "versions have gaps": (
        "SELECT article_id FROM news.article_version GROUP BY 1 HAVING min(version_no) <> 1 OR max(version_no) <> count(*)"
    ),
    "an article's number is not its newest version's": (
        "SELECT article_id FROM news.article a "
        "WHERE version_no IS DISTINCT FROM (SELECT max(version_no) FROM news.article_version v "
        "WHERE v.article_id = a.article_id AND v.reason <> 'earlier')"
    ),
    "an article is not its newest version": (
        f"SELECT article_id FROM {_VERSIONS} WHERE v.version_no = a.version_no "  # noqa: S608  # a constant
        "AND (v.title, v.body, v.content_sha256, v.body_sha256) IS DISTINCT FROM (a.title, a.body, a.content_sha256, a.body_sha256)"
    ),
    "an article is what it was, not what it is": (
        "SELECT article_id FROM news.article_version v JOIN news.article_version w USING (article_id) "
        "WHERE w.version_no > v.version_no AND w.observed_at < v.observed_at AND w.reason = 'publisher_change'"
    ),
    "one version is there twice in a row": (
        "SELECT article_id FROM news.article_version v JOIN news.article_version w USING (article_id) "
        "WHERE w.version_no = v.version_no + 1 AND w.body_sha256 = v.body_sha256 AND w.extractor_version = v.extractor_version"
    ),
    "two articles have one URL": "SELECT url FROM news.article GROUP BY url HAVING count(*) > 1",
    "one identity leads to two articles": "SELECT match_key FROM news.article_url GROUP BY 1 HAVING count(DISTINCT article_id) > 1",
    "an article cannot be found by its own URL": (
        "SELECT url FROM news.article a "
        "WHERE NOT EXISTS (SELECT FROM news.article_url u WHERE u.article_id = a.article_id AND u.match_key = a.url_key)"
    ),
    "copies of a page without a URL are two articles": (
        "SELECT content_sha256 FROM news.article WHERE url LIKE 'file:%' GROUP BY 1 HAVING count(*) > 1"
    ),
    "a page's bytes are not kept": (
        "SELECT body_sha256 FROM (SELECT body_sha256 FROM news.article UNION SELECT body_sha256 FROM news.article_version "
        "UNION SELECT body_sha256 FROM ops.rejection) AS used LEFT JOIN ops.raw_page p USING (body_sha256) "
        "WHERE body_sha256 IS NOT NULL AND p.body_sha256 IS NULL"
    ),
    "bytes are kept that no row is made of": (
        "SELECT body_sha256 FROM ops.raw_page "
        "EXCEPT SELECT body_sha256 FROM news.article_version EXCEPT SELECT body_sha256 FROM ops.rejection"
    ),
    "articles and sketches are not one to one": (
        "SELECT 1 FROM news.article a FULL JOIN ops.article_sketch k USING (article_id) WHERE a.article_id IS NULL OR k.article_id IS NULL"
    ),
    "a band belongs to no sketch": "SELECT article_id FROM ops.sketch_band EXCEPT SELECT article_id FROM ops.article_sketch",
    "a sketch has no bands": (
        "SELECT article_id FROM ops.article_sketch WHERE signature IS NOT NULL EXCEPT SELECT article_id FROM ops.sketch_band"
    ),
    "a version lacks its provenance": (
        "SELECT article_id, version_no FROM news.article_version EXCEPT SELECT article_id, version_no FROM news.provenance"
    ),
    "a copy's original is a copy": (
        "SELECT a.article_id FROM news.article a JOIN news.article b ON b.article_id = a.dup_of WHERE b.dup_of IS NOT NULL"
    ),
    "a run is still running": "SELECT run_id FROM ops.run WHERE state = 'running'",
}
_PLACES = """
SELECT place, (SELECT count(DISTINCT article_id) FROM news.article_url WHERE url = place),
       (SELECT count(*) FROM ops.rejection WHERE location = place AND resolved_at IS NULL)
FROM unnest(%s::text[]) AS place
"""
_COUNTED = """
SELECT params->'targets'->>0, (SELECT coalesce(sum(n), 0)::int FROM ops.run_count c WHERE c.run_id = r.run_id)
FROM ops.run r WHERE state = 'completed'
"""
# What the same folder has come to, without what differs from run to run: numbers, and instants of the clock.
_CONTENTS = {
    "articles": "SELECT url, version_no, title, body, last_seen_at FROM news.article",
    "versions": f"SELECT a.url, v.version_no, v.reason, v.title, v.body, v.observed_at FROM {_VERSIONS}",  # noqa: S608  # a constant
    "URLs": "SELECT u.url, u.kind, a.url FROM news.article_url u JOIN news.article a USING (article_id)",
    "copies": "SELECT a.url, b.url FROM news.article a JOIN news.article b ON b.article_id = a.dup_of",
    "rejections": "SELECT location, stage, reason, resolved_at IS NULL FROM ops.rejection",
    "removed blocks": "SELECT s.slug, b.sample, b.reason, b.pages FROM ops.removed_block b JOIN news.source s USING (source_id)",
    "boilerplate": "SELECT s.slug, b.sample, b.removed_from FROM ops.boilerplate b JOIN news.source s USING (source_id)",
    "raw pages": "SELECT body_sha256 FROM ops.raw_page",
}


def made_folder(folder: Path, count: int, *, edition: str = "first", paragraphs: int = 5) -> Path:
    """Pages of seven sites, with footers that recur.

    Of twelve one is empty; of ten one has no URL, and has a copy under another name; of nine one is there in two versions,
    the later of which is read before the other or after it; of eight one has a cut copy, at a site of the edition's.
    Editions differ in the text of every third page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        own = number % 10 != 4
        page = _page(number, own, edition if number % 3 == 0 else "", paragraphs)
        _write(folder / f"{number:04}.html", "" if number % 12 == 5 else page, number)
        if not own:
            _write(folder / f"{number:04}-copy.html", page, number)
        elif number % 9 == 1:
            name = f"{number:04}-later.html" if number % 2 else f"{number:04}.later.html"
            _write(folder / name, _page(number, own, "corrected", paragraphs), number + count)
        if own and number % 8 == 3:
            cut = paragraphs - (1 if edition == "first" else 2)
            _write(folder / f"{number:04}-cut.html", _page(number, own, "", cut, site=f"{edition}.example"), number)
    return folder


def _page(number: int, own: bool, changed: str, paragraphs: int, site: str = "") -> str:
    writer = Writer("latin", seed=number)
    site = site or f"site{number % 7}.example"
    text = "".join(f"<p>{writer.sentence(14, 26)} {writer.sentence(14, 26)} {changed}</p>" for _ in range(paragraphs))
    head = f'<link rel="canonical" href="https://{site}/{number}">' if own else ""
    footer = f"<p>Write to the desk of {site} about this story, or subscribe to the letter of {site}.</p>"
    return f"<!doctype html><title>Story {number}</title>{head}<article><h1>Story {number} {changed}</h1>{text}{footer}</article>"


def _write(path: Path, page: str, observed: int) -> None:
    path.write_text(page)
    os.utime(path, (_FIRST_OBSERVED + observed,) * 2)


def run_once(environment: Environment, folder: Path) -> None:
    """`ingest run`, undisturbed."""
    done = subprocess.run([INGEST, "run", folder], env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr


def broken_promises(connection: Connection, *folders: Path) -> list[str]:
    """What is not true of the tables after folders were loaded into the database."""
    broken = [f"{promise}: {rows[0]}" for promise, query in PROMISES.items() if (rows := connection.execute(query).fetchall())]
    places = [f.as_uri() for folder in folders for f in sorted(folder.iterdir())]
    for place, articles, rejections in connection.execute(_PLACES, [places]):
        if articles + rejections != 1:
            broken.append(f"a page is not one article or one rejection: {place} is {articles} and {rejections}")
    for target, counted in connection.execute(_COUNTED):
        folder = Path(unquote(urlsplit(target).path))
        if counted != len(list(folder.iterdir())):
            broken.append(f"a completed run does not count each page once: {counted} in {folder}")
    for url, key in connection.execute("SELECT url, url_key FROM news.article"):
        if article_key(url) != key:
            broken.append(f"an article has another key than its own: {url}")
    return broken + [f"a link is not what the texts come to: {link}" for link in wrong_links(connection)]


def wrong_links(connection: Connection) -> list[str]:
    """Articles whose link is another than one gets by comparing their texts, as they are now, in the order of their numbers."""
    query = (
        "SELECT article_id, signature, shingles, dup_of, similarity FROM ops.article_sketch JOIN news.article USING (article_id) ORDER BY 1"
    )
    under: dict[int, list[tuple[int, Sketch]]] = defaultdict(list)
    roots: dict[int, int] = {}
    wrong = []
    for number, signature, shingles, dup_of, found in connection.execute(query):
        sketch = Sketch(signature, shingles) if signature else None
        candidates = {c for band in (bands(sketch) if sketch else ()) for c in under[band][-20:]}
        copies = [(similarity(sketch, other), -earlier) for earlier, other in candidates if sketch and is_copy(sketch, other)]
        likeness, original = max(copies, default=(0.0, 0))
        root = roots[-original] if copies else None
        roots[number] = root or number
        if root != dup_of or abs(likeness - (found or 0.0)) > _ROUNDED:
            wrong.append(f"{number} has {dup_of}, {found} for {root}, {likeness}")
        if sketch:
            for band in bands(sketch):
                under[band].append((number, sketch))
    return wrong


def contents(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a folder has come to."""
    return {name: sorted(connection.execute(query).fetchall(), key=repr) for name, query in _CONTENTS.items()}
