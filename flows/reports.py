"""The pages of runs, served for the browser that looks at the Prefect server: links to files would not open from there."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import os
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def reports_server(host: str, port: int, folder: Path) -> Iterator[str]:
    """Serve the folder for the duration of the block, on a free port where the one that is wished for is taken; the URL of the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with _listening(host, port, partial(_Reports, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, name="reports", daemon=True).start()
        try:
            yield f"http://{host}:{server.server_port}"
        finally:
            server.shutdown()


def _listening(host: str, port: int, handler: partial[_Reports]) -> ThreadingHTTPServer:
    try:
        return ThreadingHTTPServer((host, port), handler)
    except (OSError, OverflowError):  # it is taken, or no port
        return ThreadingHTTPServer((host, 0), handler)


class _Reports(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # the name is the base class's
        """Say nothing: the terminal shows what the flows do."""

    def list_directory(self, path: str | os.PathLike[str]) -> None:  # noqa: ARG002  # the base class's
        """Show no list of runs to whoever asks: the server's page links to each."""
        self.send_error(404)
