from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.phrases import matching_reason
from ingest.model import DropReason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Join the mailing list", "mailing_list"),
        ("SIGN UP FOR OUR  DAILY NEWSLETTER!", "mailing_list"),
        ("Newsletter abonnieren", "mailing_list"),
        ("Suscríbete a nuestro boletín", "mailing_list"),
        ("Подпишитесь на рассылку", "mailing_list"),
        ("The best career network for harbour pilots - JOIN NOW", "advertisement"),
        ("Get 50% off your first order", "advertisement"),
        ("Anzeige", "advertisement"),
        ("広告", "advertisement"),
        ("إعلان", "advertisement"),
        ("Share this article", "share"),
        ("Follow us on anything", "share"),
        ("Read more: Five things to know", "read_more"),
        ("Related stories", "related"),
        ("関連記事", "related"),
        ("© 2019 The Harbour Gazette", "copyright"),
        ("Leave a comment", "comment"),
        ("4 min read", "widget"),
        ("Photo: Wire", "caption"),
        ("Tags: budget, ministry", "link_list"),
        ("We use cookies to improve your experience", "cookie_notice"),
        ("Already a subscriber? Log in", "subscription"),
    ],
)
def test_what_pages_say_beside_their_story(text: str, reason: str) -> None:
    assert matching_reason(text) == reason


@pytest.mark.parametrize(
    "text",
    [
        "She declined to comment.",
        "He subscribed to the theory that prices would fall.",
        "Shares fell by four per cent.",
        "The newsletterwriter's trade is young.",
        "Photosynthesis was the subject.",
        "Topicality is not everything.",
        "",
    ],
)
def test_sentences_of_a_story_are_left_alone(text: str) -> None:
    assert matching_reason(text) is None


def test_a_long_text_is_not_judged_by_a_phrase() -> None:
    assert matching_reason("Sign up for our newsletter. " * 20) is None


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    assert matching_reason(text) is None or matching_reason(text) in set(DropReason)
