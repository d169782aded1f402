"""Figures of containers, added up from the blocks in them; each function takes time linear in the page."""

from __future__ import annotations

from collections.abc import Iterable

from ingest.extract.body.reading import Reading


def sums_below(reading: Reading, amounts: Iterable[float]) -> list[float]:
    """Of each container: the sum of the amounts (one a block) of all blocks in it."""
    parents = reading.parents
    sums = [0.0] * len(parents)
    for block, amount in zip(reading.blocks, amounts, strict=True):
        if amount:
            sums[block.container] += amount
    for index in range(len(sums) - 1, 0, -1):
        if sums[index]:
            sums[parents[index]] += sums[index]
    return sums


def holds_any(reading: Reading, flags: list[bool]) -> list[bool]:
    """Of each container: whether a flagged block lies in it."""
    holds = [False] * len(reading.parents)
    for block, flag in zip(reading.blocks, flags, strict=True):
        index = block.container
        while flag and not holds[index]:
            holds[index] = True
            index = reading.parents[index]
    return holds


def nearest(reading: Reading, tags: frozenset[str]) -> list[int]:
    """Of each container: itself or the closest container around it whose tag is one of ``tags``; the root where there is none."""
    found: list[int] = []
    for index, (parent, tag, *_) in enumerate(reading.containers):
        found.append(index if tag in tags or not index else found[parent])
    return found
