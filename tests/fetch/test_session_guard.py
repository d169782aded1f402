"""What a request may reach: no private address by any way, no server without a good certificate, nothing past the proxy."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme

from ingest.fetch.hosts import Capacity, Hosts
from ingest.fetch.session import MemoryRobotsStore
from ingest.fetch.transport import GuardedBackend, GuardedTransport, tls_context
from ingest.fetch.visit import Visitor
from ingest.web import Fetched, Request
from tests.fetch.sessions import OPTIONS, get, reason, session
from tests.web.certificates import server_context
from tests.web.server import Web

PUBLIC = "93.184.216.34"


INSIDE = ["127.1.1.1", "localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "0.0.0.0"]  # noqa: S104


@pytest.mark.parametrize("host", INSIDE)
def test_no_private_address_is_reached(web: Web, host: str) -> None:
    fetched = get(f"http://{host}:{web.port}/", allow_private_addresses=False)
    assert (reason(fetched), fetched.is_transient) == ("address_refused", False)
    assert web.requests == []


def test_no_redirect_leads_to_a_private_address(web: Web) -> None:
    """The guard lets one host through, as it does for a proxy; the redirect leads to another one."""

    async def fetch() -> Fetched:
        backend = GuardedBackend(allow_private=False, always_allowed=web.sites[0].address)
        transport = GuardedTransport(backend, tls_context(), None)
        visitor = Visitor(OPTIONS, transport, Hosts(OPTIONS), MemoryRobotsStore(), Capacity(5))
        try:
            return await visitor.fetch(Request(web.url(f"/fault/redirect-to?to={web.url('/', 1)}")))
        finally:
            await transport.aclose()

    fetched = asyncio.run(fetch())
    assert reason(fetched) == "address_refused"
    assert (len(fetched.hops), web.paths(1)) == (1, [])
    assert len(web.paths(0)) == 2


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> tuple[list[list[str]], list[str]]:
    """Answers of DNS, in turn, and the addresses that were connected to.

    Both are the loop's, not ours: a DNS server that changes its mind, and a public address that takes no packets of a test, cannot be had
    otherwise.
    """
    answers: list[list[str]] = []
    connected: list[str] = []

    async def look_up(_loop: object, _host: str, port: int, **_options: object) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers.pop(0)]

    async def connect(_loop: object, _socket: socket.socket, address: tuple[str, int]) -> None:
        connected.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "getaddrinfo", look_up)
    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", connect)
    return answers, connected


def test_an_answer_of_dns_that_changes_between_two_look_ups(dns: tuple[list[list[str]], list[str]]) -> None:
    answers, connected = dns
    answers += [[PUBLIC], ["127.0.0.1"]]
    with session(allow_private_addresses=False) as opened:
        codes = [reason(opened.fetch(Request(f"http://rebinding.example:{port}/"))) for port in (8001, 8002)]
    assert codes == ["connect_failed", "address_refused"]
    assert (connected, answers) == ([PUBLIC], [])


def test_of_several_addresses_only_public_ones_are_tried(dns: tuple[list[list[str]], list[str]]) -> None:
    answers, connected = dns
    answers += [["10.0.0.1", PUBLIC, "169.254.169.254"]]
    assert reason(get("http://several.example/", allow_private_addresses=False)) == "connect_failed"
    assert connected == [PUBLIC]


# --- TLS


def test_a_certificate_that_nobody_vouches_for() -> None:
    with Web(1, 1, tls=server_context("127.1.1.1")) as secure:
        fetched = get(secure.url("/"))
        assert (reason(fetched), fetched.is_transient, secure.requests) == ("tls_failed", False, [])


@pytest.mark.parametrize(("name", "code"), [("127.1.1.1", None), ("other.example", "tls_failed")])
def test_a_certificate_counts_for_its_name(name: str, code: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    with Web(1, 1, tls=server_context(name, authority=authority)) as secure:
        assert reason(get(secure.url("/"))) == code


# --- the proxy


@contextmanager
def proxying() -> Iterator[tuple[str, list[tuple[str, str | None]]]]:
    """A proxy on loopback, and what it was asked for: the target, and who asks."""
    asked: list[tuple[str, str | None]] = []

    class Proxy(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.path, self.headers["Proxy-Authorization"]))
            body = b"" if self.path.endswith("/robots.txt") else b"<p>By proxy</p>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_CONNECT(self) -> None:
            asked.append((self.path, self.headers["Proxy-Authorization"]))
            self.send_error(403)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_a_proxy_gets_absolute_urls_and_resolves_names_itself() -> None:
    with proxying() as (address, asked):
        fetched = get("http://unknown-to-dns.invalid/a?b=c", proxy=f"http://me:secret@{address}", allow_private_addresses=False)
    assert (reason(fetched), fetched.body) == (None, b"<p>By proxy</p>")
    who = "Basic bWU6c2VjcmV0"
    assert asked == [("http://unknown-to-dns.invalid/robots.txt", who), ("http://unknown-to-dns.invalid/a?b=c", who)]
    assert "secret" not in repr(fetched)


def test_a_proxy_that_refuses() -> None:
    with proxying() as (address, asked):
        fetched = get("https://unknown-to-dns.invalid/", proxy=f"http://{address}")
    assert (reason(fetched), [path for path, _ in asked]) == ("proxy_failed", ["unknown-to-dns.invalid:443"])


def test_the_proxies_of_the_environment_are_not_used(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, web.refused_url())
    assert reason(get(web.url("/"))) is None


def test_options_show_no_secrets() -> None:
    options = replace(OPTIONS, proxy="http://me:secret@proxy.example", request_headers={"a.example": {"Authorization": "secret"}})
    assert "secret" not in repr(options)
