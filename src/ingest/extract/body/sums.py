"""Figures of containers, added up from the blocks in them; each function takes time linear in the page.

The blocks of a container follow each other, so that what lies in it is the difference of two running totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from ingest.extract.body.reading import Reading


class SumsBelow:
    """Of each container: the sum of the amounts (one a block) of all blocks in it."""

    __slots__ = ("_ends", "_firsts", "_totals")

    def __init__(self, reading: Reading, amounts: Iterable[float]) -> None:
        self._totals = list(accumulate(amounts, initial=0.0))
        self._firsts, self._ends = reading.first_blocks, reading.end_blocks

    def __getitem__(self, container: int) -> float:
        return self._totals[self._ends[container]] - self._totals[self._firsts[container]]


def nearest(reading: Reading, container: int, tags: frozenset[int], known: dict[int, int]) -> int:
    """The container itself or the closest one around it whose tag is one of ``tags``, the root where there is none.

    ``known`` remembers the answers for one set of tags, so that asking for all blocks takes no longer than the tree is large.
    """
    passed: list[int] = []
    at = container
    while at not in known:
        passed.append(at)
        if reading.tags[at] in tags or not at:
            known[at] = at
            break
        at = reading.parents[at]
    found = known[at]
    for below in passed:
        known[below] = found
    return found
