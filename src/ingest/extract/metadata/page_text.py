"""What a page's visible elements say of its article: headings, bylines, times, and microdata and RDFa on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.extract.metadata.page_words import shows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ingest.extract.metadata.elements import Attributes, Element
    from ingest.extract.metadata.offers import Offers

_MOST_ELEMENTS = 600  # headings, times and bylines looked at; pages with more are lists
_MOST_OF_ONE_KIND = 12  # candidates offered of one kind
_LONGEST_BYLINE = 200  # characters; longer elements are biographies
_MOST_TEXT = 500_000  # characters read of all these elements: nested ones repeat their text, so that hostile pages would cost its square
_MOST_BYLINES = 40  # of one page; news pages with more list other articles
_SHORTEST_NAME = 4  # characters; what is shorter is a label such as "By"
_BYLINE_HEIGHT = 4  # levels; names of one byline share an ancestor within them, teasers of different articles do not

_NAMED_BY_MICRODATA = "microdata:author"
_SCHEMA_PREFIXES = frozenset({"schema", "rnews", "http", "https"})
_ITEMPROPS = {
    "headline": "title",
    "alternativeheadline": "subtitle",
    "datepublished": "published_at",
    "datemodified": "modified_at",
    "articlesection": "section",
    "inlanguage": "language",
}


def offer_page_text(offers: Offers, shown: Sequence[Element]) -> None:
    """Add what the visible page says, in page order."""
    counts: dict[str, int] = {}
    bylines: list[_Byline] = []
    left = _MOST_TEXT
    for element in shown[:_MOST_ELEMENTS]:
        stated = _statement(element, element.attributes)
        if stated is None:
            continue
        field, origin, value = stated
        left -= len(value)
        if left < 0:
            break
        counts[origin] = counts.get(origin, 0) + 1
        if field == "authors":
            if len(value) <= _LONGEST_BYLINE:
                bylines.append(_Byline(origin, value, _around(element)))
        elif origin == "time_tag" and field == "published_at" and _in_teaser(element):
            continue
        elif counts[origin] <= _MOST_OF_ONE_KIND and (origin != "text:date" or len(value) <= _LONGEST_BYLINE):
            offers.add(field, origin, value)
    for byline in _of_this_article(bylines):
        offers.add("authors", byline.origin, byline.text)


@dataclass(frozen=True, slots=True)
class _Byline:
    origin: str
    text: str
    around: tuple[int, ...]
    """The identities of its element and of the few around it, innermost first."""


def _in_teaser(element: Element) -> bool:
    """Whether an element, or one of the few around it, calls itself a teaser: its time is another article's."""
    node: Element | None = element
    for _ in range(_BYLINE_HEIGHT):
        if node is None:
            break
        if shows("teaser", f"{node.attributes.get('class') or ''} {node.attributes.get('id') or ''}"):
            return True
        node = node.parent
    return False


def _around(element: Element) -> tuple[int, ...]:
    around: list[int] = []
    node: Element | None = element
    while node is not None and len(around) < _BYLINE_HEIGHT:
        around.append(node.mem_id)
        node = node.parent
    return tuple(around)


def _of_this_article(bylines: list[_Byline]) -> list[_Byline]:
    """The bylines that stand close to the first of their kind, the innermost ones: others belong to teasers of other articles."""
    containers = {outer for byline in bylines if len(byline.text) >= _SHORTEST_NAME for outer in byline.around[1:]}
    firsts: dict[str, frozenset[int]] = {}
    near = [b for b in bylines[:_MOST_BYLINES] if not firsts.setdefault(b.origin, frozenset(b.around)).isdisjoint(b.around)]
    # One that names its author by microdata has no words around the name that an inner one would lack.
    inner = [byline for byline in near if byline.origin == _NAMED_BY_MICRODATA or byline.around[0] not in containers]
    return inner or near


def _statement(element: Element, attributes: Attributes) -> tuple[str, str, str] | None:
    """What an element offers: field, origin and value."""
    itemprop, kind = (attributes.get("itemprop") or "").lower(), "microdata"
    if not itemprop and (stated := attributes.get("property")):
        itemprop, kind = _schema_name(stated), "rdfa"
    names = f"{attributes.get('class') or ''} {attributes.get('id') or ''}"
    if element.tag == "h1":
        return "title", "h1", _text(element)
    if itemprop in _ITEMPROPS:
        return _ITEMPROPS[itemprop], f"{kind}:{itemprop}", _value(element, attributes)
    if element.tag == "time":
        return _when(element, names), "time_tag", _value(element, attributes)
    if itemprop == "author":
        return "authors", f"{kind}:author", _line(next((below for below in _below(element) if _is_name(below.attributes)), element))
    return _by_names(element, names, (attributes.get("rel") or "").lower().split())


def _below(element: Element) -> Iterator[Element]:
    """What is in an element, in page order."""
    waiting = [element.child]
    while waiting:
        node = waiting.pop()
        if node is not None:
            yield node
            waiting += (node.next, node.child)


def _is_name(attributes: Attributes) -> bool:
    return attributes.get("itemprop") == "name" or attributes.get("property") in ("name", "schema:name")


def _schema_name(stated: str) -> str:
    """The name of an RDFa property in schema.org's vocabulary (RDFa Core 1.1), empty for those of others."""
    prefix, colon, name = stated.strip().rpartition(":")
    return name.rpartition("/")[2].lower() if not colon or prefix in _SCHEMA_PREFIXES or "schema.org/" in stated else ""


def _by_names(element: Element, names: str, relation: list[str]) -> tuple[str, str, str] | None:
    if "author" in relation:
        return "authors", "byline:rel", _line(element)
    if shows("byline", names):
        return "authors", "byline", _line(element)
    return (_when(element, names), "text:date", _line(element)) if shows("date", names) else None


def _value(element: Element, attributes: Attributes) -> str:
    return attributes.get("content") or attributes.get("datetime") or _text(element)


def _when(element: Element, names: str) -> str:
    """Which of the two dates an element shows, by its own names and its parent's."""
    parent = element.parent
    around = names if parent is None else f"{names} {parent.attributes.get('class') or ''}"
    return "modified_at" if shows("modified", around) else "published_at"


def _text(element: Element) -> str:
    return element.text(separator=" ")


def _line(element: Element) -> str:
    return element.attributes.get("content") or " ".join(_text(element).split())
