"""Made-up articles in nine scripts, copies of them as editors make them, and pairs that only look like copies."""

from __future__ import annotations

import random
from collections.abc import Sequence

_LETTERS = {
    "latin": ("aeiou", "bcdfghklmnprst"),
    "cyrillic": ("аеиоу", "бвгдзклмнпрст"),
    "greek": ("αεηιου", "βγδζθκλμνπρστ"),
    "arabic": ("اوي", "بتجحدرسعفقكلمن"),
    "hebrew": ("אוי", "בגדהזחטכלמנספקרשת"),
    "devanagari": ("ािीुे", "कगचजटडतदनपबमयरलवसह"),
    "hangul": ("", "가나다라마바사아자차카타파하고노도로모보소오조"),
}
_UNSPACED = {
    "chinese": [chr(c) for c in range(0x4E00, 0x4E00 + 1500)],
    "japanese": [chr(c) for c in (*range(0x3042, 0x3093), *range(0x30A2, 0x30F3), *range(0x5000, 0x5000 + 700))],
    "thai": [chr(c) for c in range(0x0E01, 0x0E2E)],
}
SCRIPTS = (*_LETTERS, *_UNSPACED)

Article = list[list[str]]
"""Paragraphs of sentences."""


class Writer:
    """Writes in one made-up language: few words are common, most are rare, as in any."""

    def __init__(self, script: str, seed: int) -> None:
        self._random = random.Random(f"{script}-{seed}")  # noqa: S311
        self._unspaced = script in _UNSPACED
        self._vocabulary = [self._word(script) for _ in range(4_000)]
        self._weights = [1 / (rank + 3) for rank in range(len(self._vocabulary))]

    def _word(self, script: str) -> str:
        if self._unspaced:
            return "".join(self._random.choices(_UNSPACED[script], k=self._random.choice((1, 2, 2, 3))))
        vowels, consonants = _LETTERS[script]
        return "".join(self._random.choice(consonants) + self._random.choice(vowels or [""]) for _ in range(self._random.randint(1, 4)))

    def words(self, count: int) -> list[str]:
        return self._random.choices(self._vocabulary, self._weights, k=count)

    def sentence(self, least: int = 8, most: int = 26) -> str:
        return self.joined(self.words(self._random.randint(least, most)))

    def joined(self, words: Sequence[str]) -> str:
        return ("" if self._unspaced else " ").join(words) + ("。" if self._unspaced else ".")

    def article(self, paragraphs: int = 14) -> Article:
        return [[self.sentence() for _ in range(self._random.randint(1, 4))] for _ in range(paragraphs)]

    def copy(self, article: Article) -> Article:
        """As another publisher carries it: some sentences reworded, some paragraphs cut, other lines around it."""
        reworded = self._random.uniform(0.10, 0.25)
        kept = [p for p in article if self._random.random() > self._random.uniform(0.2, 0.4)] or article[:1]
        text = [[self._reworded(s) if s and self._random.random() < reworded else s for s in paragraph] for paragraph in kept]
        return [[self.sentence(4, 10)], *text, [self.sentence(6, 14)], [self.sentence(6, 14)]]

    def _reworded(self, sentence: str) -> str:
        words = self._split(sentence) or [sentence]
        for place in self._random.sample(range(len(words)), max(1, len(words) // 4)):
            words[place] = self.words(1)[0]
        cut = self._random.randrange(len(words))
        return self.joined(words[cut:] + words[:cut] if self._random.random() < 0.5 else words)

    def _split(self, sentence: str) -> list[str]:
        bare = sentence.rstrip("。.")
        return [bare[i : i + 2] for i in range(0, len(bare), 2)] if self._unspaced else bare.split()

    def same_event(self) -> tuple[Article, Article]:
        """Two reports of one event: the same three quotes, everything else in words of their own."""
        quotes = [self.sentence(10, 20) for _ in range(3)]
        one, other = self.article(12), self.article(12)
        for number, quote in enumerate(quotes):
            one[2 + 3 * number].append(quote)
            other[1 + 4 * number % 11].append(quote)
        return one, other

    def same_template(self) -> tuple[Article, Article]:
        """Two match reports from one form: in every sentence some names and numbers differ."""
        form = [self.words(self._random.randint(10, 22)) for _ in range(16)]
        return self._filled(form), self._filled(form)

    def _filled(self, form: list[list[str]]) -> Article:
        names = [self.words(2) for _ in range(6)]
        filled = []
        for words in form:
            places = {self._random.randrange(i, min(i + 6, len(words))) for i in range(0, len(words), 6)}
            other = [self._random.choice(names)[0] + str(self._random.randint(0, 9)) if i in places else w for i, w in enumerate(words)]
            filled.append([self.joined(other)])
        return filled


def body(article: Article, *, separator: str = " ") -> str:
    return "\n\n".join(separator.join(paragraph) for paragraph in article)
