"""XML from strangers: events of a document, without entities, and as far as it can be read."""

from __future__ import annotations

from collections.abc import Callable
from xml.parsers import expat

Start = Callable[[str, dict[str, str]], None]
End = Callable[[str, str], None]


class _Refused(Exception):
    """The document declares entities."""


def parse_xml(body: bytes, start: Start, end: End) -> str | None:
    """Call ``start(name, attributes)`` and ``end(name, text)`` for each element; what is broken in the document, as a sentence.

    Names come without their prefix, in lower case: prefixes are often declared wrongly. ``text`` is what stands directly in
    the element. No entity is declared, expanded or fetched: a document that tries ends there. A document that breaks off
    or breaks the rules ends there too, with everything before it reported.
    """
    parser = expat.ParserCreate()
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    texts: list[list[str]] = []

    def on_start(name: str, attributes: dict[str, str]) -> None:
        texts.append([])
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def on_end(name: str) -> None:
        end(_local(name), "".join(texts.pop()).strip())

    def on_text(data: str) -> None:
        if texts:
            texts[-1].append(data)

    def refuse(*_: object) -> None:
        raise _Refused

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = on_start, on_end, on_text
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = lambda *_: 0
    body = body.lstrip(b"\xef\xbb\xbf \t\r\n\0")
    try:
        parser.Parse(body, True)  # noqa: FBT003  # expat's own way; in pieces, it reads a long token again with each
    except _Refused:
        return "The document declares entities, which are not read."
    except (expat.ExpatError, ValueError, LookupError) as error:  # LookupError: a charset that Python does not know
        return f"The document is no well-formed XML: {error}."
    return None


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower()
