"""A metadata value to clean text: what a reader would see, on one line."""

from __future__ import annotations

import html
import re
import unicodedata

from ingest.native import native_text

_DECODINGS = 3  # values are seen escaped twice where a template escapes what its database already holds escaped; one more for safety
_INLINE_TAG = re.compile(r"</?(?:a|abbr|b|big|cite|code|em|font|i|mark|q|s|small|span|strong|sub|sup|u|wbr)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_BLOCK_TAG = re.compile(
    r"<!--(?:(?!<!--).)*?-->|</?(?:article|blockquote|br|center|div|figure|figcaption|h[1-6]|header|hr|img|li|ol|p|picture|section|table|tbody|td|time|tr|ul)"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE | re.DOTALL,
)
_REPEATED_AMPERSAND = re.compile(r"&(?:amp;)+")
# Zero-width joiner and non-joiner stay: Persian and Indic spelling needs them. Soft hyphens, marks of direction and byte order marks go.
_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]+")


def clean_text(text: str) -> str:
    """The text without markup, entities, control and zero-width characters, with single spaces, in Unicode NFC."""
    return text if native_text and native_text.is_plain(text) else clean_text_in_python(text)


def clean_text_in_python(text: str) -> str:
    """The same for any text, without the compiled part."""
    if text.isprintable() and "&" not in text and "<" not in text:  # no invisible character is printable
        folded = " ".join(text.split())
        return folded if folded.isascii() or unicodedata.is_normalized("NFC", folded) else unicodedata.normalize("NFC", folded)
    for _ in range(_DECODINGS):
        if "&" not in text:
            break
        decoded = html.unescape(_REPEATED_AMPERSAND.sub("&", text))
        if decoded == text:
            break
        text = decoded
    if "<" in text:
        text = _BLOCK_TAG.sub(" ", _INLINE_TAG.sub("", text))
    text = _CONTROL.sub(" ", _INVISIBLE.sub("", text))
    return unicodedata.normalize("NFC", " ".join(text.split()))
