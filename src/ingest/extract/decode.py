"""Bytes to text: which characters a page's bytes stand for.

The order of the WHATWG Encoding Standard (byte order mark, transport, declaration in the page) with two differences
that saved pages need: bytes that are valid UTF-8 are UTF-8 whatever the page declares, because tools that save pages
re-encode them and leave the old declaration in place; and a declaration that the bytes contradict is not believed.
"""

from __future__ import annotations

import codecs
import re

from w3lib.encoding import html_body_declared_encoding, resolve_encoding

from ingest.errors import PageError
from ingest.model import MediaType, Page, Stage

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 65_536  # bytes: enough for statistics, and detection in pure Python stays under 50 ms
_CONTROL = bytes(c for c in range(32) if c not in b"\t\n\r\f\v\x1b\x1a\0") + b"\x7f"
_BINARY_SHARE = 0.02  # of the sample: text has practically no control characters, compressed data has 10 %
_NUL_SHARE = 0.001  # of the sample: a stray NUL or two is damage, more is another format
_WRONG_SHARE = 0.1  # of the non-ASCII characters: below, a few bytes are broken; above, it is another charset
_LOST_SHARE = 0.05  # of all characters: a text with more unreadable ones than that is not worth keeping
_SIGNATURES = (
    b"%PDF-",
    b"\x89PNG",
    b"GIF8",
    b"\xff\xd8\xff",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"\x7fELF",
    b"SQLite format 3",
    b"\xd0\xcf\x11\xe0",
)
_ESCAPED_CHARSETS = frozenset({"iso2022_jp", "iso2022_jp_2", "iso2022_kr", "hz"})
_TAG = re.compile(r"<(?:!doctype|html|head|body|div|p|br|meta|title|article|span|a|table|h[1-6])\b", re.IGNORECASE)


def decode(page: Page) -> str:
    """The page's text, without NUL characters and byte order mark.

    Raises:
        PageError: ``binary`` for what is no text at all, ``undecodable`` where too much of it is damaged.

    """
    body = page.body
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return _checked(body[len(bom) :].decode(charset, "replace"))
    sample = body[:_SAMPLE]
    if wide := _utf16_without_mark(sample):
        return _checked(body.decode(wide, "replace"))
    if body.startswith(_SIGNATURES) or _share(sample, _CONTROL) > _BINARY_SHARE or sample.count(0) > len(sample) * _NUL_SHARE + 2:
        raise PageError(Stage.DECODE, "binary", f"{page.candidate.path} is not text: its bytes are those of a binary file.")
    return _checked(_decode_text(body, page.charset))


def media_type_of(text: str, declared: MediaType) -> MediaType:
    """What a text is, whatever its file is called: markup in a ``.txt``, or plain text in an ``.html``."""
    if declared is MediaType.TEXT:
        looks_like_page = re.match(
            r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body)\b", text[:4096], re.IGNORECASE | re.DOTALL
        )
        return MediaType.HTML if looks_like_page else MediaType.TEXT
    return MediaType.HTML if _TAG.search(text) else MediaType.TEXT


def _decode_text(body: bytes, transport: str | None) -> str:
    # The charsets that hide in ASCII announce themselves by these bytes; without them, no declaration could change anything.
    declared = _declared(body, transport) if b"\x1b" in body or b"~{" in body else None
    if declared not in _ESCAPED_CHARSETS:
        try:
            return body.decode("utf-8")
        except UnicodeDecodeError:
            pass
    declared = declared or _declared(body, transport)
    lenient = body.decode("utf-8", "replace")
    beyond_ascii = sum(1 for c in lenient[:_SAMPLE] if c > "\x7f")
    if declared not in _ESCAPED_CHARSETS and lenient.count("�", 0, _SAMPLE) <= beyond_ascii * _WRONG_SHARE:
        return lenient
    if declared and declared != "utf-8":
        text = body.decode(declared, "replace")
        if text.count("�") <= max(2, len(text) // 1000):
            return text
    return body.decode(_detected(body), "replace")


def _declared(body: bytes, transport: str | None) -> str | None:
    """The codec name of the declared charset: what the transport said, else the page's own declaration."""
    own: str | None = (resolve_encoding(transport) if transport else None) or html_body_declared_encoding(body[:4096])
    return own


def _detected(body: bytes) -> str:
    """The most likely charset of bytes that nobody describes; windows-1252, the web's default, when unsure."""
    from charset_normalizer import from_bytes  # 40 ms to import, for one page in some thousands

    first = next((i for i, c in enumerate(body) if c > 0x7F), 0)  # noqa: PLR2004  # the end of ASCII
    best = from_bytes(body[max(0, first - 2000) : first + _SAMPLE]).best()
    return best.encoding if best else "cp1252"


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows in Western text as a NUL in every other byte."""
    half = len(sample) // 2
    if half < 8:  # noqa: PLR2004  # too short for a pattern
        return None
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    if odd > half * 0.7 and even < half * 0.05:
        return "utf-16-le"
    if even > half * 0.7 and odd < half * 0.05:
        return "utf-16-be"
    return None


def _share(sample: bytes, characters: bytes) -> float:
    return 1 - len(sample.translate(None, characters)) / len(sample) if sample else 0.0


def _checked(text: str) -> str:
    if not text.isascii() and text.count("�") > len(text) * _LOST_SHARE:
        raise PageError(Stage.DECODE, "undecodable", "More than a twentieth of the page's characters cannot be read in any charset.")
    return text.replace("\0", "") if "\0" in text else text
