"""What the fuzzer runs on each input, what it starts from, and how it changes an input.

An input is a page's bytes after one byte that says how the page comes: as HTML or as text, and with which declared charset.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from random import Random

from ingest.extract import extract
from ingest.model import MediaType, Page
from tests.extract.expectations import expect_usable
from tests.extract.made_pages import STORIES, Parts, html_page, page_of, text_page
from tests.extract.mutations import BYTE_MUTATIONS, DECLARATIONS, TEXT_MUTATIONS, TOKENS

MOST_SECONDS = 0.5  # of one page of up to MOST_BYTES, with the tracing of coverage, which takes ten times as long; such a page takes 0.02
MOST_BYTES = 65_536
_MEDIA_TYPES = tuple(MediaType)
_CHARSETS = (None, *DECLARATIONS)


class TooSlow(AssertionError):
    """A page took longer than pages of its size may."""


def page_from(data: bytes) -> Page:
    """The page that an input stands for."""
    how = data[0] if data else 0
    charset = _CHARSETS[how // len(_MEDIA_TYPES) % len(_CHARSETS)]
    return page_of(data[1:], _MEDIA_TYPES[how % len(_MEDIA_TYPES)], charset)


def check(data: bytes) -> None:
    """Extract an input's page.

    Raises:
        AssertionError: the result cannot be used, differs the second time, or took too long.
        Exception: whatever `extract` raised.
    """
    page = page_from(data)
    started = time.process_time()
    result = extract(page)
    seconds = time.process_time() - started
    expect_usable(page, result)
    assert extract(page) == result
    if seconds > MOST_SECONDS:
        raise TooSlow(f"{seconds:.1f} s for {len(page.body):,} bytes")


def seeds() -> Iterator[bytes]:
    """Undamaged pages in all languages and forms."""
    html, text = bytes([_MEDIA_TYPES.index(MediaType.HTML)]), bytes([_MEDIA_TYPES.index(MediaType.TEXT)])
    forms = [Parts(), Parts(semantic=False, comments=True), Parts(jsonld=False, quote=True, table=True), Parts(meta=False, app_state=False)]
    for story, parts in itertools.product(STORIES.values(), forms):
        yield html + html_page(story, parts).encode()
    for story in STORIES.values():
        yield html + html_page(story, charset=story.charset).encode(story.charset, "replace")
        yield html + html_page(story, charset="utf-16").encode("utf-16")
        yield text + text_page(story).encode()


def dictionary() -> str:
    """The pieces that damage consists of, in libFuzzer's format."""
    return "".join('"' + "".join(f"\\x{octet:02x}" for octet in token.encode()) + '"\n' for token in TOKENS)


def damaged(data: bytes, chance: Random) -> bytes:
    """The input with one more piece of damage of the kinds that pages come with."""
    head, body = data[:1] or b"\0", data[1:]
    if chance.random() < 1 / (1 + len(TEXT_MUTATIONS) / len(BYTE_MUTATIONS)):
        return head + chance.choice(BYTE_MUTATIONS)(body, chance)
    text = chance.choice(TEXT_MUTATIONS)(body.decode("utf-8", "surrogateescape"), chance)
    return head + text.encode("utf-8", "surrogateescape")
