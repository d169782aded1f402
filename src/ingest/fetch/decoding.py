"""The body of an answer as it comes in: content codings undone, with a limit on what comes out (RFC 9110 section 8.4.1)."""

from __future__ import annotations

import zlib

from ingest.fetch.failures import FetchFailure

ACCEPTED = "gzip, deflate"
"""What we ask for. zlib can be told how much may come out of it, so that a bomb of a few kilobytes never unfolds."""

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}


class BodyReader:
    """Takes a body's bytes as they are on the wire, and holds them decoded.

    ``feed`` and ``finish`` raise `FetchFailure`: ``too_large``, ``truncated_body``, ``bad_encoding``, ``unsupported_encoding``.
    """

    def __init__(self, content_encoding: str, max_bytes: int) -> None:
        self.wire_bytes = 0
        self._chunks: list[bytes] = []
        self._size = 0
        self._max_bytes = max_bytes
        encoding = content_encoding.strip().lower()
        self._is_plain = encoding in {"", "identity", "none"}
        if not self._is_plain and encoding not in _WINDOWS:
            raise FetchFailure("unsupported_encoding", f"The body is encoded as {encoding[:50]!r}; asked for was {ACCEPTED}.")
        self._window = _WINDOWS.get(encoding, 0)
        self._inflate = None if self._is_plain else zlib.decompressobj(self._window)

    @property
    def body(self) -> bytes:
        """What has been decoded so far."""
        return b"".join(self._chunks)

    def feed(self, data: bytes) -> None:
        """Decode the next bytes."""
        self.wire_bytes += len(data)
        if self._is_plain:
            self._keep(data)
            return
        while data:
            data = self._unfold(data)

    def finish(self) -> None:
        """Say that the body has ended."""
        if self._inflate is not None and self.wire_bytes and not self._inflate.eof:
            raise FetchFailure("truncated_body", "The compressed body ends in the middle.", transient=True, body=self.body)

    def _unfold(self, data: bytes) -> bytes:
        assert self._inflate is not None  # noqa: S101  # only an encoded body comes here
        if self._inflate.eof:  # a gzip file may have several members; anything else after its end is padding
            if self._window != _GZIP or not data.startswith(b"\x1f\x8b"):
                return b""
            self._inflate = zlib.decompressobj(_GZIP)
        try:
            self._keep(self._inflate.decompress(data, self._max_bytes - self._size + 1))
        except zlib.error as error:
            if self._window == zlib.MAX_WBITS and not self._size:  # servers that mean raw deflate
                self._window = -zlib.MAX_WBITS
                self._inflate = zlib.decompressobj(self._window)
                return data
            raise FetchFailure("bad_encoding", f"The compressed body is damaged: {error}.", transient=True, body=self.body) from error
        return self._inflate.unconsumed_tail or self._inflate.unused_data

    def _keep(self, data: bytes) -> None:
        if data:
            self._chunks.append(data)
            self._size += len(data)
        if self._size > self._max_bytes:
            raise FetchFailure("too_large", f"The page has more than {self._max_bytes:,} bytes.")
