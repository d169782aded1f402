"""Folders of pages to load under bad circumstances, and what has to be true of the tables afterwards.

A long search: `DISTURBANCES=100 .venv/bin/pytest tests/store/test_exactly_once.py -n 2`; DISTURBANCE_SEED repeats one.
"""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from tests.identify.made_copies import Writer

INGEST = Path(sys.executable).with_name("ingest")

PROMISES = {
    "versions have gaps": (
        "SELECT article_id FROM news.article_version GROUP BY 1 HAVING min(version_no) <> 1 OR max(version_no) <> count(*)"
    ),
    "an article is not its newest version": (
        "SELECT a.article_id FROM news.article a LEFT JOIN news.article_version v USING (article_id, version_no) "
        "WHERE v.content_sha256 IS DISTINCT FROM a.content_sha256 OR v.body IS DISTINCT FROM a.body "
        "OR a.version_no <> (SELECT max(version_no) FROM news.article_version m WHERE m.article_id = a.article_id)"
    ),
    "two articles have one URL": "SELECT url FROM news.article GROUP BY url HAVING count(*) > 1",
    "a version's page is not kept": (
        "SELECT v.article_id FROM news.article_version v LEFT JOIN ops.raw_page p USING (body_sha256) WHERE p.body_sha256 IS NULL"
    ),
    "an article has no sketch": (
        "SELECT coalesce(a.article_id, k.article_id) FROM news.article a FULL JOIN ops.article_sketch k USING (article_id) "
        "WHERE a.article_id IS NULL OR k.article_id IS NULL"
    ),
    "a run is still running": "SELECT run_id FROM ops.run WHERE state = 'running'",
}


def made_folder(folder: Path, count: int, *, edition: str = "first", noise_bytes: int = 0) -> Path:
    """Pages of which some are empty, some have no URL, some of these are copies; a second edition has other texts on every third.

    Noise is what no compression makes smaller.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        changed = edition if number % 3 == 0 else ""
        writer = Writer("latin", seed=number)
        paragraphs = "".join(f"<p>{writer.sentence(14, 26)} {writer.sentence(14, 26)} {changed}</p>" for _ in range(5))
        head = "" if number % 10 == 4 else f'<link rel="canonical" href="https://site{number % 7}.example/{number}">'
        noise = f"<!-- {random.Random(number).randbytes(noise_bytes).hex()} -->" if noise_bytes else ""  # noqa: S311
        page = f"<!doctype html><title>Story {number}</title>{head}<article><h1>Story {number} {changed}</h1>{paragraphs}</article>{noise}"
        (folder / f"{number:04}.html").write_text("" if number % 12 == 5 else page)
        if number % 10 == 4:
            (folder / f"{number:04}-copy.html").write_text(page)
    return folder


def run_once(environment: dict[str, str], folder: Path) -> None:
    """`ingest run`, undisturbed."""
    done = subprocess.run([INGEST, "run", folder], env=environment, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr


def broken_promises(environment: dict[str, str], folder: Path) -> list[str]:
    """What is not true of the tables after the last run, which read the folder."""
    broken = [promise for promise, query in PROMISES.items() if _rows(environment, query)]
    files = sorted(f.as_uri() for f in folder.iterdir())
    places = ", ".join(f"('{uri}')" for uri in files)
    lost = (
        f"SELECT f.uri FROM (VALUES {places}) AS f (uri) "  # noqa: S608
        "WHERE (EXISTS (SELECT FROM news.article_url u WHERE u.url = f.uri))::int "
        "+ (EXISTS (SELECT FROM ops.rejection r WHERE r.location = f.uri AND r.resolved_at IS NULL))::int <> 1"
    )
    if _rows(environment, lost):
        broken.append("a page is neither one article nor one rejection")
    last = "SELECT sum(n) FROM ops.run_count JOIN ops.run USING (run_id) WHERE started_at = (SELECT max(started_at) FROM ops.run)"
    if _rows(environment, last) != [str(len(files))]:
        broken.append("the last run does not count each page once")
    return broken


def _rows(environment: dict[str, str], query: str) -> list[str]:
    done = subprocess.run([INGEST, "db", "psql", "-tAc", query], env=environment, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line]
