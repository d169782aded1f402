"""Made-up news pages of real size, each like no other: always the same ones."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.web.articles import Truth, render

_SCRIPT_BYTES = 30_000  # of a page's 65 kB
_SOURCES = 50
_WORDS = 650  # an article's
_SHAPES = 4  # of pages, as tests/web knows them
_START = dt.datetime(2025, 1, 1, 8, tzinfo=dt.UTC)


def write_pages(folder: Path, count: int) -> None:
    """Pages as files: 0000000.html and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, page in enumerate(pages(count)):
        (folder / f"{number:07}.html").write_bytes(page)


def pages(count: int) -> Iterator[bytes]:
    """Pages with chrome, related links and a canonical URL."""
    related = [_truth(10**7 + n) for n in range(6)]
    chrome = [_chrome(source) for source in range(_SOURCES)]
    for number in range(count):
        source = number % _SOURCES
        page = render(_truth(number), f"https://site{source}.example", shape=number % _SHAPES, related=related, page_bytes=_SCRIPT_BYTES)
        above, below = chrome[source]
        yield page.replace(b"<body>", b"<body>" + above, 1).replace(b"<footer>", below + b"<footer>", 1)


def _chrome(source: int) -> tuple[bytes, bytes]:
    """What stands on all pages of a source, above and below the article: menus, teasers, a tag cloud, share bars."""
    rng = random.Random(source)  # noqa: S311
    vocabulary, weights = _vocabulary()

    def words(count: int) -> str:
        return " ".join(rng.choices(vocabulary, cum_weights=weights, k=count))

    menu = "".join(f'<li class="menu-item menu-item-{n}"><a href="/{words(1)}/"><span>{words(2)}</span></a></li>' for n in range(80))
    teasers = "".join(
        f'<div class="teaser teaser--{n}"><a href="/news/{n}"><img src="/i/{n}.jpg" alt="{words(5)}" loading="lazy"></a>'
        f'<div class="teaser__text"><h3><a href="/news/{n}">{words(8)}</a></h3><p class="teaser__summary">{words(18)}</p>'
        f'<span class="teaser__time">{n} hours ago</span></div></div>'
        for n in range(40)
    )
    tags = "".join(f'<a class="tag" rel="tag" href="/tag/{n}">{words(2)}</a> ' for n in range(40))
    above = f'<header class="site-header"><div class="logo"><a href="/">Site</a></div><ul class="menu">{menu}</ul></header>'
    below = f'<section class="more"><h2>More from us</h2>{teasers}</section><div class="tags">{tags}</div>'
    return above.encode(), below.encode()


def _truth(number: int) -> Truth:
    rng = random.Random(number)  # noqa: S311
    vocabulary, weights = _vocabulary()
    words = iter(rng.choices(vocabulary, cum_weights=weights, k=_WORDS + 12))
    title = " ".join(itertools.islice(words, 8)).capitalize()
    author = f"{next(words)} {next(words)}".title()
    paragraphs: list[str] = []
    while sentence := list(itertools.islice(words, rng.randint(9, 22))):
        text = " ".join(sentence).capitalize() + "."
        if paragraphs and len(paragraphs[-1]) < rng.randint(150, 450):
            paragraphs[-1] += f" {text}"
        else:
            paragraphs.append(text)
    published = _START + dt.timedelta(minutes=11 * number)
    return Truth(f"/news/{published:%Y/%m/%d}/{title.lower().replace(' ', '-')}-{number}", title, author, published, tuple(paragraphs))


@cache
def _vocabulary() -> tuple[list[str], list[float]]:
    """Few words are common, most are rare, as in any language."""
    rng = random.Random(1)  # noqa: S311
    common = [
        "the",
        "of",
        "and",
        "to",
        "a",
        "in",
        "that",
        "was",
        "for",
        "it",
        "with",
        "as",
        "on",
        "by",
        "at",
        "from",
        "be",
        "this",
        "have",
        "not",
        "are",
        "but",
        "they",
        "his",
        "which",
        "or",
        "she",
        "an",
        "were",
    ]
    syllables = [a + b for a in "bcdfghklmnprstvw" for b in ("a", "e", "i", "o", "u", "an", "er", "in", "or", "ent")]
    made = {"".join(rng.choices(syllables, k=rng.randint(2, 4))) for _ in range(20_000)}
    vocabulary = common + sorted(made)
    return vocabulary, list(itertools.accumulate(1 / (rank + 2) for rank in range(len(vocabulary))))
