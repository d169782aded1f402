"""Which of the titles on offer is the article's headline (``docs/metadata.md`` has the rules as a table)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

from ingest.extract.keys import key as _key
from ingest.extract.metadata.page_words import SITE_WORDS
from ingest.model import FieldCandidate

_SEPARATOR = re.compile(r"\s+(?:[|–—\-·•»«*>/]|::?|--)\s+|\s*[|｜：]\s*|:\s+(?=\S+$)|--")
_WORD = re.compile(r"\w+")
_MOST_PARTS = 3  # site names, sections and slogans that a title carries at one end
_LONGEST_TITLE = 500  # characters; longer ones are texts, and trying all their parts would cost the square of their length
_LONGEST_KEYED = 1_000  # characters; what agrees as far is the same
_SHORTEST_HEADLINE = 8  # characters of key; a shorter heading is the name of a section, and cuts no title
_SAME_HEADLINE = (
    0.5  # share of common words; from there on a shared title is an edit of the headline, below it a teaser written for social media
)
_SITE_WORDS = tuple(sorted(SITE_WORDS))
_RULED = ("rule:", "function:")  # what people wrote for the source goes before all that a page says
_TRUSTED = ("jsonld:headline", "microdata:headline", "rdfa:headline", "h1")


@dataclass(frozen=True, slots=True)
class _Title:
    text: str
    key: str
    candidate: FieldCandidate


def title_key(text: str) -> str:
    """What two spellings of a headline have in common that differ in case, punctuation and spacing only; its beginning where it is long."""
    return _key(text[:_LONGEST_KEYED])


def choose_title(
    candidates: Sequence[FieldCandidate], publishers: tuple[str, ...], page_url: str | None
) -> tuple[str, FieldCandidate] | None:
    """The headline, without the site's name and the like, with the candidate it comes from; None where nothing is offered."""
    sites = site_keys(publishers, page_url)
    plain = frozenset([key for c in candidates if c.origin in _TRUSTED and len(key := title_key(c.value)) >= _SHORTEST_HEADLINE])
    titles = [_Title(text := _stripped(c.value, sites, plain), title_key(text), c) for c in candidates if not _is_site(c.value, sites)]
    if not titles:
        return None
    named = _first_of(titles)
    best = (
        next((t for t in titles if t.candidate.origin.startswith(_RULED)), None)
        or _agreed(titles)
        or named("jsonld:")
        or named("meta:")
        or named("title")
        or titles[0]
    )
    return best.text, best.candidate


def _agreed(titles: Sequence[_Title]) -> _Title | None:
    """The headline by what the best witnesses agree on: the title for sharing, the headline in JSON-LD, the main heading."""
    named = _first_of(titles)
    social, second = named("meta:og:title") or named("meta:twitter:title"), named("meta:twitter:title")
    stated = named("jsonld:headline") or named("microdata:headline") or named("rdfa:headline")
    shown = _shown(titles, social, stated)
    if social is None or (stated and second and second.key == stated.key):
        return stated or (shown if shown and _confirmed(shown, named("title")) else None)
    if (shown and social.key == shown.key) or (stated and social.key == stated.key):
        return _best_spelled(social, shown, stated)
    if stated is None:
        whole = named("title")
        return shown if shown and whole and whole.key == shown.key and shown.key.startswith(social.key) else social
    if stated.key in social.key or (shown and shown.key != stated.key):
        return stated
    return social if _is_shortened(social.text, stated.text) else stated


def _confirmed(shown: _Title, title: _Title | None) -> bool:
    """Whether the page's ``<title>`` has anything of its heading: a heading that it ignores is the site's name or a section."""
    if title is None or shown.key in title.key:
        return True
    return not set(_WORD.findall(shown.text.casefold())).isdisjoint(_WORD.findall(title.text.casefold()))


def _best_spelled(agreed: _Title, *others: _Title | None) -> _Title:
    """Among equal titles, the one of the page's own text or JSON-LD."""
    return next((other for other in others if other and other.key == agreed.key), agreed)


def _first_of(titles: Sequence[_Title]) -> Callable[[str], _Title | None]:
    return lambda origin: next(
        (t for t in titles if t.candidate.origin == origin or (origin.endswith(":") and t.candidate.origin.startswith(origin))), None
    )


def _shown(titles: Sequence[_Title], *others: _Title | None) -> _Title | None:
    """The main heading: the ``h1`` that another witness confirms, else the first."""
    headings = [t for t in titles if t.candidate.origin == "h1"]
    keys = {other.key for other in others if other}
    return next((t for t in headings if t.key in keys), headings[0] if headings else None)


@lru_cache(maxsize=64)
def site_keys(publishers: tuple[str, ...], page_url: str | None) -> frozenset[str]:
    """The keys of the names that a site goes by, its host's included."""
    try:
        host = urlsplit(page_url or "").hostname or ""
    except ValueError:
        host = ""
    labels = host.removeprefix("www.").split(".")
    keys = {title_key(name) for name in publishers} | {title_key(".".join(labels[at:])) for at in range(len(labels))}
    keys |= {title_key(label) for label in labels[:-1] if len(label) > len("co.")}
    return frozenset(key for key in keys if key)


def titled_sites(candidates: Sequence[FieldCandidate], title: str | None) -> frozenset[str]:
    """The keys of what the page's ``<title>`` adds to the headline, the site's name among them."""
    if not title:
        return frozenset()
    whole = [c.value for c in candidates if c.origin == "title" and c.value.startswith(title)]
    return frozenset(key for text in whole for part in _SEPARATOR.split(text[len(title) :][:_LONGEST_TITLE]) if (key := title_key(part)))


@lru_cache(maxsize=64)  # most places of a page give the same title
def _stripped(text: str, sites: frozenset[str], plain: frozenset[str]) -> str:
    """The title without what other candidates, or the site's names, show to be none of it."""
    for _ in range(_MOST_PARTS if len(text) <= _LONGEST_TITLE else 0):
        cuts = list(_SEPARATOR.finditer(text))
        if not cuts:
            break
        head, tail = text[: cuts[-1].start()], text[cuts[-1].end() :]
        if _is_site(tail, sites) and title_key(head):
            text = head
        elif _is_site(text[: cuts[0].start()], sites) and title_key(text[cuts[0].end() :]):
            text = text[cuts[0].end() :]
        else:
            text = next((text[: cut.start()] for cut in cuts if title_key(text[: cut.start()]) in plain), text)
            break
    return text


@lru_cache(maxsize=256)
def _is_site(text: str, sites: frozenset[str]) -> bool:
    """Whether a part of a title is the site's name, perhaps with a word that sites add ("The Example", "Example Online")."""
    key = title_key(text)
    short = key.removeprefix("the")
    if key in sites or short in sites:
        return True
    return short.endswith(_SITE_WORDS) and any(short.removesuffix(word) in sites for word in _SITE_WORDS)


def _is_shortened(text: str, headline: str) -> bool:
    """Whether a text is the headline without its kicker or keywords, and not a teaser of its own."""
    words, others = (set(_WORD.findall(title.casefold())) for title in (text, headline))
    common = len(words & others) / max(min(len(words), len(others)), 1)
    return len(text) < len(headline) and common >= _SAME_HEADLINE
