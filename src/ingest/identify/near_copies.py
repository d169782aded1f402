"""Near copies: articles that carry the text of another one, lightly edited, cut, or with other lines around it.

A text is the set of its shingles (Broder 1997), runs of a few words; MinHash makes a sketch of it that tells how much two sets have
in common; equal bands of two sketches (locality-sensitive hashing: Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, chapter 3)
are what an index looks candidates up by.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import struct
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable

from rensa import RMinHash

from ingest.identify.fingerprint import UNSPACED, words
from ingest.packed import Sketch

_HASHES = 128  # of a sketch: the estimate of a likeness of one half is off by 0.04
_SIGNATURE = struct.Struct(f"<{_HASHES}I")
_SEED = 1  # part of the format of stored sketches
_BANDS, _ROWS = 32, 2
"""Two texts with a Jaccard likeness of 0.36 (the least of a copy cut by 40 % and reworded in a quarter of its sentences) share a band with
a probability of 0.988, of 0.45 with 0.9993; two that have a thousandth in common, with 0.00003."""
_SHINGLE = 5  # words: two reports from one template share runs of three, seldom of five
_UNSPACED_SHINGLE = 9  # characters, where words have no spaces between them: about as much text
_UNSPACED = re.compile(f"[{UNSPACED}]")
_MARK = re.compile(r"[\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670\u06d6-\u06ed\u3099\u309a]+")
_OTHER_DIGIT = re.compile(r"[^\D0-9]")
_SHORTEST = 40  # words: of fewer, a standing line and a date line are most of the shingles
COPY_CONTAINMENT = 0.5
"""Of the shorter text's shingles: from this share on, two texts are copies. At 0.4, every third pair of a serial column's issues that have
two fifths in common counted as copies, at 0.5 one in a hundred, for a hundredth of the copies (benchmarks/near_copies.py)."""
_LEAST_LIKENESS = 0.1  # Jaccard: a note of ten lines that a long read quotes in full is not its copy


def sketch(body: str) -> Sketch | None:
    """The sketch of a text; None for one that is too short to be judged."""
    tokens = words(_folded(body))
    if len(tokens) < _SHORTEST:
        return None
    shingles = _shingles(tokens)
    minhash = RMinHash(num_perm=_HASHES, seed=_SEED)
    minhash.update(list(shingles))
    return Sketch(_SIGNATURE.pack(*minhash.digest()), len(shingles))


def _folded(text: str) -> str:
    """Without what one desk sets otherwise than the next: case, apostrophes, accents, vowel points, forms of letters and digits."""
    if text.isascii():
        return text.lower()
    plain = _MARK.sub("", unicodedata.normalize("NFKD", text.casefold())).replace("’", "'")
    return _OTHER_DIGIT.sub(lambda digit: str(unicodedata.decimal(digit[0])), plain)


def _shingles(tokens: list[str]) -> set[str]:
    """The script at its place decides how long a shingle is: a footer in another one leaves those of the text before it alone."""
    spaced = zip(*(tokens[i:] for i in range(_SHINGLE)), strict=False)
    if not any(map(_UNSPACED.match, tokens)):
        return set(map(" ".join, spaced))
    unspaced = zip(*(tokens[i:] for i in range(_UNSPACED_SHINGLE)), strict=False)
    starts = itertools.zip_longest(map(_UNSPACED.match, tokens), spaced, unspaced)
    return {" ".join(run) for is_unspaced, short, long in starts if (run := long if is_unspaced else short)}


def bands(of: Sketch) -> tuple[int, ...]:
    """Signed 64-bit numbers to look a sketch up by: those of two copies share at least one."""
    step = 4 * _ROWS
    keyed = (bytes([n]) + of.signature[n * step : (n + 1) * step] for n in range(_BANDS))
    return tuple(int.from_bytes(hashlib.blake2b(k, digest_size=8).digest(), "big", signed=True) for k in keyed)


def similarity(one: Sketch, other: Sketch) -> float:
    """The share of the shorter text's shingles that the other has too, estimated: 0 to 1. A copy that was cut is still a copy."""
    return _containment(_likeness(one, other), one.shingles, other.shingles)


def is_copy(one: Sketch, other: Sketch) -> bool:
    """Whether one of two texts is a copy of the other, or both of a third."""
    likeness = _likeness(one, other)
    return likeness >= _LEAST_LIKENESS and _containment(likeness, one.shingles, other.shingles) >= COPY_CONTAINMENT


class Stories:
    """Articles by the story that they tell: copies tell one."""

    def __init__(self) -> None:
        self._under: dict[int, list[tuple[Sketch, Hashable]]] = defaultdict(list)

    def add(self, sketch: Sketch, under: Iterable[int], story: Hashable) -> None:
        """Add an article by its sketch and the bands of that."""
        for band in under:
            self._under[band].append((sketch, story))

    def told_by(self, sketch: Sketch, under: Iterable[int], own: Hashable) -> Hashable:
        """The story of the article that this one is most a copy of; its ``own`` where it is none."""
        there = dict.fromkeys(itertools.chain.from_iterable(self._under.get(band, ()) for band in under))
        copies = [(similarity(sketch, other), story) for other, story in there if is_copy(sketch, other)]
        return max(copies, key=lambda copy: copy[0], default=(0.0, own))[1]


def _likeness(one: Sketch, other: Sketch) -> float:
    """Jaccard: what both have, of what either has."""
    ours, theirs = _numbers(one.signature), _numbers(other.signature)
    return sum(map(int.__eq__, ours, theirs)) / _HASHES


def _containment(likeness: float, one: int, other: int) -> float:
    return min(1.0, likeness * (one + other) / (1 + likeness) / min(one, other))


def _numbers(signature: bytes) -> tuple[int, ...]:
    return _SIGNATURE.unpack(signature)
