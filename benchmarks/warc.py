"""A news-shaped WARC file: streaming and extraction against extraction of the same pages from memory, on one core; and memory on the way.

usage: python -m benchmarks.warc [--megabytes N] [--corpus FOLDER]
"""

from __future__ import annotations

import argparse
import gc
import gzip
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.corpus import DEFAULT_FOLDER
from ingest.discover.warc import read_warc
from ingest.extract import extract
from ingest.model import Limits, Page, PageResult

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_SAMPLE = 2_000  # pages that are held in memory
_TURN = 50  # pages that are streamed, and then extracted from memory, before it is the other's turn
_GOAL = 0.85  # of the speed from memory
_MARKS = (0.1, 0.5, 1.0)  # parts of the file at which memory is looked at
_DATE = "2026-01-01T00:00:00Z"


def gzip_record(kind: str, url: str, content_type: str, block: bytes) -> bytes:
    """One record as a gzip member of its own, as crawlers write it."""
    head = (
        f"WARC/1.0\r\nWARC-Type: {kind}\r\nWARC-Record-ID: <urn:uuid:00000000-0000-4000-8000-000000000000>\r\nWARC-Date: {_DATE}\r\n"
        f"WARC-Target-URI: {url}\r\nContent-Type: {content_type}\r\nContent-Length: {len(block)}\r\n\r\n"
    )
    return gzip.compress(head.encode() + block + b"\r\n\r\n", compresslevel=6)


def records(bodies: list[bytes]) -> Iterator[tuple[int, bytes]]:
    """Bytes of page and the records, without end: for each page its request and its response, as the news crawls have them."""
    compressed: dict[int, bytes] = {}  # a page's record is compressed once: the URL is the page's, not the record's
    for number in itertools.cycle(range(len(bodies))):
        if number not in compressed:
            url, body = f"https://news.example/world/{number}.html", bodies[number]
            request = f"GET /world/{number}.html HTTP/1.1\r\nHost: news.example\r\nUser-Agent: benchmark\r\n\r\n".encode()
            answer = f"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
            compressed[number] = gzip_record("request", url, "application/http; msgtype=request", request)
            compressed[number] += gzip_record("response", url, "application/http; msgtype=response", answer)
        yield len(bodies[number]), compressed[number]


def write_warc(file: BinaryIO, bodies: list[bytes], megabytes: int) -> int:
    """Write records until their pages come to so many megabytes, uncompressed; says how many pages those are."""
    written = 0
    for count, (size, record) in enumerate(records(bodies), start=1):
        file.write(record)
        written += size
        if written >= megabytes * 1_000_000:
            return count
    raise AssertionError


def peak_megabytes() -> float:
    """The most memory that this process has held, since `reset_peak` where the system knows that."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1_024


def reset_peak() -> None:
    """Forget the peak (Linux, proc_pid_clear_refs)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def measure(path: Path, total: int, pages: list[Page]) -> tuple[float, float, list[float]]:
    """Seconds of the file's pages as they are streamed, and of as many from memory; and the peak of memory at each mark."""
    stream = read_warc(path, path.name, Limits())
    half = len(pages) // 2  # the one's caches are not filled by the pages that the other has just had
    held = itertools.cycle(pages[half:] + pages[:half])
    marks = [max(1, round(total * mark)) for mark in _MARKS]
    peaks: list[float] = []
    seconds = {"streamed": 0.0, "memory": 0.0}
    for done in range(0, total, _TURN):
        count = min(_TURN, total - done)
        seconds["streamed"] += _extracted(itertools.islice(stream, count))
        while len(peaks) < len(marks) and done + count >= marks[len(peaks)]:
            peaks.append(peak_megabytes())
        seconds["memory"] += _extracted(itertools.islice(held, count))
    return seconds["streamed"], seconds["memory"], peaks


def _extracted(pages: Iterator[Page | PageResult]) -> float:
    started = time.perf_counter()
    for page in pages:
        if not isinstance(page, Page):
            raise TypeError(f"the file that was written cannot be read: {page.result}")
        extract(page)
    return time.perf_counter() - started


def main() -> None:
    """Measure in turns, so that a machine that gets faster or slower does so for both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, default=DEFAULT_FOLDER / "html", help="a folder of .html.gz files")
    parser.add_argument("--megabytes", type=int, default=100, help="of pages, uncompressed, without headers (100)")
    arguments = parser.parse_args()
    files = sorted(arguments.corpus.glob("*.html.gz"))[:_SAMPLE]
    if not files:
        sys.exit(f"There are no pages in {arguments.corpus}: see benchmarks/README.md.")
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "news.warc.gz"
        with path.open("wb") as file:
            total = write_warc(file, [gzip.decompress(f.read_bytes()) for f in files], arguments.megabytes)
        print(f"{total:,} pages of {arguments.megabytes:,} MB, a file of {path.stat().st_size / 1e6:,.0f} MB, one core")
        pages = [p for p in itertools.islice(read_warc(path, path.name, Limits()), len(files)) if isinstance(p, Page)]
        _extracted(iter(pages[:_TURN]))  # imports and tables are not what is measured
        gc.collect()
        reset_peak()
        start = peak_megabytes()
        streamed, memory, peaks = measure(path, total, pages)
    print(f"from memory  {total / memory:7.1f} pages a second, {len(pages):,} pages held")
    print(f"streamed     {total / streamed:7.1f} pages a second")
    print(f"ratio        {memory / streamed:7.3f} (goal: at least {_GOAL})")
    print(f"peak memory  {start:.0f} MB before; " + ", ".join(f"{p:.0f} MB at {m:.0%}" for m, p in zip(_MARKS, peaks, strict=True)))


if __name__ == "__main__":
    main()
