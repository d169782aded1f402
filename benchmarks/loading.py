"""The loader alone, against one bare COPY of the very rows that it makes into the same tables with the same indexes; and loading again.

    python -m benchmarks.loading [--articles 3000] [--rounds 3]

Articles of real size from fifty made-up sources, extracted and packed (hashes, compression, JSON documents) beforehand, as a run's workers
do it. COPY is the floor: it decides nothing and compares nothing, since it is given the rows as they are; constraints, indexes and search
vectors are made for both. The second load reads the pages from files again, as `ingest run` does, and finds that they are known.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.made_pages import write_pages
from ingest.fetch.files import read_file
from ingest.model import Candidate, Limits, Page, PageResult
from ingest.pipeline import load, read_batch
from ingest.settings import Settings
from ingest.store.embedded import Embedded
from ingest.store.engine import open_engine
from ingest.store.load import load_batch
from ingest.store.packing import pack
from ingest.store.runs import running
from ingest.store.write import driver_connection
from ingest.workers import extract_pages

_TABLES = (
    "ops.run", "news.source", "news.article", "news.article_version", "news.article_url", "news.provenance", "ops.run_count",
    "ops.raw_page", "ops.removed_block", "ops.article_sketch", "ops.sketch_band", "ops.boilerplate",
)  # fmt: skip


def timed(action: Callable[[], object]) -> float:
    """Seconds that an action takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def truncate(engine: Engine) -> None:
    """Empty the tables."""
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(_TABLES)} RESTART IDENTITY CASCADE"))


def load_all(engine: Engine, results: list[PageResult], batch: int) -> None:
    """As `ingest run` loads."""
    with running(engine, kind="adhoc", flow_name="benchmark") as run_id:
        for start in range(0, len(results), batch):
            load_batch(engine, run_id, results[start : start + batch])


def load_again(engine: Engine, candidates: list[Candidate], batch: int) -> None:
    """As `ingest run` does with what is loaded already."""
    limits = Limits()
    with running(engine, kind="adhoc", flow_name="benchmark") as run_id:
        for start in range(0, len(candidates), batch):
            read = read_batch(engine, candidates[start : start + batch], limits)
            if read.pages:
                raise SystemExit("every page should be known")
            load(engine, run_id, read, [], limits)


def dumped(engine: Engine) -> list[tuple[str, list[bytes]]]:
    """The rows of all tables, in PostgreSQL's binary form, with the columns that are theirs to give."""
    copies = []
    with engine.connect() as sa_connection:
        connection = driver_connection(sa_connection)
        for table in _TABLES:
            schema, name = table.split(".")
            columns = connection.execute(
                "SELECT string_agg(column_name, ', ' ORDER BY ordinal_position) FROM information_schema.columns "
                "WHERE table_schema = %s AND table_name = %s AND is_generated = 'NEVER'",
                [schema, name],
            ).fetchone()
            into = f"{table} ({columns[0] if columns else ''})"
            with connection.cursor() as cursor, cursor.copy(f"COPY {into} TO STDOUT (FORMAT binary)") as copy:
                copies.append((into, [bytes(data) for data in copy]))
    return copies


def copy_all(engine: Engine, copies: list[tuple[str, list[bytes]]]) -> None:
    """One transaction, one COPY a table."""
    with engine.begin() as sa_connection:
        connection: Any = driver_connection(sa_connection)
        for into, rows in copies:
            with connection.cursor() as cursor, cursor.copy(f"COPY {into} FROM STDIN (FORMAT binary)") as copy:
                for data in rows:
                    copy.write(data)


def main() -> None:
    """Rounds of all three, in turns."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--articles", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    home = Path(tempfile.mkdtemp(prefix="loading-"))
    embedded = Embedded(home / "home")
    batch = Settings().batch_size
    try:
        write_pages(home / "pages", arguments.articles)
        candidates = [Candidate(f.as_uri(), f.name) for f in sorted((home / "pages").iterdir())]
        pages = [page for c in candidates if isinstance(page := read_file(c, Limits()), Page)]
        results = extract_pages(pages, Limits(), pack)
        seconds: dict[str, list[float]] = {"load": [], "load again": [], "bare COPY": []}
        with embedded.using() as url, open_engine(Settings(home=home, database_url=url)) as engine:
            for _ in range(arguments.rounds):
                truncate(engine)
                seconds["load"].append(timed(lambda: load_all(engine, results, batch)))
                seconds["load again"].append(timed(lambda: load_again(engine, candidates, batch)))
                copies = dumped(engine)
                truncate(engine)
                seconds["bare COPY"].append(timed(lambda c=copies: copy_all(engine, c)))  # type: ignore[misc]
        print(f"{dt.date.today()}: {len(results):,} articles, batches of {batch}")  # noqa: DTZ011
        for name, values in seconds.items():
            print(f"{name:12} {len(results) / median(values):7.0f} articles a second")
        loaded, again, copied = (median(values) for values in seconds.values())
        print(f"the loader has {copied / loaded:.2f} of COPY's rate; loading again is {loaded / again:.1f} times as fast as the first load")
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
