"""Figures of containers, added up from the blocks in them; each function takes time linear in the page.

Containers are numbered in the order in which they open, so those inside one are the numbers that follow it, up to its end: what lies
below a container is the difference of two running totals.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

from ingest.extract.body.reading import Reading


class SumsBelow:
    """Of each container: the sum of the amounts (one a block) of all blocks in it."""

    __slots__ = ("_ends", "_totals")

    def __init__(self, reading: Reading, amounts: Iterable[float]) -> None:
        own = [0.0] * (len(reading.containers) + 1)
        for holder, amount in zip(reading.holders, amounts, strict=True):
            if amount:
                own[holder + 1] += amount
        self._totals = list(accumulate(own))
        self._ends = reading.ends

    def __getitem__(self, container: int) -> float:
        return self._totals[self._ends[container]] - self._totals[container]


def nearest(reading: Reading, container: int, tags: frozenset[int], known: dict[int, int]) -> int:
    """The container itself or the closest one around it whose tag is one of ``tags``, the root where there is none.

    ``known`` remembers the answers for one set of tags, so that asking for all blocks takes no longer than the tree is large.
    """
    passed: list[int] = []
    at = container
    while at not in known:
        passed.append(at)
        if reading.containers[at].tag in tags or not at:
            known[at] = at
            break
        at = reading.containers[at].parent
    found = known[at]
    for below in passed:
        known[below] = found
    return found
