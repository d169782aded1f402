"""OPML: lists of feeds as feed readers export them (OPML 2.0)."""

from __future__ import annotations

from ingest.discover.safe_xml import parse_xml
from ingest.web import Link, Listing, ListingKind


def read_opml(body: bytes) -> Listing | None:
    """The feeds of an OPML file, at any depth; None where the document is none."""
    links: dict[str, Link] = {}
    roots: list[str] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if not roots:
            roots.append(name)
        url = attributes.get("xmlurl", "").strip()
        if name == "outline" and url.lower().startswith(("http://", "https://")):
            links.setdefault(url, Link(url, attributes.get("title") or attributes.get("text") or None))

    problem = parse_xml(body, start, lambda _name, _text: None)
    if roots != ["opml"]:
        return None
    return Listing(ListingKind.OPML, links=tuple(links.values()), problem=problem)
