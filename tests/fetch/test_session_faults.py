"""Every fault has its reason code, and says whether a later try may help."""

from __future__ import annotations

import pytest

from ingest.transfer import Purpose
from tests.fetch.sessions import get, reason
from tests.web.server import Web
from tests.web.site import Response

FAULTS = {
    "/fault/slow": ("truncated_body", True),
    "/fault/stalled": ("stalled", True),
    "/fault/dropped": ("connection_dropped", True),
    "/fault/no-http": ("connection_dropped", True),
    "/fault/half": ("truncated_body", True),
    "/fault/truncated-gzip": ("truncated_body", True),
    "/fault/damaged-gzip": ("truncated_body", True),
    "/fault/brotli": ("unsupported_encoding", False),
    "/fault/type?as=image/png": ("unsupported_type", False),
    "/fault/type?as=application/pdf": ("unsupported_type", False),
    "/fault/type?as=text/css": ("unsupported_type", False),
    "/fault/bomb": ("too_large", False),
    "/fault/endless": ("too_large", False),
    "/fault/endless-chunks": ("too_large", False),
    "/fault/big-headers": ("headers_too_large", False),
    "/fault/redirect-loop/0": ("redirect_loop", False),
    "/fault/redirect/9": ("too_many_redirects", False),
    "/fault/redirect-to?to=ftp://files.example/": ("bad_redirect", False),
    "/fault/status/400": ("http_status", False),
    "/fault/status/401": ("forbidden", False),
    "/fault/status/403": ("forbidden", False),
    "/fault/status/404": ("not_found", False),
    "/fault/status/408": ("http_status", True),
    "/fault/status/410": ("gone", False),
    "/fault/status/429": ("rate_limited", True),
    "/fault/status/451": ("forbidden", False),
    "/fault/status/500": ("server_error", True),
    "/fault/status/501": ("server_error", False),
    "/fault/status/503": ("server_error", True),
}


@pytest.mark.parametrize("path", FAULTS)
def test_a_fault_has_its_reason(web: Web, path: str) -> None:
    fetched = get(web.url(path), max_page_bytes=1_000_000)
    assert (reason(fetched), fetched.is_transient) == FAULTS[path]
    assert fetched.attempts[-1].outcome in {FAULTS[path][0], "redirect"}
    assert fetched.failure
    assert fetched.failure.message.endswith(".")


def test_nobody_answers(web: Web) -> None:
    fetched = get(web.refused_url())
    assert (reason(fetched), fetched.is_transient) == ("connect_failed", True)


@pytest.mark.parametrize("url", ["ftp://files.example/a", "mailto:desk@news.example", "", "/a", "http://", "http:///a", "http://[::1/"])
def test_no_url_that_can_be_fetched(url: str) -> None:
    fetched = get(url)
    assert (reason(fetched), fetched.is_transient, fetched.attempts) == ("bad_url", False, ())


@pytest.mark.parametrize("host", ["no-such-host.invalid", "a..b.invalid", "x" * 64 + ".invalid"])
def test_a_host_that_nobody_knows(host: str) -> None:
    assert reason(get(f"http://{host}/")) in {"host_unknown", "bad_url"}


@pytest.mark.parametrize("path", ["/fault/half", "/fault/truncated-gzip"])
def test_what_came_of_a_broken_body_is_kept(web: Web, path: str) -> None:
    assert get(web.url(path)).body.startswith(b"<!doctype html>")


@pytest.mark.parametrize("path", ["/fault/endless", "/fault/endless-chunks", "/fault/bomb"])
def test_what_has_no_end_is_left_early(web: Web, path: str) -> None:
    fetched = get(web.url(path), max_page_bytes=100_000)
    assert fetched.attempts[-1].wire_bytes < 1_000_000
    assert fetched.body == b""


def test_a_page_of_just_the_limit_is_read_and_one_byte_more_is_not(web: Web) -> None:
    web.sites[0].pages["/long"] = Response(b"<p>" + b"x" * 9_997)
    assert reason(get(web.url("/long"), max_page_bytes=10_000)) is None
    assert reason(get(web.url("/long"), max_page_bytes=9_999)) == "too_large"


def test_a_list_has_a_limit_of_its_own(web: Web) -> None:
    web.sites[0].pages["/long"] = Response(b"x" * 10_000)
    assert reason(get(web.url("/long"), purpose=Purpose.LISTING, max_page_bytes=10, max_listing_bytes=10_000)) is None
    assert reason(get(web.url("/long"), purpose=Purpose.LISTING, max_page_bytes=10_000, max_listing_bytes=10)) == "too_large"


def test_headers_have_a_limit(web: Web) -> None:
    assert reason(get(web.url("/fault/big-headers?kilobytes=40"), max_header_bytes=64_000)) is None
    assert reason(get(web.url("/fault/big-headers?kilobytes=40"), max_header_bytes=32_000)) == "headers_too_large"


def test_a_page_whose_body_takes_too_long(web: Web) -> None:
    fetched = get(web.url("/fault/slow"), first_byte_seconds=5.0, fetch_seconds=0.2)
    assert fetched.failure
    assert "more than 0.2 seconds" in fetched.failure.message


def test_raw_deflate_is_read(web: Web) -> None:
    assert get(web.url("/fault/deflate")).body.endswith(b"</html>")
