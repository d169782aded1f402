"""Seconds and memory of one page against its size, for pages of many shapes, each in a process of its own.

usage: python -m benchmarks.curve [--shapes NAME... | all] [--sizes BYTES...]
"""

from __future__ import annotations

import argparse
import multiprocessing
import resource
import time

from ingest.extract import extract
from ingest.model import Article
from tests.extract.hostile_shapes import SHAPES, hostile_page

DEFAULT_SHAPES = ("article", "links", "teasers", "text: article")
DEFAULT_SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
_MOST_SECONDS = 2.0  # the bound of a page of 10 MB ...
_MOST_MEMORY = 500.0  # ... and its megabytes, the process with the program and the page included
_GIVEN_UP = 60  # seconds after which a page is taken to have no end


def measure(shape: str, size: int) -> tuple[float, float, str]:
    """Seconds of this process, its highest memory in MB, and what became of the page."""
    extract(hostile_page("article", 2_000))  # imports and tables are not what is measured
    page = hostile_page(shape, size)
    started = time.process_time()
    result = extract(page)
    seconds = time.process_time() - started
    said = f"article of {len(result.body):,} characters" if isinstance(result, Article) else result.reason
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024, said


def print_curve(shape: str, sizes: list[int]) -> None:
    """One line a size."""
    for size in sizes:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            try:
                seconds, megabytes, said = pool.apply_async(measure, (shape, size)).get(_GIVEN_UP)
            except multiprocessing.TimeoutError:
                seconds, megabytes, said = float(_GIVEN_UP), 0.0, "given up"
        mark = "!" if seconds > _MOST_SECONDS or megabytes > _MOST_MEMORY else " "
        print(f"{mark} {shape:34} {size:>10,} bytes {seconds:8.3f} s {megabytes:7.0f} MB  {said}", flush=True)


def main() -> None:
    """Print the curves; lines beyond the bounds are marked."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--shapes", nargs="+", default=DEFAULT_SHAPES, metavar="NAME", choices=("all", *SHAPES), help="; ".join(("all", *SHAPES))
    )
    parser.add_argument("--sizes", nargs="+", type=int, default=DEFAULT_SIZES, metavar="BYTES")
    arguments = parser.parse_args()
    for shape in SHAPES if "all" in arguments.shapes else arguments.shapes:
        print_curve(shape, arguments.sizes)


if __name__ == "__main__":
    main()
