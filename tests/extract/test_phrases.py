from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.phrases import invitation_reason, matching_reason
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
        ("« Older posts", "navigation"),
        ("Barco volta ao porto — Foto: Ada Brightwater/Lanterna", "caption"),
        ("Presented by the Harbour Coalition", "advertisement"),
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
        "« On s'y fait », dit-elle",
        "« Ils ont tourné pendant cent soixante ans, dit la potière.",
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


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "If you buy through links on this page, we may earn a commission, which pays for the tests that we do all year.",
            DropReason.ADVERTISEMENT,
        ),
        (
            "For the stories of the week in one place, sign up for our newsletters, which we send to readers every Friday at noon.",
            DropReason.MAILING_LIST,
        ),
        (
            "Hat Ihnen der Artikel gefallen? Dann unterstützen Sie uns bitte mit einem Beitrag, der unsere Recherchen ermöglicht.",
            DropReason.SUBSCRIPTION,
        ),
        ("Bleiben Sie dabei und folgen Sie uns auf allen Kanälen, wo wir jeden Tag die wichtigsten Nachrichten zeigen.", DropReason.SHARE),
        ("Reporting by Ada Brightwater in Northmere and Tomas Quill in Eastmere; editing by Jane Roe", DropReason.AUTHOR),
        ("Send your story ideas to lantern@northmere.example.", DropReason.COMMENT),
        ("Do YOU have a story about boats? Write to the Lantern.", DropReason.AUTHOR),
        ("Dieser Artikel gehört zum Angebot des Boten. Sie lesen ihn als Geschenk.", DropReason.SUBSCRIPTION),
        ("Das Museum gehört zum Angebot von Nordmoor, und der Eintritt ist frei.", None),
        ("The council said that it had seen the reporting by the Lantern, and that it would answer within a week.", None),
        ("The paper asked its readers for a donation, and eleven thousand of them gave more than they had been asked for.", None),
        ("He wrote a newsletter for years, which some forty readers had in their letterboxes on the first of each month.", None),
    ],
)
def test_paragraphs_that_speak_to_the_reader(text: str, reason: DropReason | None) -> None:
    assert invitation_reason(text) is reason


def test_a_long_paragraph_tells_a_story() -> None:
    assert invitation_reason("We may earn a commission. " + "And then the talks went on until the morning. " * 14) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[PR]", DropReason.ADVERTISEMENT),
        ("請繼續往下閱讀...", DropReason.ADVERTISEMENT),
        ("SCROLL TO CONTINUE WITH CONTENT", DropReason.ADVERTISEMENT),
        ("Haberin Devamı", DropReason.ADVERTISEMENT),
        ("यह खबर भी पढ़ें...", DropReason.RELATED),
        ("ข่าวแนะนำ", DropReason.RELATED),
        ("Soma zaidi: Samaki wapungua", DropReason.RELATED),
        ("BONUS VIDEO:", DropReason.WIDGET),
        ("本文为付费内容，订阅即可畅读全文。", DropReason.SUBSCRIPTION),
    ],
)
def test_wording_of_more_languages(text: str, reason: DropReason) -> None:
    assert matching_reason(text) is reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Ha fontosnak tartod az ilyen cikkeket, támogasd a munkánkat!", DropReason.SUBSCRIPTION),
        ("Pratite nas na našoj stranici, ali i na drugim mrežama, gde objavljujemo najnovije vesti iz luke.", DropReason.SHARE),
        ("(Except for the headline, this story has not been edited by our staff and is published from a feed.)", DropReason.COPYRIGHT),
        ("Savet je rekao da ljudi prate nas i vas, i da će odgovoriti za nedelju dana.", None),
    ],
)
def test_paragraphs_of_more_languages(text: str, reason: DropReason | None) -> None:
    assert invitation_reason(text) is reason
