"""End to end, a folder of distinct pages to committed rows: ours against the straightforward way, in the same run.

    python -m benchmarks.pipeline [--pages 20000] [--peer-pages 1500]

The straightforward way: trafilatura with metadata in a pool of as many processes, SQLAlchemy's ORM, one commit an article, into one table
with a search column. Ours are `ingest backfill`, which loads parts by a process a core, and `ingest run`, which loads in the order of the
pages. The peer keeps no raw page, no versions, no blocks, no provenance. Memory is that of all processes, Postgres included.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from benchmarks.made_pages import write_pages

INGEST = Path(sys.executable).with_name("ingest")
_PEER_TABLE = """
CREATE TABLE peer (id bigserial PRIMARY KEY, url text, title text, author text, date text, body text, search tsvector GENERATED ALWAYS AS
    (to_tsvector('pg_catalog.english', coalesce(title, '') || ' ' || left(body, 500000))) STORED);
CREATE INDEX ON peer USING gin (search);
"""


class _Base(DeclarativeBase):
    pass


class Peer(_Base):
    """An article as simple scripts keep it."""

    __tablename__ = "peer"
    id: Mapped[int] = mapped_column(primary_key=True)
    url: Mapped[str | None]
    title: Mapped[str | None]
    author: Mapped[str | None]
    date: Mapped[str | None]
    body: Mapped[str | None]


def ours(command: str, folder: Path, home: Path, count: int) -> float:
    """Pages a second of a command, start-up included; memory is printed on the way."""
    print(f"ingest {command}")
    started = time.perf_counter()
    with subprocess.Popen([INGEST, command, folder, "--json"], env=_environment(home), stdout=subprocess.PIPE, text=True) as process:
        samples: list[tuple[float, float]] = []
        while process.poll() is None:
            samples.append((time.perf_counter() - started, _tree_megabytes(home)))
            time.sleep(0.5)
        seconds = time.perf_counter() - started
        total = json.loads(process.stdout.read())["total"] if process.stdout else {}
    if total.get("new") != count:
        raise SystemExit(f"{total}: every page should be new")
    for share in (0.25, 0.5, 0.75, 1.0):
        part = [mb for at, mb in samples if seconds * (share - 0.25) <= at < seconds * share]
        print(f"  {share:4.0%} of the time: {max(part, default=0):5.0f} MB at most, {median(part or [0]):5.0f} MB in the middle")
    return count / seconds


def _environment(home: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("INGEST_HOME", "INGEST_DATABASE_URL", "PG"))}
    return kept | {"INGEST_HOME": str(home)}


def _tree_megabytes(home: Path) -> float:
    """Proportional set size of the command, its workers and the embedded server: shared pages count once."""
    total = 0
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(home) in command or "bin/ingest" in command or "multiprocessing" in command or command.startswith("postgres:"):
                total += int(next(line for line in (entry / "smaps_rollup").read_text().splitlines() if line.startswith("Pss:")).split()[1])
        except (OSError, StopIteration, ValueError):
            continue
    return total / 1024


def straightforward(files: list[Path], url: str, jobs: int) -> float:
    """Pages a second of the peer."""
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE IF EXISTS peer")
        connection.exec_driver_sql(_PEER_TABLE)
    started = time.perf_counter()
    with ProcessPoolExecutor(jobs) as pool, Session(engine) as session:
        for facts in pool.map(_trafilatura, files, chunksize=8):
            if facts:
                session.add(Peer(**facts))
                session.commit()
    return len(files) / (time.perf_counter() - started)


def _trafilatura(file: Path) -> dict[str, Any] | None:
    import trafilatura

    found: Any = trafilatura.bare_extraction(file.read_bytes(), with_metadata=True)
    if found is None:
        return None
    return {"url": found.url, "title": found.title, "author": found.author, "date": found.date, "body": found.text}


def main() -> None:
    """The pages are written first, and lie in the disk's cache for both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=20_000)
    parser.add_argument("--peer-pages", type=int, default=1_500)
    arguments = parser.parse_args()
    jobs = len(os.sched_getaffinity(0))
    work = Path(tempfile.mkdtemp(prefix="pipeline-"))
    home = work / "home"
    environment = _environment(home)
    try:
        write_pages(work / "pages", arguments.pages)
        files = sorted((work / "pages").iterdir())[: arguments.peer_pages]
        subprocess.run([INGEST, "db", "start"], env=environment, check=True, capture_output=True)
        subprocess.run([INGEST, "db", "upgrade"], env=environment, check=True, capture_output=True)
        url = subprocess.run([INGEST, "db", "url"], env=environment, check=True, capture_output=True, text=True).stdout.strip()
        peer = [straightforward(files, url, jobs)]
        mine = {}
        for command in ("backfill", "run"):
            with psycopg.connect(url) as connection:
                connection.execute("TRUNCATE ops.run, news.source, ops.raw_page, ops.sketch_band, ops.shard CASCADE")
            mine[command] = ours(command, work / "pages", home, arguments.pages)
        peer.append(straightforward(files, url, jobs))
        print(f"straightforward: {peer[0]:.0f} and {peer[1]:.0f} pages a second over {len(files):,} pages, before and after")
        print(f"over {arguments.pages:,} pages, start-up included:")
        for command, rate in mine.items():
            print(f"ingest {command}: {rate:.0f} pages a second, {rate / (sum(peer) / 2):.1f} times the straightforward way")
    finally:
        subprocess.run([INGEST, "db", "stop", "--force"], env=environment, check=False, capture_output=True)
        shutil.rmtree(work)


if __name__ == "__main__":
    main()
