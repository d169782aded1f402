"""Fingerprints: the same content gives the same bytes on any machine, at any time."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from ingest.native import native_text

if TYPE_CHECKING:
    from ingest.model import Article

# Chinese, Japanese kana and Thai, Lao, Khmer and Burmese letters write words without spaces between them; each of
# these characters counts as a word, as word processors count East Asian text.
UNSPACED = r"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
# Accents, Hebrew points, Arabic vowel marks and the vowel signs of India's scripts: no letters to `re`, yet inside of words. (Of the last,
# whole blocks but for the dandas that end sentences: a letter that stands here too does no harm.)
_MARKS = r"\u0300-\u036f\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u0900-\u0963\u0971-\u0df3"
_RUN = rf"[^\W{UNSPACED}]+(?:[{_MARKS}]+[^\W{UNSPACED}]*)*+"
_WORD = re.compile(rf"[{UNSPACED}]|{_RUN}(?:['’]{_RUN})*")


def page_sha256(body: bytes) -> bytes:
    """The SHA-256 of a page's bytes after decompression."""
    return hashlib.sha256(body).digest()


@lru_cache(maxsize=20_000)  # a source's menus stand on each of its pages
def block_sha256(text: str) -> bytes:
    """The SHA-256 of a block's text, without regard to case and white space."""
    return hashlib.sha256(_encoded(" ".join(text.casefold().split()))).digest()


def content_sha256(article: Article) -> bytes:
    """The SHA-256 of what makes a new version: title, subtitle, authors and body.

    Dates, topics and pictures are left out: publishers touch them without touching the article.
    """
    parts = (article.title or "", article.subtitle or "", "\x1f".join(article.authors), article.body)
    return hashlib.sha256(_encoded("\x1e".join(parts))).digest()


def words(text: str) -> list[str]:
    """The words of a text; in scripts without spaces between words, its characters."""
    found: list[str] = native_text.words(text) if native_text else words_in_python(text)
    return found


def words_in_python(text: str) -> list[str]:
    """The same without the compiled part."""
    return _WORD.findall(text)


def word_count(text: str) -> int:
    """The number of words; in scripts without spaces between words, the number of characters.

    >>> word_count("It's 3 o'clock"), word_count("外相会談")
    (3, 4)
    """
    return native_text.count_words(text) if native_text else len(words_in_python(text))


def _encoded(text: str) -> bytes:
    # A lone surrogate has no UTF-8 form; it must not keep an article from having a hash.
    return text.encode("utf-8", "surrogatepass")
