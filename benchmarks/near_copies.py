"""Near copies: how many are found, how many are wrong, and what it costs as the tables grow.

    python -m benchmarks.near_copies
    python -m benchmarks.near_copies --lookup 10000,100000,1000000

Copies are made from made-up articles in ten scripts, and from the bodies of a corpus where there is one: a tenth to a quarter of the
sentences reworded, a fifth to two fifths of the paragraphs cut, other lines around them. Pairs that are none: two reports of one event
with the same quotes, two match reports from one form. A pair counts as found where it shares a band and is judged a copy.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from benchmarks.corpus import DEFAULT_FOLDER
from ingest.identify.near_copies import bands, is_copy, similarity, sketch
from ingest.packed import Sketch
from tests.identify.made_copies import SCRIPTS, Article, Writer, body

_PAIRS = 60  # of each kind in each script
_LEAST_BODY = 800  # characters: shorter ones have no paragraphs to cut


def _found(one: str, other: str) -> tuple[bool, float]:
    first, second = sketch(one), sketch(other)
    if first is None or second is None:
        return False, 0.0
    return bool(set(bands(first)) & set(bands(second))) and is_copy(first, second), similarity(first, second)


def _made() -> list[tuple[str, str, bool, str]]:
    pairs = []
    for script in SCRIPTS:
        writer = Writer(script, seed=1)
        for number in range(_PAIRS):
            original = writer.article(paragraphs=6 + number % 15)
            pairs.append((body(original), body(writer.copy(original)), True, f"{script}: copy"))
            for kind, (one, other) in (("one event", writer.same_event()), ("one form", writer.same_template())):
                pairs.append((body(one), body(other), False, f"{script}: {kind}"))
    return pairs


def _of_corpus(folder: Path) -> list[tuple[str, str, bool, str]]:
    truths = map(json.loads, (folder / "truth.jsonl").open(encoding="utf-8"))
    texts = [t["body"] for t in truths if len(t.get("body") or "") > _LEAST_BODY]
    writer, pairs = Writer("latin", seed=2), []
    for number, text in enumerate(texts):
        article: Article = [[s for s in re.split(r"(?<=[.!?。])\s+", p) if s] for p in text.split("\n") if p.strip()]
        pairs.append((text, body(writer.copy(article)), True, "corpus: copy"))
        pairs.append((text, texts[number - 1], False, "corpus: another article"))
    return pairs


def _quality(pairs: list[tuple[str, str, bool, str]]) -> None:
    right = wrong = missed = 0
    by_kind: dict[str, list[tuple[bool, float]]] = {}
    for one, other, copy, kind in pairs:
        found, likeness = _found(one, other)
        by_kind.setdefault(kind.partition(": ")[2] if not kind.startswith("corpus") else kind, []).append((found, likeness))
        right += found and copy
        wrong += found and not copy
        missed += copy and not found
    print(f"{'pairs':<28}{'number':>8}{'found':>8}{'similarity: least':>20}{'median':>9}{'most':>7}")
    for kind, results in by_kind.items():
        values = sorted(v for _, v in results)
        least, median, most = values[0], statistics.median(values), values[-1]
        print(f"{kind:<28}{len(results):>8}{sum(f for f, _ in results):>8}{least:>20.2f}{median:>9.2f}{most:>7.2f}")
    print(f"precision {right / max(1, right + wrong):.4f}, recall {right / (right + missed):.4f}")


def _cost() -> None:
    writer = Writer("latin", seed=3)
    texts = [" ".join(writer.words(700)) for _ in range(200)]
    started = time.perf_counter()
    sketches = [s for t in texts if (s := sketch(t))]
    each = (time.perf_counter() - started) / len(texts)
    started = time.perf_counter()
    for s in sketches:
        bands(s)
    print(f"sketch of 700 words: {each * 1e6:.0f} µs; bands: {(time.perf_counter() - started) / len(texts) * 1e6:.0f} µs")


# Sketches of no article, made in the server: bands of random numbers. The index is built after them, as ten million would take hours.
_FILL = (
    "ALTER TABLE ops.sketch_band DROP CONSTRAINT sketch_band_pkey",
    "INSERT INTO ops.article_sketch (article_id, block_keys, removed_keys, signature, shingles) "
    "SELECT n, '{}', '{}', (SELECT string_agg(sha512(int8send(n * 8 + part)), '') FROM generate_series(1, 8) part), 600 "
    "FROM generate_series(%(first)s::bigint, %(last)s) n",
    "INSERT INTO ops.sketch_band (band, article_id) SELECT hashint8extended(n, b), n "
    "FROM generate_series(%(first)s::bigint, %(last)s) n, generate_series(1, 32) b",
    "SET LOCAL maintenance_work_mem = '1GB'",
    "ALTER TABLE ops.sketch_band ADD CONSTRAINT sketch_band_pkey PRIMARY KEY (band, article_id)",
)
_ROUNDS, _BATCH = 20, 64


def _lookup(sizes: list[int]) -> None:
    """Time of one article's look-up and insertion, with so many sketches of other articles there, right after a checkpoint."""
    from ingest.settings import Settings
    from ingest.store.copies import Compared, find_copies, keep_sketches
    from ingest.store.embedded import Embedded
    from ingest.store.engine import open_engine
    from ingest.store.write import driver_connection

    noise = random.Random(4)  # noqa: S311
    home = Path(tempfile.mkdtemp(prefix="news-"))
    embedded = Embedded(home)

    def made() -> Compared:
        of = Sketch(noise.randbytes(512), 600)
        return Compared(of, bands(of))

    try:
        with embedded.using() as url, open_engine(Settings(home=home, database_url=url)) as engine:
            print(f"{'sketches':>10}{'look-up µs':>12}{'insert µs':>12}")
            there = 0
            for size in sizes:
                with engine.begin() as sa_connection:
                    connection = driver_connection(sa_connection)
                    connection.execute("SET LOCAL session_replication_role = replica")  # sketches without articles: no foreign keys
                    for statement in _FILL:
                        connection.execute(statement, {"first": there + 1, "last": size} if "%(" in statement else None)
                there = size
                with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as sa_connection:
                    driver_connection(sa_connection).execute("VACUUM ANALYZE ops.sketch_band")
                    driver_connection(sa_connection).execute("CHECKPOINT")
                looked = kept = 0.0
                with engine.begin() as sa_connection:
                    connection = driver_connection(sa_connection)
                    connection.execute("SET LOCAL session_replication_role = replica")
                    for n in range(_ROUNDS):
                        new = {10**9 + n * _BATCH + i: made() for i in range(_BATCH)}
                        started = time.perf_counter()
                        find_copies(connection, new)
                        looked += time.perf_counter() - started
                        started = time.perf_counter()
                        keep_sketches(connection, new)
                        kept += time.perf_counter() - started
                    sa_connection.rollback()
                print(f"{there:>10,}{looked / _ROUNDS / _BATCH * 1e6:>12.0f}{kept / _ROUNDS / _BATCH * 1e6:>12.0f}", flush=True)
    finally:
        embedded.stop(force=True)
        shutil.rmtree(home)


def main() -> None:
    """Print quality and cost, or with ``--lookup`` the cost as the tables grow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=DEFAULT_FOLDER)
    parser.add_argument("--lookup", metavar="SIZES", help="numbers of sketches, ascending: 10000,100000,1000000")
    arguments = parser.parse_args()
    if arguments.lookup:
        _lookup([int(n) for n in arguments.lookup.split(",")])
        return
    pairs = _made()
    if arguments.corpus.is_dir():
        pairs += _of_corpus(arguments.corpus)
    _quality(pairs)
    _cost()


if __name__ == "__main__":
    main()
