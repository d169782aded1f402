"""What a page is to the articles that are loaded: new, updated, unchanged or a duplicate. Plain values in, plain values out.

Pages are decided one after the other, each against what the ones before it left: the same pages in the same order
come to the same, whether they arrive in one batch or in many.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from ingest.identify.fingerprint import content_sha256
from ingest.model import Article, Precision, ZoneFrom
from ingest.store.rows import COMPARED_COLUMNS, DECISIVE_COLUMNS, ArticlePage

_LISTS = ("feed", "sitemap")  # of ``published_from``


class Outcome(StrEnum):
    """What became of a page that gave an article (column ``ops.run_count.outcome``)."""

    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    DUPLICATE = "duplicate"


@dataclass(slots=True)
class Known:
    """One article as it is loaded, and as the pages of a batch change it."""

    key: bytes
    article_id: int | None
    version_no: int
    """Of its current version."""
    versions: int
    """How many it has: the largest number of one."""
    last_changed_at: dt.datetime
    last_seen_at: dt.datetime
    content: Mapping[str, Any]
    extractor_version: str
    contents: set[bytes] = field(default_factory=set)
    """content_sha256 of every version."""
    pages: set[bytes] = field(default_factory=set)
    """body_sha256 of every version."""
    seen_in_run: bool = False
    made_again: bool = False
    """Whether the run makes articles again from pages that are loaded already: only then does what was learned since change one."""
    first_page: ArticlePage | None = None
    latest_page: ArticlePage | None = None
    """The page that made the current version, where one of this batch did."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version to add."""

    known: Known
    version_no: int
    page: ArticlePage
    reason: str
    changed: list[str]
    """The columns that the publisher changed; where it was only read again, or is of earlier, those that are otherwise."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What one page is; ``known`` is the article that it belongs to."""

    page: ArticlePage
    outcome: Outcome
    known: Known
    version: Version | None = None


def decide(pages: Sequence[ArticlePage], known: dict[bytes, Known], owners: dict[bytes, Known]) -> list[Decision]:
    """Decide pages in order.

    ``known`` maps the keys of loaded articles, ``owners`` a page's body_sha256 to an article that has a version read
    from it, and a content_sha256 to an article with that content. Both are brought up to date.
    """
    return [_decide(page, known, owners) for page in pages]


def _decide(page: ArticlePage, known: dict[bytes, Known], owners: dict[bytes, Known]) -> Decision:
    article = known.get(page.key)
    if page.is_loaded and article:
        return _read_again(page, article)
    body = page.content.body_sha256
    owner = owners.get(body) if body and page.may_be_mirror else None
    if owner is None and not page.has_own_url:
        owner = owners.get(page.content.content_sha256)
    is_copy = owner is not None and owner.key != page.key
    if is_copy and owner is not None and (article is None or body not in article.pages):
        # A file that was moved or renamed is the same article; one that is there besides is a copy.
        outcome = Outcome.DUPLICATE if owner.seen_in_run else Outcome.UNCHANGED
        _see(owner, page)
        return Decision(page, outcome, owner)
    if article is None:
        decision = _new(page)
        known[page.key] = decision.known
    elif _is_unchanged(page, article):
        # Each place is read once a run: a second page with the same content stood somewhere else.
        decision = Decision(page, Outcome.DUPLICATE if article.seen_in_run else Outcome.UNCHANGED, article)
        if body == article.content["body_sha256"]:
            article.extractor_version = page.content.extractor_version
    else:
        decision = _updated(page, article)
    _see(decision.known, page)
    if decision.version:
        owners.setdefault(page.content.content_sha256, decision.known)
        if body:
            owners.setdefault(body, decision.known)
    return decision


def _read_again(page: ArticlePage, article: Known) -> Decision:
    """The page that an article was made from: nobody has seen it again, and what comes of it otherwise than before is no edit."""
    if page.content.body_sha256 != article.content["body_sha256"]:  # another loader has brought a newer one since
        return Decision(page, Outcome.UNCHANGED, article)
    if _is_unchanged(page, article):
        article.extractor_version = page.content.extractor_version
        return Decision(page, Outcome.UNCHANGED, article)
    return _updated(page, article)


def _see(article: Known, page: ArticlePage) -> None:
    article.seen_in_run = True
    article.last_seen_at = max(article.last_seen_at, page.observed_at)


def _is_unchanged(page: ArticlePage, article: Known) -> bool:
    content = page.content
    same_page = content.body_sha256 is not None and content.body_sha256 == article.content["body_sha256"]
    if same_page and content.extractor_version != article.extractor_version:
        # The same bytes, read anew: also a date or a section counts, and going back to what an older version said.
        return all(article.content[c] == getattr(content, c) for c in COMPARED_COLUMNS)
    if content.content_sha256 == article.content["content_sha256"]:
        if page.observed_at > article.last_seen_at and not same_page and _is_redated(page, article):
            return False
        # What has been learned since is no edit: it changes an article only where its own page is read again. That another loader
        # has loaded the page since it was looked for is no reading again.
        return not (article.made_again and same_page and content.body != article.content["body"])
    if page.observed_at > article.last_seen_at:
        return False
    is_older_page = content.body_sha256 in article.pages and content.body_sha256 != article.content["body_sha256"]
    return content.content_sha256 in article.contents or is_older_page


def _is_redated(page: ArticlePage, article: Known) -> bool:
    """Whether the publisher has dated an article that had no date that can be counted on, or has dated it anew.

    A page that no longer says when it appeared, or says it less finely, takes nothing back; what a feed says fills gaps only, as feeds
    date their entries anew each time they are built.
    """
    content, before = page.content, article.content
    if content.published_at is None or content.date_suspect:
        return False
    if before["published_at"] is None or before["date_suspect"]:
        return True
    if content.published_from in _LISTS:
        return False
    if before["published_tz_from"] != content.published_tz_from == ZoneFrom.ASSUMED_UTC:
        return False
    was, now = before["published_precision"], content.published_precision
    if was == Precision.DAY != now:
        return True
    at, at_before = content.published_at, before["published_at"].astimezone(content.published_at.tzinfo)
    if now == Precision.DAY:
        return bool(at.date() != at_before.date())
    return bool(at.replace(second=0) != at_before.replace(second=0))


def _new(page: ArticlePage) -> Decision:
    article = Known(page.key, None, 0, 0, page.observed_at, page.observed_at, {}, "", first_page=page)
    return Decision(page, Outcome.NEW, article, _add_version(page, article, "new", []))


def _updated(page: ArticlePage, article: Known) -> Decision:
    reason = _reason(page, article)
    changed = [c for c in COMPARED_COLUMNS if article.content[c] != getattr(page.content, c)]
    if reason == "publisher_change" and "body" in changed and _says_the_same(page, article):
        changed.remove("body")  # it has lost what was learned since: no edit
    return Decision(page, Outcome.UPDATED, article, _add_version(page, article, reason, changed))


def _reason(page: ArticlePage, article: Known) -> str:
    same_page = page.content.body_sha256 is not None and page.content.body_sha256 == article.content["body_sha256"]
    if page.observed_at < article.last_seen_at and not same_page:
        return "earlier"
    if page.content.extractor_version != article.extractor_version:
        # Another page than the loaded one comes to this where that is not kept, or is refused by now: nobody can tell an edit then.
        return "reextract"
    same_text = page.content.content_sha256 == article.content["content_sha256"]
    return "reextract" if same_page and same_text else "publisher_change"


def _says_the_same(page: ArticlePage, article: Known) -> bool:
    """Whether the text as extracted is that of the current version, of which only the hash is known, together with title and authors."""
    before = article.content
    extracted = page.result.result
    assert isinstance(extracted, Article)  # noqa: S101  # what an ArticlePage is made of
    of_before = replace(extracted, title=before["title"], subtitle=before["subtitle"], authors=tuple(before["authors"]))
    return bool(content_sha256(of_before) == before["content_sha256"])


def _add_version(page: ArticlePage, article: Known, reason: str, changed: list[str]) -> Version:
    article.versions += 1
    article.contents.add(page.content.content_sha256)
    if page.content.body_sha256:
        article.pages.add(page.content.body_sha256)
    if reason != "earlier":  # what the article said before it was last seen is not what it says
        article.version_no = article.versions
        article.last_changed_at = max(article.last_changed_at, page.observed_at)
        article.content = {c: getattr(page.content, c) for c in DECISIVE_COLUMNS}
        article.extractor_version = page.content.extractor_version
        article.latest_page = page
    return Version(article, article.versions, page, reason, changed)
