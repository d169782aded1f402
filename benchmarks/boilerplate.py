"""Learned boilerplate: how much of what is planted is gone after ten articles of a source, and how much true text is lost.

    python -m benchmarks.boilerplate

Twenty made-up sources in ten scripts, a quarter of them plain text, forty pages each, read by the extractor. Each page carries a newsletter
line within its text and at its end a biography of its author (four a source), a book, a line with a changing number, and a disclaimer.
True text repeats itself too: a refrain, a column's heading, and a story of five days that repeats its background.
"""

from __future__ import annotations

import argparse
import datetime as dt

from ingest.extract import extract
from ingest.identify.boilerplate import Seen, Window, block_keys, without_learned
from ingest.model import Article, Candidate, Limits, MediaType, Page
from tests.identify.made_sources import MadePage, MadeSource

_DAY = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_LEARNED_AFTER = 10
_GOAL_LEFT, _GOAL_LOST = 0.05, 0.002
_EACH_TEXT = 4  # one source in so many has plain text


def _extracted(source: MadeSource, number: int, made: MadePage) -> Article:
    url = f"https://{source.host}/{number}"
    media_type = MediaType.TEXT if made.is_text else MediaType.HTML
    page = Page(Candidate(url, url, url), made.page, media_type, _DAY + dt.timedelta(days=number))
    result = extract(page, Limits())
    if not isinstance(result, Article):
        raise SystemExit(f"{url}: {result.message}")
    return result


def measure(source: MadeSource, pages: int) -> tuple[int, int, int, int]:
    """Of the pages after the tenth: plants that the extractor left, those of them still there, characters of true text, those lost."""
    window, boilerplate = Window(), set[int]()
    planted = left = true = lost = 0
    for number, made in enumerate(source.pages(pages)):
        article = _extracted(source, number, made)
        keys = block_keys(article.blocks)
        boilerplate.update(found.key for found in window.learn(article, keys))
        cleaned = without_learned(article, keys, boilerplate)
        author = article.authors[0] if article.authors else None
        window.add(Seen(number, (_DAY + dt.timedelta(days=number)).date(), author, keys))
        if number < _LEARNED_AFTER:
            continue
        planted += sum(p in article.body for p in made.plants)
        left += sum(p in cleaned.body for p in made.plants)
        kept = [t for t in made.text if t in article.body]
        true += sum(map(len, kept))
        lost += sum(len(t) for t in kept if t not in cleaned.body)
    return planted, left, true, lost


def main() -> None:
    """Print the sums of all sources, and the sources that fall short."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sources", type=int, default=20)
    parser.add_argument("--pages", type=int, default=40)
    arguments = parser.parse_args()
    sums = [0, 0, 0, 0]
    for number in range(arguments.sources):
        found = measure(MadeSource(number, is_text=number % _EACH_TEXT == 1), arguments.pages)
        sums = [a + b for a, b in zip(sums, found, strict=True)]
        if found[1] > found[0] * _GOAL_LEFT or found[3] > found[2] * _GOAL_LOST:
            print(f"source {number}: {found[1]} of {found[0]} plants left, {found[3]} of {found[2]} characters lost")
    planted, left, true, lost = sums
    print(f"plants gone: {1 - left / planted:.4f} of {planted:,}; true text lost: {lost / true:.5f} of {true:,} characters")


if __name__ == "__main__":
    main()
