"""Which containers are boilerplate by their own account, and which of those accounts the page refutes."""

from __future__ import annotations

import re
from functools import lru_cache

from ingest.extract.body.evidence import Evidence
from ingest.extract.body.reading import Container, Reading
from ingest.extract.body.sums import holds_any, sums_below
from ingest.model import DropReason

_SHARE_REFUTED = 0.35  # of the page's prose: containers of one name with that much are not what a boilerplate name says
_SHARE_VOUCHED = 0.3  # of the page's prose: where the structured data repeats that much, it says what is the article's
_OWN_NUMBER = re.compile(r"(?:__|--|-|_)?[A-Za-z]*\d[\w-]*")
_NAMES_CACHED = 8_192
_TAG_REASONS = {
    "nav": DropReason.NAVIGATION,
    "menu": DropReason.NAVIGATION,
    "footer": DropReason.SITE_CHROME,
    "aside": DropReason.RELATED,
    "figcaption": DropReason.CAPTION,
    "caption": DropReason.CAPTION,
    "address": DropReason.AUTHOR,
    "dialog": DropReason.WIDGET,
    "form": DropReason.FORM,
    "fieldset": DropReason.FORM,
    "button": DropReason.FORM,
    "label": DropReason.FORM,
    "option": DropReason.FORM,
}
_IRREFUTABLE = frozenset({DropReason.COMMENT, DropReason.CAPTION, DropReason.FORM})
"""Reasons that hold however much prose a container has: readers write more than reporters."""


def container_reasons(reading: Reading, prose: list[float], evidence: Evidence) -> list[DropReason | None]:
    """Of each container: why its own tag and names, or those of one around it, put its text out."""
    containers = reading.containers
    sums = sums_below(reading, prose)
    vouched = sums_below(reading, [amount if said else 0.0 for amount, said in zip(prose, evidence.vouched, strict=True)])
    titled = holds_any(reading, evidence.title)
    by_names = _prose_by_names(containers, sums)
    reasons: list[DropReason | None] = []
    for index, container in enumerate(containers):
        above = reasons[container.parent] if index else None
        if above is not None or not index:
            reasons.append(above)
            continue
        reason = DropReason.HIDDEN if container.hidden else _TAG_REASONS.get(container.tag) or container.mark.reason
        if reason is not None:
            claims_body = container.mark.body and reason is not DropReason.COMMENT
            if claims_body or titled[index] or vouched[index] > sums[index] / 2:
                reason = None
            elif sums[index] and reason not in _IRREFUTABLE and vouched[0] < _SHARE_VOUCHED * sums[0]:
                amount = max(sums[index], by_names.get(family(container.names), 0.0))
                reason = None if amount > _SHARE_REFUTED * sums[0] else reason
        reasons.append(reason)
    return reasons


def _prose_by_names(containers: list[Container], sums: list[float]) -> dict[str, float]:
    """The prose of all containers of one name together: an article may lie in twenty pieces that are called the same."""
    by_names: dict[str, float] = {}
    for container, amount in zip(containers, sums, strict=True):
        if amount and container.mark.reason is not None:
            name = family(container.names)
            by_names[name] = by_names.get(name, 0.0) + amount
    return by_names


@lru_cache(maxsize=_NAMES_CACHED)
def family(names: str) -> str:
    """The names without the numbers and hashes that make them one element's own."""
    return _OWN_NUMBER.sub("", names)
