"""JSON as pages hold it: read as it stands where it is right, mended where it is broken in the usual ways (RFC 8259)."""

from __future__ import annotations

import html
import json
import re

LONGEST_SCRIPT = 6_000_000  # characters; the longest real ones, live blogs with all their entries, stay under one million
_MOST_VALUES = 50  # concatenated values in one script

_OPENERS = ("<![CDATA[", "<!--", "//<![CDATA[", "// <![CDATA[", "/*<![CDATA[*/", "/* <![CDATA[ */", "//<!--")
_CLOSERS = ("//]]>", "// ]]>", "/*]]>*/", "/* ]]> */", "//-->", "]]>", "-->")
_STRING_OR_COMMA = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\Z)|,(?=\s*[,}\]])', re.DOTALL)
_INVALID_ESCAPE = re.compile(r'\\(?:(["\\/bfnrt]|u[0-9a-fA-F]{4})|.?)', re.DOTALL)
_NEXT_VALUE = re.compile(r"[\[{]")
_DECODER = json.JSONDecoder(strict=False)  # raw newlines and control characters in strings are the commonest breakage


def read_json(text: str) -> list[object]:
    """The JSON values in a script, none where nothing can be read. Never raises; time is linear in the text."""
    if len(text) > LONGEST_SCRIPT:
        return []
    whole = _decode_whole(text)
    if whole is not None:
        return whole
    unwrapped = _unwrapped(_unwrapped(text))  # a comment around a CDATA section
    if "&quot;" in unwrapped and '"' not in unwrapped:
        unwrapped = html.unescape(unwrapped)
    whole = _decode_whole(unwrapped)
    return whole if whole is not None else _decode_each(_mend(unwrapped))


def _unwrapped(text: str) -> str:
    """The text without the comment or CDATA section that hides it from old browsers."""
    text = text.strip("\ufeff \t\r\n\x00;")
    for opener in _OPENERS:
        text = text.removeprefix(opener)
    for closer in _CLOSERS:
        text = text.removesuffix(closer)
    return text.strip()


def _decode_whole(text: str) -> list[object] | None:
    try:
        return [_DECODER.decode(text)]
    except (ValueError, RecursionError):  # ValueError also for numbers of more digits than Python converts
        return None


def _decode_each(text: str) -> list[object]:
    """The values that stand one after the other, up to the first that cannot be read."""
    values: list[object] = []
    position = 0
    while len(values) < _MOST_VALUES and (start := _NEXT_VALUE.search(text, position)):
        try:
            value, position = _DECODER.raw_decode(text, start.start())
        except (ValueError, RecursionError):
            break
        values.append(value)
    return values


def _mend(text: str) -> str:
    """The text without superfluous commas and with invalid escapes taken literally."""
    text = _STRING_OR_COMMA.sub(lambda found: found[0] if found[0] != "," else "", text)
    return _INVALID_ESCAPE.sub(lambda found: found[0] if found[1] else "\\\\" + found[0][1:], text) if "\\" in text else text
