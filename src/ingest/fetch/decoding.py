"""The body of an answer as it comes in: content codings undone, with a limit on what comes out (RFC 9110 section 8.4.1)."""

from __future__ import annotations

import zlib

from ingest.fetch.failures import FetchFailure

ACCEPTED = "gzip, deflate"
"""What we ask for. zlib can be told how much may come out of it, so that a bomb of a few kilobytes never unfolds."""

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)
_WINDOWS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": zlib.MAX_WBITS}
_GZIP_MAGIC = b"\x1f\x8b"
_ZLIB_METHOD = 8  # RFC 1950: the low half of the first byte; both bytes together are a multiple of 31


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
        self._inflate = zlib.decompressobj(_GZIP) if self._window == _GZIP else None
        self._held = b""
        """One byte, which does not tell yet what begins with it."""
        self._is_over = False

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
        data, self._held = self._held + data, b""
        while data and not self._is_over:
            data = self._unfold(data)

    def finish(self) -> None:
        """Say that the body has ended."""
        if not self._is_plain and self.wire_bytes and not (self._inflate and self._inflate.eof):
            raise FetchFailure("truncated_body", "The compressed body ends in the middle.", transient=True, body=self.body)

    def _unfold(self, data: bytes) -> bytes:
        """Decode as much as may come out at once; what is left of the data."""
        if self._inflate is None or self._inflate.eof:
            if len(data) < len(_GZIP_MAGIC):
                self._held = data
                return b""
            self._begin(data)
            if self._is_over:
                return b""
        assert self._inflate is not None  # noqa: S101  # begun above
        try:
            self._keep(self._inflate.decompress(data, self._max_bytes - self._size + 1))
        except zlib.error as error:
            raise FetchFailure("bad_encoding", f"The compressed body is damaged: {error}.", transient=True, body=self.body) from error
        return self._inflate.unconsumed_tail or self._inflate.unused_data

    def _begin(self, data: bytes) -> None:
        """A stream begins: the body, or one more member of a gzip file (RFC 1952 section 2.2)."""
        if self._inflate is None:
            is_zlib = data[0] & 0x0F == _ZLIB_METHOD and int.from_bytes(data[:2], "big") % 31 == 0
            self._inflate = zlib.decompressobj(self._window if is_zlib else -self._window)  # servers that mean raw deflate
        elif self._window == _GZIP and data.startswith(_GZIP_MAGIC):
            self._inflate = zlib.decompressobj(_GZIP)
        else:  # padding
            self._is_over = True

    def _keep(self, data: bytes) -> None:
        if data:
            self._chunks.append(data)
            self._size += len(data)
        if self._size > self._max_bytes:
            raise FetchFailure("too_large", f"The page has more than {self._max_bytes:,} bytes.")
