"""Fetching against Scrapy, over the same made-up web, with polite limits off and on; and memory against the number of pages.

    python -m benchmarks.fetching
    python -m benchmarks.fetching --memory

Server and client each have a core of their own where there are two. A page is counted when its bytes are there, undone of compression.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from statistics import median

_CORES = sorted(os.sched_getaffinity(0))
_LATENCY_MS = 50
_PAGE_BYTES = 70_000
_BATCH = 64


@contextlib.contextmanager
def _web(sites: int) -> Iterator[list[str]]:
    """The web in a process of its own: the sites' base URLs."""
    options = ["--sites", str(sites), "--latency-ms", str(_LATENCY_MS), "--page-bytes", str(_PAGE_BYTES)]
    command = [sys.executable, "-m", "tests.web", *options]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=_on_core(0)) as server:  # noqa: PLW1509  # our own command, no threads yet
        assert server.stdout is not None  # noqa: S101  # a pipe was asked for
        yield json.loads(server.stdout.readline())["sites"]
        server.kill()


def _on_core(number: int) -> Callable[[], None]:
    return lambda: os.sched_setaffinity(0, {_CORES[number % len(_CORES)]})


def _measure(side: str, sites: list[str], pages: int, delay: float, concurrency: int) -> dict[str, float]:
    """One side in a fresh process: pages, seconds, megabytes at most."""
    job = json.dumps({"sites": sites, "pages": pages, "delay": delay, "concurrency": concurrency})
    command = [sys.executable, "-m", "benchmarks.fetching", "--side", side]
    done = subprocess.run(command, input=job, capture_output=True, text=True, check=True, preexec_fn=_on_core(1))  # as above
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured


def _urls(job: dict[str, object]) -> Iterator[str]:
    sites, pages = job["sites"], job["pages"]
    assert isinstance(sites, list)  # noqa: S101  # our own job
    assert isinstance(pages, int)  # noqa: S101  # our own job
    for n in range(pages):
        for site in sites:
            yield f"{site}/bulk/{n}"


def _ours(job: dict[str, object]) -> dict[str, float]:
    from ingest.fetch.session import FetchSession
    from ingest.web import FetchOptions, Request

    options = FetchOptions(
        allow_private_addresses=True,
        host_delay_seconds=float(str(job["delay"])),
        host_concurrency=int(str(job["concurrency"])),
        max_connections=400,
    )
    got = 0
    with FetchSession(options) as session:
        started = time.perf_counter()
        for batch in session.fetch_each(((url, Request(url)) for url in _urls(job)), most=_BATCH, seconds=5.0):
            got += sum(fetched.failure is None and len(fetched.body) > 0 for _, fetched in batch)
        seconds = time.perf_counter() - started
    return {"pages": got, "seconds": seconds}


def _scrapy(job: dict[str, object]) -> dict[str, float]:
    import scrapy
    from scrapy.crawler import CrawlerProcess

    counted = {"pages": 0}

    class Spider(scrapy.Spider):  # type: ignore[misc]  # Scrapy is in a dependency group of its own, without types
        name = "benchmark"

        async def start(self) -> object:
            for url in _urls(job):
                yield scrapy.Request(url, dont_filter=True)

        def parse(self, response: object) -> None:
            counted["pages"] += len(response.body) > 0  # type: ignore[attr-defined]

    process = CrawlerProcess(
        {
            "LOG_ENABLED": False,
            "ROBOTSTXT_OBEY": True,
            "CONCURRENT_REQUESTS": 400,
            "CONCURRENT_REQUESTS_PER_DOMAIN": job["concurrency"],
            "DOWNLOAD_DELAY": job["delay"],
            "RANDOMIZE_DOWNLOAD_DELAY": False,
            "RETRY_ENABLED": False,
            "COOKIES_ENABLED": True,
            "TELNETCONSOLE_ENABLED": False,
            "DNS_TIMEOUT": 5,
        }
    )
    process.crawl(Spider)
    started = time.perf_counter()
    process.start()
    return {"pages": counted["pages"], "seconds": time.perf_counter() - started}


def _compare(sites: int, pages: int, rounds: int) -> None:
    total = sites * pages
    print(f"{sites} hosts, {pages} pages each, {_LATENCY_MS} ms latency, {_PAGE_BYTES // 1000} kB a page; one core each side\n")
    with _web(sites) as bases:
        for title, delay, concurrency in (
            ("limits off (8 requests a host at once, no delay)", 0.0, 8),
            ("limits on (2 at once, 0.5 s apart)", 0.5, 2),
        ):
            turns = [[_measure(side, bases, pages, delay, concurrency) for side in ("ours", "scrapy")] for _ in range(rounds)]
            rates = [[side["pages"] / side["seconds"] for side in turn] for turn in turns]
            print(title)
            for place, name in enumerate(("ours", "Scrapy")):
                got = min(turn[place]["pages"] for turn in turns)
                print(f"  {name:<8}{median(r[place] for r in rates):>8.0f} pages/s   {got:,.0f} of {total:,} pages")
            ratios = sorted(ours / theirs for ours, theirs in rates)
            print(f"  ratio   {median(ratios):>8.1f} ({ratios[0]:.1f} to {ratios[-1]:.1f})")
            if delay:
                ideal = total / (pages * delay + _LATENCY_MS / 1000)  # robots.txt is the first request, and takes a turn too
                print(f"  ideal   {ideal:>8.0f} pages/s; ours is {median(r[0] for r in rates) / ideal:.1%} of it")


def _memory(sites: int) -> None:
    print("pages      MB at most")
    with _web(sites) as bases:
        for pages in (1_000, 10_000, 50_000):
            measured = _measure("ours", bases, pages // sites, 0.0, 8)
            print(f"{measured['pages']:>7,.0f}  {measured['megabytes']:>8.0f}")


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--pages", type=int, default=20, help="a site")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--memory", action="store_true", help="memory of ours against the number of pages, in place of the comparison")
    parser.add_argument("--side", choices=("ours", "scrapy"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        job = json.loads(sys.stdin.read())
        measured = _ours(job) if arguments.side == "ours" else _scrapy(job)
        measured["megabytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps(measured))
    elif arguments.memory:
        _memory(arguments.sites)
    else:
        _compare(arguments.sites, arguments.pages, arguments.rounds)


if __name__ == "__main__":
    _main()
