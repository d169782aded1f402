"""The body of an archived answer: transfer and content codings undone, as far as they can be (RFC 9112 section 7.1, RFC 9110 section 8.4).

Crawlers differ in what they write: the bytes of the wire, or the decoded body under headers that still speak of the wire.
"""

from __future__ import annotations

import contextlib
import re
import zlib
from typing import TYPE_CHECKING, NamedTuple, Protocol

import brotli

if TYPE_CHECKING:
    from collections.abc import Callable

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)
_GZIP_MAGIC = b"\x1f\x8b"
_PLAIN = frozenset({"", "identity", "none"})
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?\r?\n")
_CHUNK_END = re.compile(rb"\r?\n")
_CHUNK_BEGUN = re.compile(rb"\r?|[0-9A-Fa-f]{1,16}[ \t]*(?:;[^\r\n]*)?\r?")
_CONTROLS = bytes(c for c in range(32) if c not in b"\t\n\f\r\x1b")  # what text does not hold; ISO-2022-JP has escapes
_LOOKED_AT = 256  # bytes in which a compressed body shows a control character, but for one in 10^12
_SALVAGE_STEPS = 4_096  # in which a damaged body is decoded: of what comes before the damage, one step is lost


class Body(NamedTuple):
    """What a body decodes to; ``problem`` is the reason code of what ended that early, with its sentence."""

    data: bytes
    problem: tuple[str, str] | None = None


def dechunk(raw: bytes) -> Body:
    """The body without its chunks; the bytes themselves where they are not chunked, whatever the header says."""
    parts: list[bytes] = []
    position = 0
    while size := _CHUNK_SIZE.match(raw, position):
        length = int(size[1], 16)
        if not length:
            return Body(b"".join(parts))
        end = size.end() + length
        parts.append(raw[size.end() : end])
        after = _CHUNK_END.match(raw, end)
        if after is None:
            if end < len(raw) and len(parts) == 1:
                return Body(raw)  # its first line only looks like a size
            position = min(end, len(raw))
            break
        position = after.end()
    if not parts:
        return Body(raw)
    if not _CHUNK_BEGUN.fullmatch(raw, position):
        return Body(b"".join(parts), ("bad_encoding", "its chunks are damaged"))
    return Body(b"".join(parts), ("truncated_body", "it ends before its last chunk"))


def decode(raw: bytes, codings: str, most: int) -> Body:
    """The body without its content codings, as a Content-Encoding header lists them; no more than about ``most`` bytes."""
    body = Body(raw)
    for coding in reversed([c.strip().lower() for c in codings.split(",")]):
        if coding in _PLAIN or not body.data:
            continue
        decoder = _decoder(coding, body.data)
        decoded = (
            _decoded(decoder, body.data, most) if decoder else Body(b"", ("unsupported_encoding", f"it is encoded as {coding[:50]!r}"))
        )
        if decoded.problem and _is_text(body.data):
            continue  # the crawler has decoded it and kept the header
        body = Body(decoded.data, body.problem or decoded.problem)
    return body


class _Decoder(Protocol):
    """Undoes one content coding."""

    def step(self, data: bytes, most: int) -> bytes:
        """What comes of the next bytes, up to about ``most``; raises `_DamagedError`."""

    def is_finished(self) -> bool:
        """Whether the compressed data has come to its end."""


class _DamagedError(Exception):
    """The compressed data is not valid."""


class _Zlib:
    def __init__(self, window: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(window)

    def step(self, data: bytes, most: int) -> bytes:
        try:
            text = self._inflate.decompress(data, most)
            while self._inflate.eof and self._window == _GZIP and self._inflate.unused_data.startswith(_GZIP_MAGIC) and len(text) < most:
                data = self._inflate.unused_data  # a gzip file may have several members
                self._inflate = zlib.decompressobj(_GZIP)
                text += self._inflate.decompress(data, most - len(text))
        except zlib.error as error:
            raise _DamagedError from error
        return text

    def is_finished(self) -> bool:
        return self._inflate.eof


class _Brotli:
    def __init__(self) -> None:
        self._decompressor = brotli.Decompressor()

    def step(self, data: bytes, most: int) -> bytes:
        try:
            parts = [self._decompressor.process(data, output_buffer_limit=most)]
            while not self._decompressor.can_accept_more_data() and (most := most - len(parts[-1])) > 0:
                parts.append(self._decompressor.process(b"", output_buffer_limit=most))
        except brotli.error as error:
            raise _DamagedError from error
        return b"".join(parts)

    def is_finished(self) -> bool:
        return bool(self._decompressor.is_finished())


def _decoder(coding: str, data: bytes) -> Callable[[], _Decoder] | None:
    if coding in {"gzip", "x-gzip"}:
        return lambda: _Zlib(_GZIP)
    if coding == "deflate":
        # RFC 9110 means the zlib format, whose first two bytes are a multiple of 31; some servers send bare deflate.
        is_zlib = data[0] & 15 == zlib.DEFLATED and int.from_bytes(data[:2], "big") % 31 == 0
        return lambda: _Zlib(zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS)
    return _Brotli if coding == "br" else None


def _decoded(new_decoder: Callable[[], _Decoder], data: bytes, most: int) -> Body:
    """All of it at once, or, where it is damaged, as much as comes before the damage."""
    decoder = new_decoder()
    try:
        text = decoder.step(data, most)
    except _DamagedError:
        return Body(_salvaged(new_decoder(), data, most), ("bad_encoding", "its compressed data is damaged"))
    if decoder.is_finished() or len(text) >= most:
        return Body(text)
    return Body(text, ("truncated_body", "its compressed data ends in the middle"))


def _salvaged(decoder: _Decoder, data: bytes, most: int) -> bytes:
    parts: list[bytes] = []
    step = len(data) // _SALVAGE_STEPS + 1
    with contextlib.suppress(_DamagedError):
        for start in range(0, len(data), step):
            parts.append(decoder.step(data[start : start + step], most))
            most -= len(parts[-1])
            if most <= 0:
                break
    return b"".join(parts)


def _is_text(data: bytes) -> bool:
    head = data[:_LOOKED_AT]
    return len(head.translate(None, _CONTROLS)) == len(head)
