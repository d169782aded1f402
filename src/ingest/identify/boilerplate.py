"""Learned boilerplate: what a source puts into article after article is told from what recurs because the news does.

Nothing is known of words here but the names of months and weekdays. A source's last articles are a window; a block that stands in nearly
all of them, or keeps to the edges of many, over days, is boilerplate. So is what stands at the end of one author's articles alone and names
that author. Copies of one story count once. Headings, rows of tables and quotations are never learned: columns, standing questions and
refrains recur by right. A line that begins with a title in quotation marks is no quotation, but has to stand on nearly every
page.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter, deque
from collections.abc import Container, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ingest.identify.fingerprint import UNSPACED, words
from ingest.model import Article, Block, BlockKind, DropReason
from ingest.normalise.dates.vocabulary import VOCABULARY

if TYPE_CHECKING:
    import datetime as dt

WINDOW = 60
"""Articles of a source that are looked back on: a month of a small one, a few hours of a large one."""

# Nearly every page. A story that is updated daily repeats its background three to six times: in a window of nine that is no 70 %.
_ENOUGH_ARTICLES, _NEARLY_ALL = 9, 0.7
_EVERYWHERE = 0.9  # of the articles: then the place does not matter either
# Many pages, at their edges, over days: a line that one section's articles carry.
_MANY, _A_GOOD_PART, _SOME_DAYS = 8, 0.25, 3
_HALF = 0.5  # of the articles, for a line with figures: a third of a source's articles may be the daily report of prices in standing words
_STEADY = 0.6  # of its occurrences at the edge, or at one and the same place
_FROM_START, _FROM_END = 2, 4  # kept blocks that are the edges
# One author's biography.
_OF_AUTHOR, _AUTHORS_PAGES = 2, 0.7
# Earlier articles, all that the author has in the window, where it does not say the name. A reporter who follows one running story ends
# three to six reports with the same background, of which the sixth has five before it. At 3, 1.2 % of such a source's text was lost.
_OF_AUTHOR_UNNAMED = 6
_MOST_REMOVED = 0.6  # of a text's characters: beyond it, something is wrong, and nothing is removed
_NAME_PART = 3  # letters: initials and particles name nobody
_NOT_LEARNED = frozenset({BlockKind.HEADING, BlockKind.TABLE_ROW, BlockKind.PREFORMATTED, BlockKind.QUOTE})
_QUOTED = re.compile(r"""\W{0,3}["“”„«»「『]""")
# What a book's advertisement begins with: up to eight words, closed by neither a full stop nor a comma, as speech is, and more after them.
_TITLE = re.compile(r"""\W{0,3}["“”„«»『](?:[^\s"“”„«»『』]+\s+){0,7}[^\s"“”„«»『』]*[^\s"“”„«»『』.,!?…。、，！？]["“”«»』]\s*[^\W\d_]""")
_DATE_WORDS = frozenset(VOCABULARY.months) | VOCABULARY.beside_dates
_AROUND_WORDS = ".,:;()[]|·-–—،"
_NUMBER = re.compile(r"\d+")
_UNSPACED = re.compile(f"[{UNSPACED}]")
_LETTERS = re.compile(r"[^\W\d_]{2}|[^\W\d_]\W*[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Seen:
    """One article of the window, as far as learning wants to know."""

    cluster: Hashable
    """The same for copies of one story."""
    day: dt.date
    author: str | None
    """Its first author."""
    keys: tuple[int | None, ...]
    """Of its kept blocks, in order; None for those that are never learned."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A block that has been found to be boilerplate, with what it was told by."""

    key: int
    sample: str
    evidence: str


def block_key(block: Block) -> int | None:
    """A block's signed 64-bit number, the same whatever its case, spacing, figures and dates are; None for what is never learned."""
    if block.kind in _NOT_LEARNED or not _LETTERS.search(block.text):
        return None
    if _QUOTED.match(block.text) and not _TITLE.match(block.text):
        return None
    masked = _masked(block.text.casefold().split())
    return int.from_bytes(hashlib.blake2b(masked.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big", signed=True)


def _masked(tokens: Sequence[str]) -> str:
    text = " ".join(tokens)
    figures = _NUMBER.sub("0", text)
    if figures == text:
        return text
    return " ".join("0" if token.strip(_AROUND_WORDS) in _DATE_WORDS else token for token in figures.split(" "))


def block_keys(blocks: Sequence[Block]) -> tuple[int | None, ...]:
    """The keys of the kept blocks, in order."""
    return tuple(block_key(b) for b in blocks if b.kept)


class Window:
    """A source's last articles, oldest first."""

    def __init__(self, seen: Iterable[Seen] = ()) -> None:
        self.seen = deque(seen, WINDOW)
        self._counts = Counter(itertools.chain.from_iterable(set(one.keys) for one in self.seen))

    def add(self, seen: Seen) -> None:
        """Add an article; the oldest leaves."""
        if len(self.seen) == WINDOW:
            self._counts.subtract(set(self.seen[0].keys))
        self.seen.append(seen)
        self._counts.update(set(seen.keys))

    def learn(self, article: Article, keys: Sequence[int | None]) -> list[Learned]:
        """Which of an article's blocks the earlier articles tell to be boilerplate; ``keys`` are its `block_keys`."""
        kept = (b.text for b in article.blocks if b.kept)
        often = [(key, text) for key, text in zip(keys, kept, strict=True) if key is not None and self._counts[key] >= _OF_AUTHOR]
        judged = ((key, text, _evidence(key, text, article, self.seen)) for key, text in often)
        return [Learned(key, text, evidence) for key, text, evidence in judged if evidence]


def without_learned(article: Article, keys: Sequence[int | None], boilerplate: Container[int]) -> Article:
    """The article with what was learned dropped for the reason `DropReason.LEARNED`; a heading over nothing goes with it."""
    if not any(key in boilerplate for key in keys if key is not None):
        return article
    kept = [b for b in article.blocks if b.kept]
    dropped = [key is not None and key in boilerplate for key in keys]
    _drop_bare_headings(kept, dropped)
    if sum(len(b.text) for b, drop in zip(kept, dropped, strict=True) if drop) > sum(len(b.text) for b in kept) * _MOST_REMOVED:
        return article
    verdicts = iter(dropped)
    blocks = tuple(b._replace(reason=DropReason.LEARNED) if b.kept and next(verdicts) else b for b in article.blocks)
    return replace(article, blocks=blocks, body="\n\n".join(b.text for b in blocks if b.kept))


def _evidence(key: int, text: str, article: Article, window: Iterable[Seen]) -> str | None:
    """Why a block is boilerplate, as a sentence; None where it is not, as far as one can tell."""
    since = {seen.cluster: seen for seen in itertools.dropwhile(lambda seen: key not in seen.keys, window)}
    having = [seen for seen in since.values() if key in seen.keys]
    days = len({seen.day for seen in having})
    share = len(having) / len(since)
    steady = _steadiness(key, having)
    if len(since) >= _ENOUGH_ARTICLES and share >= _NEARLY_ALL and (steady >= _STEADY or share >= _EVERYWHERE):
        return f"in {len(having)} of {len(since)} articles since it first appeared"
    if _QUOTED.match(text):
        return None
    needed = _HALF if _NUMBER.search(text) else _A_GOOD_PART
    if len(having) >= _MANY and share >= needed and days >= _SOME_DAYS and steady >= _STEADY:
        return f"in {len(having)} of {len(since)} articles since it first appeared, on {days} days, at the same place"
    author = article.authors[0] if article.authors else None
    if author and {seen.author for seen in having} == {author} and all(key in seen.keys[-_FROM_END:] for seen in having):
        by_author = sum(seen.author == author for seen in since.values())
        if _names(text, author) and len(having) >= max(_OF_AUTHOR, by_author * _AUTHORS_PAGES):
            return f"at the end of {len(having)} of {by_author} articles by {author}, whom it names"
        if _OF_AUTHOR_UNNAMED <= len(having) == by_author < len(since):
            return f"at the end of all {by_author} articles by {author}, and of no others"
    return None


def _steadiness(key: int, having: Sequence[Seen]) -> float:
    """The share of its occurrences that stand at an edge, or at one and the same place from an end."""
    starts = [seen.keys.index(key) for seen in having]
    ends = [len(seen.keys) - 1 - seen.keys[::-1].index(key) for seen in having]
    from_end = [len(seen.keys) - 1 - last for seen, last in zip(having, ends, strict=True)]
    edge = sum(s < _FROM_START or e < _FROM_END for s, e in zip(starts, from_end, strict=True))
    return max(edge, Counter(starts).most_common(1)[0][1], Counter(from_end).most_common(1)[0][1]) / len(having)


def _names(text: str, author: str) -> bool:
    """Whether a text says an author's whole name, in whole words: a part of it may be any word, and stand inside of others."""
    folded, name = text.casefold(), author.casefold()
    if _UNSPACED.search(name):
        return name in folded
    parts = {part for part in words(name) if len(part) >= _NAME_PART}
    return (len(parts) > 1 and parts <= set(words(folded))) or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) is not None


def _drop_bare_headings(kept: Sequence[Block], dropped: list[bool]) -> None:
    """Mark headings of which everything up to the next heading is boilerplate."""
    is_bare, has_learned = True, False
    for i in range(len(kept) - 1, -1, -1):
        if kept[i].kind == BlockKind.HEADING:
            dropped[i] = is_bare and has_learned
            is_bare, has_learned = True, False
        elif dropped[i]:
            has_learned = True
        else:
            is_bare = False
