"""Which links and scripts of a page declare metadata."""

from __future__ import annotations


def names_link(relation: str) -> bool:
    """Whether a ``link`` of that ``rel`` may name the page's canonical URL or its image."""
    relation = relation.lower()
    return "canonical" in relation or "image_src" in relation


def is_jsonld(media_type: str) -> bool:
    """Whether a script of that ``type`` holds JSON-LD."""
    return "ld+json" in media_type.lower()
