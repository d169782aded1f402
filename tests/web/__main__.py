"""The web as a process of its own, for benchmarks: prints its port, runs until standard input is closed."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from tests.web.server import Web


async def _serve(arguments: argparse.Namespace) -> None:
    web = Web(arguments.sites, arguments.articles, latency=arguments.latency_ms / 1000, page_bytes=arguments.page_bytes)
    await web.start(arguments.port)
    sys.stdout.write(json.dumps({"port": web.port, "sites": [site.base for site in web.sites]}) + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)  # until whoever started this ends


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sites", type=int, default=200)
    parser.add_argument("--articles", type=int, default=1)
    parser.add_argument("--latency-ms", type=float, default=50.0)
    parser.add_argument("--page-bytes", type=int, default=70_000)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    asyncio.run(_serve(parser.parse_args()))


if __name__ == "__main__":
    _main()
