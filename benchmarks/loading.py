"""`ingest run` over a folder into a fresh embedded Postgres: the first run and the second.

The peer writes the same titles and bodies by one INSERT a page, each committed, as simple scripts do.

usage: python -m benchmarks.loading [--corpus FOLDER]
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.corpus import DEFAULT_FOLDER, load_corpus

INGEST = Path(sys.executable).with_name("ingest")


def ingest(environment: dict[str, str], *arguments: str) -> tuple[float, str]:
    """Seconds and output of one command as a user runs it, start-up and all."""
    started = time.perf_counter()
    done = subprocess.run([INGEST, *arguments], env=environment, check=True, capture_output=True, text=True)  # noqa: S603
    return time.perf_counter() - started, done.stdout


def insert_one_by_one(url: str, records: list[dict[str, Any]]) -> float:
    """Seconds to write the rows with a commit each, into a table with the same search column."""
    import psycopg  # only the peer wants it

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(
            "CREATE TEMP TABLE peer (url text PRIMARY KEY, title text, body text, search tsvector GENERATED ALWAYS AS "
            "(to_tsvector('pg_catalog.english', left(body, 500000))) STORED)"
        )
        started = time.perf_counter()
        for r in records:
            connection.execute(
                "INSERT INTO peer (url, title, body) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (r["path"], r["title"], r["body"])
            )
        return time.perf_counter() - started


def main() -> None:
    """Measure on a database that exists already, so that neither its creation nor its start is counted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=DEFAULT_FOLDER)
    arguments = parser.parse_args()
    pages = load_corpus(arguments.corpus)
    folder = str(arguments.corpus / "html")
    with tempfile.TemporaryDirectory() as home:
        environment = {k: v for k, v in os.environ.items() if k != "INGEST_DATABASE_URL"} | {"INGEST_HOME": home}
        ingest(environment, "db", "start")
        try:
            url = ingest(environment, "db", "url")[1].strip()
            ingest(environment, "db", "upgrade")
            for name in ("first run", "second run"):
                seconds, output = ingest(environment, "run", folder, "--json")
                total = {k: v for k, v in json.loads(output)["total"].items() if k != "source" and v}
                print(f"{name:12} {len(pages) / seconds:7.0f} pages a second, {seconds:.2f} s with start-up: {total}")
            records = [json.loads(line) for line in ingest(environment, "extract", folder, "--jsonl")[1].splitlines()]
            articles = [r for r in records if r["error"] is None]
            print(f"{'peer':12} {len(articles) / insert_one_by_one(url, articles):7.0f} rows a second, extraction not counted")
        finally:
            ingest(environment, "db", "stop", "--force")


if __name__ == "__main__":
    main()
