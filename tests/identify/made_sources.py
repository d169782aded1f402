"""Made-up sources whose pages carry lines that no rule knows, among texts that repeat themselves as news does."""

from __future__ import annotations

import html
import random
from dataclasses import dataclass

from tests.identify.made_copies import SCRIPTS, Writer


@dataclass(frozen=True, slots=True)
class MadePage:
    """A page with its truth."""

    page: bytes
    is_text: bool
    plants: tuple[str, ...]
    """What is no part of the article."""
    text: tuple[str, ...]
    """The article's paragraphs."""


class MadeSource:
    """One source: its standing lines, its authors, its refrain, its column, and a story that it updates daily."""

    def __init__(self, number: int, *, is_text: bool = False) -> None:
        self.host = f"post{number}.example"
        self._is_text = is_text
        self._random = random.Random(number)  # noqa: S311
        self._writer = Writer(SCRIPTS[number % len(SCRIPTS)], seed=number)
        sentence = self._writer.sentence
        self._newsletter, self.book, self._disclaimer = sentence(8, 16), sentence(10, 20), f"{sentence(14, 26)} {sentence(8, 14)}"
        self._counted = sentence(5, 9)
        self._authors = [" ".join(self._writer.words(2)).title() for _ in range(4)]
        self._lives = {a: f"{a} {sentence(8, 16)}" if n else sentence(10, 18) for n, a in enumerate(self._authors)}  # one names nobody
        self._refrain = sentence(6, 12)
        self._column = sentence(3, 5).rstrip("。.")
        self._background = [sentence(16, 26) for _ in range(2)]
        self._live_days = set(self._random.sample(range(40), 5))

    def pages(self, count: int) -> list[MadePage]:
        return [self._page(day) for day in range(count)]

    def _page(self, day: int) -> MadePage:
        author = self._random.choice(self._authors)
        text = [" ".join(self._writer.sentence() for _ in range(self._random.randint(2, 3))) for _ in range(self._random.randint(8, 14))]
        if self._random.random() < 0.3:
            text.insert(self._random.randint(2, len(text) - 2), self._refrain)
        if day in self._live_days:
            text[-3:-3] = self._background
        heading = self._column if self._random.random() < 0.3 else self._writer.sentence(3, 6).rstrip("。.")
        title = self._writer.sentence(5, 9).rstrip("。.")
        counted = f"{self._counted} {self._random.randint(2, 900)}"
        interlude = self._random.choice((2, 3, 4))
        plants = (self._newsletter, self.book, self._disclaimer, self._lives[author], counted)
        paragraphs = [*text[:interlude], self._newsletter, *text[interlude:], self._lives[author], self.book, counted, self._disclaimer]
        truth = (*text, heading)
        if self._is_text:
            lines = [title, f"By {author}", *paragraphs[:3], heading, *paragraphs[3:]]
            return MadePage("\n\n".join(lines).encode(), True, plants, truth)  # noqa: FBT003
        inner = "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs[3:])
        first = "".join(f"<p>{html.escape(p)}</p>" for p in paragraphs[:3])
        page = (
            f'<!doctype html><meta charset=utf-8><title>{html.escape(title)}</title><meta name=author content="{html.escape(author)}">'
            f'<meta property="article:published_time" content="2026-0{1 + day // 28}-{1 + day % 28:02}T08:00:00Z">'
            f"<article><h1>{html.escape(title)}</h1>{first}<h2>{html.escape(heading)}</h2>{inner}</article>"
        )
        return MadePage(page.encode(), False, plants, truth)  # noqa: FBT003
