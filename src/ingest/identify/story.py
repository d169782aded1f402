"""Whether two texts tell one story: what is left to go by where URLs say so and are known to lie."""

from __future__ import annotations

from typing import NamedTuple

from ingest.identify.fingerprint import words

_RUN = 4  # words: of two stories in one language, one run in a hundred is in both
_LEAST_SHARED = 0.1  # of the shorter text's runs: what is left of a report in the long read that takes its place


class Story(NamedTuple):
    """What a page tells."""

    title: str | None
    body: str


def is_same_story(one: Story, other: Story) -> bool:
    """Whether one of two texts may be what the other has become: they have a title in common, or a part of their text."""
    titles = [words((story.title or "").casefold()) for story in (one, other)]
    if titles[0] and titles[0] == titles[1]:
        return True
    shorter, longer = sorted((_runs(one.body), _runs(other.body)), key=len)
    return len(shorter & longer) >= _LEAST_SHARED * len(shorter)


def _runs(text: str) -> set[tuple[str, ...]]:
    found = words(text.casefold())
    return set(zip(*(found[i:] for i in range(_RUN)), strict=False)) or {tuple(found)}
