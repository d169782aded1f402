"""A page's tree to candidates: what its head declares, what its JSON-LD says, what its own text shows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ingest.extract.metadata.elements import find_elements
from ingest.extract.metadata.head import offer_head
from ingest.extract.metadata.json_repair import read_json
from ingest.extract.metadata.jsonld import offer_jsonld, page_key
from ingest.extract.metadata.offers import Offers
from ingest.extract.metadata.page_text import offer_page_text
from ingest.extract.metadata.url_date import date_in_url
from ingest.normalise.url import joined

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

    from ingest.extract.metadata.offers import Candidates

_MOST_SCRIPTS = 60  # JSON-LD scripts of one page; real pages hold up to some 20
_MOST_JSON = 8_000_000  # characters of JSON-LD of one page


def read_candidates(tree: LexborHTMLParser, page_url: str | None) -> Candidates:
    """Every value the page offers for each metadata field, with the place that offers it.

    Fields as in `Article`, and ``article_body`` for the text that JSON-LD repeats. URLs are absolute where ``page_url`` is known.
    The tree is not changed; nothing is raised, whatever the page holds.
    """
    elements = find_elements(tree)
    declared = Offers()
    offer_head(declared, elements)
    head = declared.result()
    urls = [page_url or "", *(candidate.value for candidate in head.get("canonical_url", ()))]
    keys = frozenset(key for url in dict.fromkeys(urls) if (key := page_key(url if "://" in url[:9] else _joined(page_url, url))))
    offers = Offers()
    offer_jsonld(offers, _values(elements.documents), keys)
    offers.append(head)
    offer_page_text(offers, elements.shown)
    for url in urls:
        if found := date_in_url(url):
            offers.add("published_at", "url", found)
            break
    return offers.result()


def _joined(page_url: str | None, url: str) -> str:
    """The absolute URL, empty where one of the two is none."""
    try:
        return joined(page_url or "", url)
    except ValueError:
        return ""


def _values(documents: Sequence[str]) -> list[object]:
    """The values of all JSON-LD scripts, each parsed once."""
    values: list[object] = []
    left = _MOST_JSON
    for text in documents[:_MOST_SCRIPTS]:
        left -= len(text)
        if left < 0:
            break
        values += read_json(text)
    return values
