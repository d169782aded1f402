"""The article's text in the data that a page carries for its scripts, for pages whose HTML has little of it.

Frameworks leave their state in a script: ``__NEXT_DATA__``, ``Fusion.globalContent = {…}``, ``window.__APOLLO_STATE__ = {…}`` and their
kin. Each names things its own way, but a text is always a list of paragraphs, plain, as HTML, or as objects that hold them, or one long
string of HTML. The longest prose in what bears the page's title is the article's, else the longest of all.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser

from ingest.extract.body.sentences import ends_sentence
from ingest.extract.keys import key
from ingest.normalise.text import clean_text

_MOST_SCRIPTS = 60
_MOST_CHARACTERS = 4_000_000  # of all scripts that are read
_MOST_VALUES = 100_000  # objects, lists and texts looked at
_MOST_PARAGRAPHS = 2_000
_DEEPEST = 8  # levels of one paragraph: its runs of bold and linked text
_SHORTEST_STATE = 400  # characters of a script that may hold an article
_PROSE_MIN = 40  # characters; shorter texts are labels
_GROWTH = 3  # times as long as a text its key may be: ligatures unfold; that of ASCII is no longer than the text
_LONG_TEXT = 280  # characters of a text that may be a whole article
_MOST_ASSIGNMENTS = 50  # of one script
_SCRIPT = re.compile(rb"<script(?=[\t\n\f\r />])([^<>]*+)>", re.IGNORECASE)
_SCRIPT_END = re.compile(rb"</script", re.IGNORECASE)
_TYPE = re.compile(rb"""\stype\s*+=\s*+["']?([^"'\s]*+)""", re.IGNORECASE)
_ASSIGNED = re.compile(r"=\s*+(?=[{\[])")
_PLAIN = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){2,7}")  # words that stand in any data as they stand on the page, whatever it escapes
_PARAGRAPH_TAG = re.compile(r"<(?:p|br|h[2-4])\b", re.IGNORECASE)
_TEXT_KEYS = ("text", "content", "html", "value", "paragraph", "body", "children", "model", "data", "blocks", "attributes")
"""What objects call the text of a paragraph, or what holds it."""
_OTHER_KINDS = re.compile(r"image|video|gallery|embed|ad|related|newsletter|promo|caption|quote_form|link_list|interstitial", re.IGNORECASE)
_NESTED = (dict, list)
_DECODER = json.JSONDecoder(strict=False)


def read_state(page: bytes, title: str | None, shown: Sequence[str] = ()) -> tuple[str, ...]:
    """The paragraphs of the article in the data of a page (UTF-8), none where there is none. Never raises; time is linear in the page.

    ``shown`` are texts of which the article has at least one: data without any of them are passed over undecoded.
    """
    wanted = key(title or "")
    best: tuple[str, ...] = ()
    rank = (False, 0)
    left = _MOST_VALUES
    for state in _states(page, [words.encode() for text in shown if (words := max(_PLAIN.findall(text), key=len, default=""))]):
        waiting: list[tuple[object, bool]] = [(state, False)]
        while waiting and left > 0:
            value, titled = waiting.pop()
            left -= 1
            paragraphs = _paragraphs(value)
            if len(paragraphs) > 1 and (found := (titled, _prose(paragraphs))) > rank and found[1]:
                best, rank = paragraphs, found
            if isinstance(value, dict):
                titled = titled or _bears(value, wanted)
                children = list(value.values())
            else:
                children = value if isinstance(value, list) else []
            # Most values are numbers, names and addresses.
            waiting += [(c, titled) for c in children if isinstance(c, _NESTED) or (isinstance(c, str) and len(c) >= _LONG_TEXT)]
    return best


def _bears(value: dict[str, object], wanted: str) -> bool:
    """Whether one of an object's own texts is the title."""
    if not wanted:
        return False
    longest = len(wanted)
    texts = [text for text in value.values() if isinstance(text, str) and longest // _GROWTH <= len(text) < _LONG_TEXT]
    return any(key(text) == wanted for text in texts if len(text) >= longest or not text.isascii())


def _states(page: bytes, wanted: Sequence[bytes]) -> Iterator[object]:
    """The JSON values in the page's scripts, each decoded where it begins; only of scripts with something wanted, where anything is."""
    left = _MOST_CHARACTERS
    for kind, code in itertools.islice(_scripts(page), _MOST_SCRIPTS):
        if len(code) < _SHORTEST_STATE or b"ld+json" in kind:
            continue
        if wanted and not any(words in code for words in wanted):
            continue
        left -= len(code)
        if left < 0:
            return
        text = code.decode("utf-8", "replace")
        yield from _decoded(text) if b"json" in kind else _assigned(text)


def _scripts(page: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The kind (``type``, in lower case) and the code of each script, as they stand: the page's tree is without them by now."""
    at = 0
    while tag := _SCRIPT.search(page, at):
        end = _SCRIPT_END.search(page, tag.end())
        if end is None:
            return
        kind = _TYPE.search(tag[1])
        yield kind[1].lower() if kind else b"", page[tag.end() : end.start()]
        at = end.end()


def _decoded(text: str) -> Iterator[object]:
    try:
        yield _DECODER.decode(text)
    except (ValueError, RecursionError):
        return


def _assigned(text: str) -> Iterator[object]:
    """The JSON values that a script assigns."""
    position = 0
    for _ in range(_MOST_ASSIGNMENTS):
        found = _ASSIGNED.search(text, position)
        if found is None:
            return
        position = found.end()
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            continue
        yield value


def _paragraphs(value: object) -> tuple[str, ...]:
    """The paragraphs of a list of them, or of one long text; none for anything else."""
    if isinstance(value, str):
        return tuple(_split(value)) if len(value) >= _LONG_TEXT else ()
    if not isinstance(value, list) or len(value) < 2:  # noqa: PLR2004  # one paragraph is a summary
        return ()
    texts = [text for item in value[:_MOST_PARAGRAPHS] if (text := _text_of(item, _DEEPEST))]
    return tuple(line for text in texts for line in _split(text))


def _text_of(item: object, depth: int) -> str:
    """The text of one paragraph, its runs joined; nothing for pictures, links to other articles and the like."""
    if isinstance(item, str):
        return item
    if not depth:
        return ""
    if isinstance(item, list):
        return "".join(_text_of(part, depth - 1) for part in item)
    if not isinstance(item, dict):
        return ""
    kind = item.get("type") or item.get("_type") or item.get("__typename") or ""
    if (isinstance(kind, str) and _OTHER_KINDS.search(kind)) or "headline" in item:
        return ""
    return next((text for key in _TEXT_KEYS if (text := _text_of(item.get(key), depth - 1))), "")


def _split(text: str) -> Iterator[str]:
    """The paragraphs of a text, plain or in HTML."""
    if _PARAGRAPH_TAG.search(text):
        body = LexborHTMLParser(f"<body>{text}</body>").body
        text = body.text(separator="\n") if body is not None and body.css_first("p") is None else "\n".join(_elements(text))
    for line in text.split("\n"):
        if cleaned := clean_text(line):
            yield cleaned


def _elements(html: str) -> Iterator[str]:
    for node in LexborHTMLParser(html).css("p, h2, h3, h4, li, blockquote:not(:has(p))"):
        yield " ".join((node.text() or "").split())


def _prose(paragraphs: tuple[str, ...]) -> int:
    """The letters in paragraphs that are sentences."""
    return sum(len(text) for text in paragraphs if len(text) >= _PROSE_MIN and ends_sentence(text))
