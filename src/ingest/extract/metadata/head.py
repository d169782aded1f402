"""What a page's ``meta``, ``link``, ``html`` and ``title`` elements declare."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from selectolax.lexbor import LexborHTMLParser

    from ingest.extract.metadata.offers import Offers

_MOST_ELEMENTS = 2_000  # `meta` or `link` elements looked at; real pages hold up to some 300
_LONGEST_LIST = 5_000  # characters of a list of keywords


def _load() -> tuple[dict[str, str], dict[str, int]]:
    """The field of each name, and the name's rank within its field."""
    table = tomllib.loads(resources.files(__package__ or "").joinpath("meta_names.toml").read_text("utf-8"))
    fields: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for field, names in table.items():
        for rank, name in enumerate(names):
            if name != name.lower() or name in fields:
                raise ValueError(f"meta_names.toml: {name!r} is not in lower case, or stands twice")
            fields[name], ranks[name] = field, rank
    return fields, ranks


_FIELDS, _RANKS = _load()
_LISTS = frozenset({"topics"})


def offer_head(offers: Offers, tree: LexborHTMLParser) -> None:
    """Add what the head declares, for each field the most trusted names first."""
    values: list[tuple[int, str, str]] = []
    for element in tree.css("meta[content]")[:_MOST_ELEMENTS]:
        attributes = element.attributes
        content = attributes.get("content")
        if not content:
            continue
        for key in ("property", "name", "itemprop", "http-equiv"):
            name = (attributes.get(key) or "").strip().lower()
            if name in _FIELDS:
                values.append((_RANKS[name], name, content))
                break
    values.sort(key=lambda value: value[0])
    for _, name, content in values:
        field = _FIELDS[name]
        for part in content[:_LONGEST_LIST].split(",") if field in _LISTS else (content,):
            offers.add(field, f"meta:{name}", part)
    _offer_links(offers, tree)
    _offer_title(offers, tree)
    root = tree.root
    if root is not None:
        offers.add("language", "html:lang", root.attributes.get("lang") or root.attributes.get("xml:lang"))


def _offer_links(offers: Offers, tree: LexborHTMLParser) -> None:
    for element in tree.css("link[rel][href]")[:_MOST_ELEMENTS]:
        attributes = element.attributes
        relation = (attributes.get("rel") or "").lower().split()
        if "canonical" in relation:
            offers.add("canonical_url", "link:canonical", attributes.get("href"))
        elif "image_src" in relation:
            offers.add("image_url", "link:image_src", attributes.get("href"))


def _offer_title(offers: Offers, tree: LexborHTMLParser) -> None:
    element = tree.css_first("head > title")
    if element is not None:
        offers.add("title", "title", element.text())
