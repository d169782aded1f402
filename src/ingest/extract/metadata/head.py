"""What a page's ``meta``, ``link``, ``html`` and ``title`` elements declare."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ingest.extract.metadata.elements import Attributes, Elements
    from ingest.extract.metadata.offers import Offers

_MOST_ELEMENTS = 2_000  # `meta` or `link` elements looked at; real pages hold up to some 300
_LONGEST_LIST = 5_000  # characters of a list of keywords


_SEPARATORS = str.maketrans("", "", ":._- ")  # publishers write article:published_time, article:published:time, article.published-time


def _load() -> tuple[dict[str, str], dict[str, int], frozenset[str]]:
    """The field of each name without its separators, the name's rank within its field, and what a label calls an author."""
    table = tomllib.loads(resources.files(__package__ or "").joinpath("meta_names.toml").read_text("utf-8"))
    fields: dict[str, str] = {}
    ranks: dict[str, int] = {}
    labels = frozenset(table.pop("author_labels"))
    for field, names in table.items():
        for rank, name in enumerate(names):
            key = name.translate(_SEPARATORS)
            if name != name.lower() or fields.setdefault(key, field) != field:
                raise ValueError(f"meta_names.toml: {name!r} is not in lower case, or stands in two fields")
            ranks.setdefault(key, rank)
    return fields, ranks, labels


_FIELDS, _RANKS, _AUTHOR_LABELS = _load()
_CARD = ("twitter:label", "twitter:data")
_NAMING = ("property", "name", "itemprop", "http-equiv")
_LISTS = frozenset({"topics"})


def offer_head(offers: Offers, elements: Elements) -> None:
    """Add what the head declares, for each field the most trusted names first."""
    values: list[tuple[int, str, str, str]] = []
    for attributes in elements.metas[:_MOST_ELEMENTS]:
        content = attributes.get("content")
        if not content:
            continue
        for key in _NAMING:
            if (name := attributes.get(key)) and (known := _known(name)):
                values.append((*known, content))
                break
    values += _labelled_authors(elements.metas[:_MOST_ELEMENTS])
    values.sort(key=lambda value: value[0])
    for _, field, origin, content in values:
        for part in content[:_LONGEST_LIST].split(",") if field in _LISTS else (content,):
            offers.add(field, origin, part)
    _offer_links(offers, elements.links)
    offers.add("title", "title", elements.title)
    offers.add("language", "html:lang", elements.root.get("lang") or elements.root.get("xml:lang"))


def _labelled_authors(metas: Sequence[Attributes]) -> list[tuple[int, str, str, str]]:
    """The author in a pair of ``twitter:label1`` ("Written by") and ``twitter:data1``, as content systems write them."""
    stated = {name: a.get("content") for a in metas if (name := a.get("name") or "").startswith(_CARD)}
    return [
        (len(_RANKS), "authors", f"meta:twitter:data{number}", author)
        for number in "12"
        if (stated.get(f"twitter:label{number}") or "").strip().lower() in _AUTHOR_LABELS
        and (author := stated.get(f"twitter:data{number}"))
    ]


@lru_cache(maxsize=4_096)
def _known(name: str) -> tuple[int, str, str] | None:
    """What a ``meta`` of that name tells: the name's rank, the field, the origin; None for names that tell nothing."""
    plain = name.strip().lower()
    key = plain.translate(_SEPARATORS)
    return (_RANKS[key], _FIELDS[key], f"meta:{plain}") if key in _FIELDS else None


def _offer_links(offers: Offers, links: Sequence[Attributes]) -> None:
    for attributes in links[:_MOST_ELEMENTS]:
        relation = (attributes.get("rel") or "").lower()
        if "canonical" in relation and "canonical" in relation.split():
            offers.add("canonical_url", "link:canonical", attributes.get("href"))
        elif "image_src" in relation:
            offers.add("image_url", "link:image_src", attributes.get("href"))
