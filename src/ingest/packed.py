"""What the loader stores of a page and of its article, in the form in which it does: made where the page is extracted, on all cores."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sketch:
    """What is kept of a text to find its near copies by: the same on every machine (`ingest.identify.near_copies`)."""

    signature: bytes
    """128 numbers of 32 bits, little-endian."""
    shingles: int
    """How many different ones the text has."""


@dataclass(frozen=True, slots=True)
class PackedPage:
    """A page's bytes, compressed."""

    sha256: bytes
    """Of the bytes before."""
    zstd: bytes


@dataclass(frozen=True, slots=True)
class PackedArticle:
    """An article's hashes and JSON documents."""

    content_sha256: bytes
    word_count: int
    block_keys: tuple[int | None, ...]
    """Of its kept blocks: what boilerplate is learned by (`ingest.identify.boilerplate`)."""
    sketch: Sketch | None
    """None for texts that are too short to be compared."""
    bands: tuple[int, ...]
    """Of the sketch: what it is looked up by."""
    blocks: str
    """All its blocks with their verdicts, as a JSON list."""
    dropped: tuple[tuple[bytes, str, str], ...]
    """Of each block that was left out, once: the SHA-256 of its text, the beginning of that, why it was left out."""
    provenance: tuple[tuple[str, str, str], ...]
    """Of each field: its name, the place that it was chosen from, the candidates as a JSON list."""
