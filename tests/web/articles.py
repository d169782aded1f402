"""Made-up articles: text that varies, facts that are known, pages in several shapes."""

from __future__ import annotations

import datetime as dt
import json
import random
from dataclasses import dataclass
from html import escape

_NAMES = ("Ada Brook", "Ben Castle", "Cora Dunn", "Dario Elm", "Edith Frost", "Farid Gale", "Greta Holm", "Hugo Iver")
_PLACES = (
    "Harbour Hill",
    "Oldbridge",
    "Northmere",
    "Lake Ester",
    "Millford",
    "Port Alder",
    "Stonegate",
    "Westhaven",
    "Brackwater",
    "Kingsfall",
)
_WHO = ("The council", "A spokesman for the port", "The mayor", "Residents of the quarter", "The harbour master", "Engineers", "The region's farmers",
        "A court", "The school board", "Rescue workers", "The union", "Two of the ministers", "Local traders", "The hospital", "Scientists at the institute")  # fmt: skip
_DID = (
    "announced",
    "rejected",
    "confirmed",
    "postponed",
    "welcomed",
    "criticised",
    "examined",
    "approved",
    "questioned",
    "defended",
    "described",
    "measured",
)
_WHAT = ("the plan for a second bridge", "a rise of the ferry fares", "the report on last winter's floods", "the sale of the old brewery",
         "new rules for the night market", "the budget for the coming year", "the closing of three post offices", "a study of the river's water",
         "the contract for the tram line", "the repair of the town hall's roof", "the offer of the electricity company", "the count of nesting herons")  # fmt: skip
_WHY = ("after a meeting that lasted until midnight", "although most of the letters had been against it", "because the money had run out in spring",
        "while hundreds waited outside in the rain", "as the law has required since January", "without giving a reason for the delay",
        "in a letter that was read aloud on Monday", "during a visit to the northern villages", "when the figures were published",
        "despite the warning of two experts", "following weeks of talks with the owners", "before leaving for the capital")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Truth:
    """What an article says, whatever its page looks like."""

    path: str
    title: str
    author: str
    published: dt.datetime
    paragraphs: tuple[str, ...]

    @property
    def body(self) -> str:
        """The text that an extractor should give."""
        return "\n\n".join(self.paragraphs)


def make_article(seed: int, published: dt.datetime) -> Truth:
    """The article of a number: always the same, and like no other."""
    rng = random.Random(seed)
    place = rng.choice(_PLACES)
    title = f"{rng.choice(_WHO)} {rng.choice(_DID)} {rng.choice(_WHAT)} in {place} ({seed})"
    paragraphs = tuple(" ".join(_sentence(rng, seed) for _ in range(rng.randint(3, 5))) for _ in range(rng.randint(6, 9)))
    slug = "-".join(title.lower().replace("'", "").replace("(", "").replace(")", "").split())
    return Truth(f"/news/{published:%Y/%m/%d}/{slug}", title, rng.choice(_NAMES), published, paragraphs)


def _sentence(rng: random.Random, seed: int) -> str:
    number = rng.randint(3, 990)
    return f"{rng.choice(_WHO)} of {rng.choice(_PLACES)} {rng.choice(_DID)} {rng.choice(_WHAT)} {rng.choice(_WHY)}, {number} people of case {seed} said."


def render(truth: Truth, base: str, *, shape: int, related: list[Truth], page_bytes: int = 0) -> bytes:
    """The page of an article in one of four shapes, padded with scripts up to a size."""
    canonical = base + truth.path
    published = truth.published.isoformat()
    paragraphs = "".join(f"<p>{escape(p)}</p>" for p in truth.paragraphs)
    links = "".join(f'<li><a href="{r.path}">{escape(r.title)}</a></li>' for r in related)
    head = f'<link rel="canonical" href="{canonical}">'
    byline = f'<p class="byline">By {truth.author}</p><time datetime="{published}">{truth.published:%d %B %Y}</time>'
    if shape == 0:
        facts = {
            "@context": "https://schema.org", "@type": "NewsArticle", "headline": truth.title, "datePublished": published,
            "author": [{"@type": "Person", "name": truth.author}],
        }  # fmt: skip
        head += f'<script type="application/ld+json">{json.dumps(facts)}</script>'
    elif shape == 1:
        head += f'<meta property="og:title" content="{escape(truth.title)}"><meta property="article:published_time" content="{published}">'
        head += f'<meta property="og:type" content="article"><meta name="author" content="{truth.author}">'
    elif shape == 2:
        paragraphs = f'<div itemprop="articleBody">{paragraphs}</div>'
        head += f'<meta itemprop="headline" content="{escape(truth.title)}">'
        byline = f'<p>By <span itemprop="author">{truth.author}</span></p><time itemprop="datePublished" datetime="{published}">{truth.published:%d %B %Y}</time>'
    story = f"<h1>{escape(truth.title)}</h1>{byline}{paragraphs}"
    article = (
        f'<article itemscope itemtype="https://schema.org/NewsArticle">{story}</article>'
        if shape != 3
        else f'<div class="story">{story}</div>'
    )
    page = (
        f"<!doctype html><html lang=en><head><meta charset=utf-8><title>{escape(truth.title)}</title>{head}</head><body>"
        '<nav><ul><li><a href="/">Home</a></li><li><a href="/world/">World</a></li><li><a href="/about">About us</a></li></ul></nav>'
        f"<main>{article}</main><aside><h2>More stories</h2><ul>{links}</ul></aside>"
        '<div class="newsletter"><p>Sign up for our newsletter and get the best stories every morning.</p></div>'
        "<footer><p>© The Loopback Post. All rights reserved.</p></footer>"
    )
    filler = max(0, page_bytes - len(page) - 40)
    return f"{page}<script>/*{'padding ' * (filler // 8)}*/</script></body></html>".encode()


def render_amp(truth: Truth, base: str) -> bytes:
    """The AMP page of an article."""
    head = f'<meta charset=utf-8><link rel="canonical" href="{base}{truth.path}">'
    return f"<!doctype html><html amp lang=en><head>{head}</head><body><h1>{escape(truth.title)}</h1><p>Short.</p></body></html>".encode()
