from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.normalise.text import clean_text


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Two\n\twords  ", "Two words"),
        ("Fish &amp; Chips", "Fish & Chips"),
        ("Fish &amp;amp;amp; Chips", "Fish & Chips"),
        ("Caf&eacute; &#8211; open", "Café – open"),
        ("&lt;b&gt;Bold&lt;/b&gt; claim", "Bold claim"),
        ("Line<br/>break", "Line break"),
        ("un<b>believ</b>able", "unbelievable"),
        ("5 < 6 and 7 > 3", "5 < 6 and 7 > 3"),
        ("He said <Jane> did it", "He said <Jane> did it"),
        ("Heli\u00adkopter", "Helikopter"),
        ("\ufeffTitle\u200b\x00", "Title"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("Cafe\u0301", "Café"),
        ("a\ud800b", "ab"),
        ("a<!-- hidden -->b", "a b"),
    ],
)
def test_a_value_is_what_a_reader_sees(raw: str, clean: str) -> None:
    assert clean_text(raw) == clean


@given(st.text(alphabet=st.characters(exclude_characters="&<")))
def test_cleaning_is_idempotent_and_leaves_one_clean_line(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned == " ".join(cleaned.split())
    assert unicodedata.is_normalized("NFC", cleaned)
    assert not any(unicodedata.category(c) in ("Cc", "Cs") for c in cleaned)


@given(st.text(alphabet="&amplt;<>!-/b# x0123456789", max_size=200))
def test_markup_of_any_shape_is_survived(text: str) -> None:
    assert "\x00" not in clean_text(text)
