"""Which URLs of a news site are articles', told from their shape alone."""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

_DATE = re.compile(r"(?:^|[/_-])(?:19|20)\d\d[/_.-]?(?:0[1-9]|1[0-2])(?:[/_.-]?(?:0[1-9]|[12]\d|3[01]))?(?=$|[/_.-]|\D)")
_YEAR_MONTH_WORD = re.compile(r"/(?:19|20)\d\d/(?:[a-z]{3,9})/\d{1,2}(?:/|$)")
_ID = re.compile(r"(?:^|[^0-9])\d{5,}(?:$|[^0-9])|(?:^|[-_.])(?=[0-9a-f]*\d)[0-9a-f]{12,}$|(?:^|[-_.,])[a-z]{1,4}-?\d{5,}$")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_CODE = re.compile(r"(?=.*\d)(?=.*[a-z])[a-z0-9]{8,}")  # a name that no person wrote
_INDEX = re.compile(r"index\.(?:html?|php)")
_COUNTER = re.compile(r"\d{1,4}")
_PAGE = re.compile(r"(?:^|/)(?:page|seite|pagina|p)[/-]?\d{1,4}/?$")
_PAGE_SUFFIXES = ("html", "htm", "shtml", "xhtml", "php", "asp", "aspx", "jsp", "cms", "ece", "story", "amp", "do", "dhtml")
_WORD = re.compile(r"[^\W\d_]+")
_UNSPACED = re.compile(r"[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]{8,}")
_LONG_SLUG, _SHORT_SLUG = 4, 3  # words: sections have one or two, headlines rarely fewer than four
_ENOUGH = 2  # points: one strong sign, or two weak ones


def _load() -> dict[str, frozenset[str]]:
    table: dict[str, Any] = tomllib.loads(resources.files("ingest.normalise").joinpath("article_urls.toml").read_text("utf-8"))
    for name, words in table.items():
        for word in words:
            if not isinstance(word, str) or word != word.lower() or not word:
                raise ValueError(f"article_urls.toml: {word!r} in {name} is not a word in lower case")
    return {name: frozenset(words) for name, words in table.items()}


_TABLE = _load()
_LIST, _ARTICLE, _PARAMETERS, _MEDIA = _TABLE["list"], _TABLE["article"], _TABLE["parameters"], _TABLE["media"]


def is_article_url(url: str) -> bool:
    """Whether a URL looks like an article's: a headline, a date or a number in it, and no word of lists and services.

    >>> is_article_url("https://post.example/world/2026/11/02/river-floods-three-towns"), is_article_url("https://post.example/world/europe")
    (True, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if parts.scheme not in {"http", "https"}:
        return False
    path = unquote(parts.path).lower()
    segments = [segment for segment in path.split("/") if segment]
    if segments and _INDEX.fullmatch(segments[-1]):
        segments.pop()
    if not segments:
        return _query_points(parts.query) >= _ENOUGH and bool(parts.path.strip("/") or parts.query)
    stem, _, suffix = segments[-1].rpartition(".")
    if suffix in _MEDIA and stem:
        return False
    last = stem if stem and suffix in _PAGE_SUFFIXES else segments[-1]
    dated = bool(_DATE.search(path) or _YEAR_MONTH_WORD.search(path))
    if last in _LIST or _PAGE.search(path) or (not dated and _LIST.intersection(segments[:-1])):
        return False
    return _points(segments, last, is_page=last is not segments[-1], dated=dated) + _query_points(parts.query) >= _ENOUGH


def _points(segments: list[str], last: str, *, is_page: bool, dated: bool) -> int:
    # Some publishers end a URL with a number, or with a word, after the headline's own segment.
    slug = max(segments[:-3:-1], key=_words) if not is_page and len(segments) > 1 else last
    words = _words(slug)
    points = 0
    if words >= _LONG_SLUG or _UNSPACED.search(slug):
        points += 2
    elif words == _SHORT_SLUG:
        points += 1
    if _ID.search(last) or _UUID.search(last) or (len(segments) > 1 and _ID.search(segments[-2]) and words):
        points += 2
    elif is_page and _COUNTER.fullmatch(last):
        points += 1
    # A date alone is a day's archive.
    if dated and (words >= 1 or is_page) and not _is_date(last):
        points += 2 if words > 1 or is_page or _ID.search(last) else 1
    if is_page and words:
        points += 1
    if len(segments) > 1 and segments[-2] in _ARTICLE:
        points += 2 if _CODE.fullmatch(last) else 1
    return points


def _words(segment: str) -> int:
    return sum(1 for word in _WORD.findall(segment) if len(word) > 1 or not word.isascii())


def _is_date(segment: str) -> bool:
    return not _WORD.search(segment) and len(segment) <= len("2026-11-02")


def _query_points(query: str) -> int:
    for name, value in parse_qsl(query[:2_000]):
        if name.lower() in _PARAMETERS and any(c.isdigit() for c in value):
            return 2
    return 0
