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
from ingest.native import native_text

_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_SAMPLE = 65_536  # bytes: enough for statistics, and detection in pure Python stays under 50 ms
_SMALL_SAMPLE = 8_192  # bytes: enough to tell text from other data
_PIECE = 32_768  # bytes: the string fits the processor's cache
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
# Those of the WHATWG Encoding Standard and a few that it gave up, by Python's names. Python has codecs beyond them that no page may name:
# "hex" and "undefined" raise, "unicode_escape" and "punycode" make something else of the text. UTF-16 is known by its bytes.
_CHARSETS = (
    frozenset({"utf-8", "koi8-r", "koi8-u", "mac-roman", "mac-cyrillic", "cp437", "cp850", "cp866", "cp874"})
    | frozenset({"gb18030", "big5hkscs", "euc_jp", "cp932", "cp949", "johab", "hz", "iso2022_jp", "iso2022_jp_2", "iso2022_kr"})
    | frozenset(f"cp{n}" for n in range(1250, 1259))
    | frozenset(f"iso8859-{n}" for n in range(2, 17))
)
_ESCAPED_CHARSETS = frozenset({"iso2022_jp", "iso2022_jp_2", "iso2022_kr"})
_ESCAPES_WITHIN = 8_192  # bytes: a page in one of those charsets has its title there
_WIDE_MARKUP = ((re.compile(rb"(?:\s\0)*<\0[!?a-zA-Z]\0"), "utf-16-le"), (re.compile(rb"(?:\0\s)*\0<\0[!?a-zA-Z]"), "utf-16-be"))
_LOST = "\ufffd".encode()
_TAG = re.compile(rb"<(?:!doctype|html|head|body|div|p|br|meta|title|article|span|a|table|h[1-6])\b", re.IGNORECASE)
_PAGE_START = re.compile(
    rb"\s*+(?:<\?xml[^>]*+>\s*+)?(?:<!--(?:(?!-->).)*+-->\s*+)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)


def decode(page: Page) -> bytes:
    """The page's text in UTF-8, without NUL characters and byte order mark: for most pages the very bytes of the page.

    Raises:
        PageError: ``binary`` for what is no text at all, ``undecodable`` where too much of it is damaged.

    """
    body = page.body
    for bom, charset in _BOMS:
        if body.startswith(bom):
            return _checked(body[len(bom) :].decode(charset, "replace").encode())
    has_nul = b"\0" in body
    sample = body[:_SAMPLE] if has_nul else body[:_SMALL_SAMPLE]
    if has_nul and (wide := _utf16_without_mark(sample)):
        return _checked(body.decode(wide, "replace").encode())
    too_many_nuls = has_nul and sample.count(0) > len(sample) * _NUL_SHARE + 2
    if too_many_nuls or body.startswith(_SIGNATURES) or _share(sample, _CONTROL) > _BINARY_SHARE:
        raise PageError(Stage.DECODE, "binary", f"{page.candidate.path} is not text: its bytes are those of a binary file.")
    text = _utf8(body, page.charset)
    return text.replace(b"\0", b"") if has_nul else text


def media_type_of(text: bytes, declared: MediaType) -> MediaType:
    """What a text is, whatever its file is called: markup in a ``.txt``, or plain text in an ``.html``."""
    if declared is MediaType.TEXT:
        return MediaType.HTML if _PAGE_START.match(text[:4096]) else MediaType.TEXT
    return MediaType.HTML if _TAG.search(text) else MediaType.TEXT


def _utf8(body: bytes, transport: str | None) -> bytes:
    """The bytes in UTF-8, from whatever charset they are in."""
    # The charset that hides in ASCII announces itself by this byte; without it, no declaration could change anything.
    escaped = b"\x1b" in body[:_ESCAPES_WITHIN] and _declared(body, transport) in _ESCAPED_CHARSETS
    if not escaped and _is_utf8(body):
        return body
    declared = _declared(body, transport)
    lenient = body.decode("utf-8", "replace")
    beyond_ascii = sum(1 for c in lenient[:_SAMPLE] if c > "\x7f")
    if not escaped and lenient.count("�", 0, _SAMPLE) <= beyond_ascii * _WRONG_SHARE:
        return _checked(lenient.encode())
    if declared and declared != "utf-8":
        text = body.decode(declared, "replace")
        if text.count("�") <= max(2, len(text) // 1000):
            return _checked(text.encode("utf-8", "replace"))
    return _checked(body.decode(_detected(body), "replace").encode("utf-8", "replace"))


def _is_utf8(body: bytes) -> bool:
    """Whether the bytes are UTF-8 without much damage in it.

    Raises:
        PageError: ``undecodable`` where what is UTF-8 stands for characters that somebody else could not read.
    """
    lost = native_text.lost_characters(body) if native_text else lost_characters_in_python(body)
    if lost < 0:
        return False
    if lost > len(body) * _LOST_SHARE / 4:  # no character has more than four bytes
        _checked(body)
    return True


def lost_characters_in_python(body: bytes) -> int:
    """How many U+FFFD a text in UTF-8 has, -1 where it is no UTF-8; piece by piece, which is twice as fast as making one long string."""
    if body.isascii():
        return 0
    view, position, lost = memoryview(body), 0, 0
    while position < len(body):
        try:
            text, used = codecs.utf_8_decode(view[position : position + _PIECE], "strict", position + _PIECE >= len(body))
        except UnicodeDecodeError:
            return -1
        lost += text.count("\ufffd")
        position += used
    return lost


def _declared(body: bytes, transport: str | None) -> str | None:
    """The codec name of the declared charset: what the transport said, else the page's own declaration."""
    for charset in (resolve_encoding(transport) if transport else None, html_body_declared_encoding(body[:4096])):
        if charset in _CHARSETS:
            return str(charset)
    return None


def _detected(body: bytes) -> str:
    """The most likely charset of bytes that nobody describes; windows-1252, the web's default, when unsure."""
    from charset_normalizer import from_bytes  # 40 ms to import, for one page in some thousands

    first = next((i for i, c in enumerate(body) if c > 0x7F), 0)  # noqa: PLR2004  # the end of ASCII
    best = from_bytes(body[max(0, first - 2000) : first + _SAMPLE]).best()
    return best.encoding if best else "cp1252"


def _utf16_without_mark(sample: bytes) -> str | None:
    """UTF-16 shows in Western text as a NUL in every other byte, and in markup of any language by its first tag."""
    for start, charset in _WIDE_MARKUP:
        if start.match(sample):
            return charset
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


def _checked(text: bytes) -> bytes:
    if text.count(_LOST) > len(text.decode("utf-8", "ignore")) * _LOST_SHARE:
        raise PageError(Stage.DECODE, "undecodable", "More than a twentieth of the page's characters cannot be read in any charset.")
    return text.replace(b"\0", b"")
