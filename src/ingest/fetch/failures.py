"""What can go wrong with a request, each with its code, a sentence, and whether another try makes sense."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import httpcore
import httpx

from ingest.fetch.retry import TRANSIENT_STATUSES
from ingest.fetch.transport import AddressRefused, HostUnknown
from ingest.model import Rejection, Stage

if TYPE_CHECKING:
    from ingest.web import FetchOptions

_STATUS_REASONS = {401: "forbidden", 403: "forbidden", 404: "not_found", 410: "gone", 429: "rate_limited", 451: "forbidden"}
_SERVER_ERROR = 500


class FetchFailure(Exception):
    """A request gave no page. ``body`` is what came of one, where something did."""

    def __init__(
        self,
        reason: str,
        message: str,
        *,
        transient: bool = False,
        retry_after: float | None = None,
        blames_host: bool = False,
        body: bytes = b"",
    ) -> None:
        super().__init__(message)
        self.reason = reason
        self.transient = transient
        self.retry_after = retry_after
        self.blames_host = blames_host
        """Whether it says something of the host, not only of this page: such failures in a row set the host aside."""
        self.body = body
        self.wire_bytes = 0
        self.address: str | None = None

    def rejection(self) -> Rejection:
        """The value that travels on in place of a page."""
        return Rejection(Stage.FETCH, self.reason, str(self))


def of_status(status: int, retry_after: float | None) -> FetchFailure:
    """The failure that an HTTP status means."""
    reason = _STATUS_REASONS.get(status) or ("server_error" if status >= _SERVER_ERROR else "http_status")
    transient = status in TRANSIENT_STATUSES
    return FetchFailure(
        reason, f"The server answered with status {status}.", transient=transient, retry_after=retry_after, blames_host=transient
    )


def of_exception(error: Exception, host: str, options: FetchOptions) -> FetchFailure:
    """The failure that an exception of the connection means."""
    for kinds, reason, sentence, transient in _EXCEPTIONS:
        if isinstance(error, kinds):
            message = sentence.format(host=host, error=str(error).rstrip(".") or type(error).__name__, options=options)
            return FetchFailure(reason, message[:500], transient=transient, blames_host=reason not in _OF_ONE_PAGE)
    return FetchFailure("fetcher_error", f"{type(error).__name__}: {error}"[:500])


_OF_ONE_PAGE = {"bad_url", "bad_response"}
_TLS_ERRORS = (ssl.SSLError, ssl.CertificateError)


def is_tls_failure(error: BaseException) -> bool:
    """Whether a failed connection failed at TLS, which httpcore reports like any other failed connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, _TLS_ERRORS):
            return True
        cause = cause.__cause__ or cause.__context__
    return "SSL" in str(error) or "CERTIFICATE" in str(error)


# The first kind that fits decides.
_EXCEPTIONS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], str, str, bool], ...] = (
    (
        AddressRefused,
        "address_refused",
        "{host} is not on the public internet ({error}); INGEST_ALLOW_PRIVATE_ADDRESSES=true allows it.",
        False,
    ),
    (HostUnknown, "host_unknown", "No address is known for the host {host}.", True),
    (
        httpcore.ConnectTimeout,
        "connect_timeout",
        "No connection to {host} within {options.connect_seconds:g} seconds (INGEST_CONNECT_SECONDS).",
        True,
    ),
    (httpcore.ConnectError, "connect_failed", "No connection to {host}: {error}.", True),
    (httpcore.ProxyError, "proxy_failed", "The proxy refuses: {error}.", True),
    (httpcore.ReadTimeout, "stalled", "{host} sent nothing for {options.first_byte_seconds:g} seconds (INGEST_FIRST_BYTE_SECONDS).", True),
    (httpcore.WriteTimeout, "stalled", "{host} does not take the request.", True),
    (TimeoutError, "too_slow", "The answer took more than {options.fetch_seconds:g} seconds (INGEST_FETCH_SECONDS).", True),
    ((httpcore.ReadError, httpcore.WriteError), "connection_dropped", "{host} dropped the connection.", True),
    (httpcore.RemoteProtocolError, "connection_dropped", "{host} broke off its answer, or what it sent is no HTTP: {error}.", True),
    (httpcore.LocalProtocolError, "bad_response", "No request could be made of this URL: {error}.", False),
    ((httpx.InvalidURL, httpcore.UnsupportedProtocol, UnicodeError), "bad_url", "This is no URL that can be fetched: {error}.", False),
)
