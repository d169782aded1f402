"""Pages to articles: a pure function of a page's bytes, its source's rules and the limits.

    bytes ──decode──► text ──parse──► tree ──read──► blocks with verdicts   ─┐
                        │                      └────► candidates by field ──┴─choose──► article
                        └──(plain text) ──read──► blocks and candidates ──────────────► article

Nothing here does I/O, knows a clock or keeps state between pages.
"""

from __future__ import annotations

from ingest.errors import PageError
from ingest.extract.article import article_of_html, article_of_text
from ingest.extract.decode import decode, media_type_of
from ingest.model import Article, Limits, MediaType, Page, Rejection

__all__ = ["extract"]


def extract(page: Page, limits: Limits = Limits()) -> Article | Rejection:
    """The article on a page, or the reason why there is none. The same bytes give the same result, anywhere, any time."""
    try:
        text = decode(page)
        if media_type_of(text, page.media_type) is MediaType.HTML:
            return article_of_html(text, page.candidate, limits)
        return article_of_text(text.decode(), page.candidate)
    except PageError as error:
        return error.rejection()
