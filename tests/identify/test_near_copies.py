from __future__ import annotations

import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.identify.near_copies import COPY_CONTAINMENT, bands, is_copy, similarity, sketch
from ingest.packed import Sketch
from tests.identify.made_copies import SCRIPTS, Writer, body


def made(text: str) -> Sketch:
    found = sketch(text)
    assert found is not None
    return found


@pytest.mark.parametrize("script", SCRIPTS)
def test_copies_are_found_and_look_alikes_are_not(script: str) -> None:
    writer = Writer(script, seed=5)
    found = 0
    for number in range(30):
        original = writer.article(paragraphs=8 + number % 12)
        one, other = made(body(original)), made(body(writer.copy(original)))
        found += bool(set(bands(one)) & set(bands(other))) and is_copy(one, other)
        for pair in (writer.same_event(), writer.same_template()):
            first, second = map(made, map(body, pair))
            assert not is_copy(first, second)
    assert found >= 27


def test_a_text_cut_to_a_third_is_still_a_copy() -> None:
    writer = Writer("latin", seed=6)
    article = writer.article(paragraphs=18)
    one, other = made(body(article)), made(body(article[:6]))
    assert is_copy(one, other)
    assert similarity(one, other) > 0.8


def test_a_note_that_a_long_read_quotes_is_no_copy_of_it() -> None:
    writer = Writer("latin", seed=7)
    article = writer.article(paragraphs=60)
    text = body(article[:2]) + " " + " ".join(writer.words(40))
    assert not is_copy(made(body(article)), made(text))


def test_case_and_forms_of_characters_do_not_matter() -> None:
    text = body(Writer("cyrillic", seed=8).article())
    assert sketch(text) == sketch(text.upper())
    assert sketch("ﬁne " * 3 + text) == sketch("fine " * 3 + text)


def test_what_one_desk_sets_otherwise_than_the_next_does_not_matter() -> None:
    noise = random.Random(9)  # noqa: S311
    text = " ".join(noise.choice(("l'", "qu'", "", "")) + "".join(noise.choices("aeiosrnt0123", k=6)) for _ in range(200))
    assert sketch(text) == sketch(text.replace("'", "’"))
    assert sketch(text) == sketch(text.replace("e", "é").replace("o", "o\u0308"))
    assert sketch(text) == sketch(text.translate({ord(str(digit)): 0x0660 + digit for digit in range(10)}))


def test_arabic_counts_the_same_with_vowel_points() -> None:
    text = body(Writer("arabic", seed=10).article())
    assert sketch(text) == sketch(re.sub(r"(?<=\w)(?=\w)", "\u064e", text))


@pytest.mark.parametrize("names", [0.2, 0.34, 0.36, 0.38, 0.4, 0.5])
def test_names_in_latin_letters_do_not_part_two_chinese_copies(names: float) -> None:
    """However many of them: lines at the foot, all in Chinese, change no shingle of the text before them."""
    chinese = Writer("chinese", seed=11)
    noise = random.Random(11)  # noqa: S311
    text = "".join(f" {''.join(noise.choices('aeiosrnt', k=6))} " if noise.random() < names else chinese.words(1)[0] for _ in range(400))
    one, other = made(text), made(text + chinese.sentence(60, 70))
    assert is_copy(one, other)
    assert similarity(one, other) > 0.9


def test_a_column_is_no_copy_of_its_last_issue() -> None:
    """Two fifths of what it says stand in every issue."""
    writer = Writer("latin", seed=12)
    standing = [[writer.sentence(16, 16) for _ in range(2)] for _ in range(4)]
    issues = [made(body([*standing, *([writer.sentence(16, 16) for _ in range(2)] for _ in range(6))])) for _ in range(12)]
    assert sum(is_copy(issues[n], issues[n + 1]) for n in range(11)) <= 1


def test_short_texts_are_not_compared() -> None:
    assert sketch("Nothing but a line or two stands here.") is None
    assert sketch("") is None


@given(st.text(max_size=600))
def test_any_text_has_a_sketch_or_none(text: str) -> None:
    found = sketch(text)
    if found is not None:
        assert len(found.signature) == 512
        assert found.shingles >= 1
        assert similarity(found, found) == 1.0
        assert is_copy(found, found)
        assert all(-(2**63) <= b < 2**63 for b in bands(found))


def test_a_stored_sketch_is_the_same_in_every_process() -> None:
    """Also on every machine, and in a year: another number here makes the stored sketches worthless."""
    text = " ".join(f"word{n * n % 997}" for n in range(200))
    code = f"from ingest.identify.near_copies import *; s = sketch({text!r}); print(s.shingles, s.signature[:8].hex(), bands(s)[0])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["196", made(text).signature[:8].hex(), str(bands(made(text))[0])]
    assert done.stdout.split() == ["196", "3de6e31db1c1870e", "6692075697973149953"]


def test_the_document_says_what_the_code_does() -> None:
    text = (Path(__file__).parents[2] / "docs" / "boilerplate.md").read_text("utf-8")
    made = sketch(" ".join(Writer("latin", seed=1).words(100)))
    assert made is not None
    assert f"looked up by {len(bands(made))} bands; from a containment of {COPY_CONTAINMENT * 100:.0f} % on" in " ".join(text.split())
