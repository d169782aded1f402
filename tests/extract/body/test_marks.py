"""What names say, and what statements about a page do not say about an element."""

from __future__ import annotations

import pytest

from ingest.extract.body.marks import NO_MARK, Mark, mark_of
from ingest.model import DropReason


@pytest.mark.parametrize(
    ("names", "reason"),
    [
        ("related-articles", DropReason.RELATED),
        ("relatedbroadcast", DropReason.RELATED),
        ("Page__RelatedLinks", DropReason.RELATED),
        ("SHARE", DropReason.SHARE),
        ("ad-slot ad--top", DropReason.ADVERTISEMENT),
        ("twoColumns newsletterBox", DropReason.MAILING_LIST),
        ("paywall-banner", DropReason.SUBSCRIPTION),
        ("sr-only", DropReason.HIDDEN),
    ],
)
def test_boilerplate_names(names: str, reason: DropReason) -> None:
    assert mark_of(names).reason is reason


@pytest.mark.parametrize(
    "names",
    [
        "",
        "row col-md-8",
        "has-sidebar",
        "comments-open",
        "no-ads",
        "shadow",
        "address",
        "header",
        "download",
        "paywall",
        "css-1ad2 kA3dX",
        "mad men",
    ],
)
def test_names_that_say_nothing(names: str) -> None:
    assert mark_of(names) == NO_MARK


@pytest.mark.parametrize("names", ["articleBody", "article-body", "article__body-text", "entry-content", "x storybody y"])
def test_names_of_the_body(names: str) -> None:
    assert mark_of(names).body


def test_phrases_do_not_reach_over_several_names() -> None:
    assert mark_of("entry content") == Mark(article=True)
