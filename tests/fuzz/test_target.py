from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from ingest.extract import extract
from ingest.model import Article
from tests.fuzz.target import MOST_BYTES, check, damaged, dictionary, page_from, seeds


def test_each_seed_is_a_page_with_an_article() -> None:
    for seed in seeds():
        assert len(seed) <= MOST_BYTES
        assert isinstance(extract(page_from(seed)), Article)


def test_the_seeds_pass_the_check() -> None:
    for seed in list(seeds())[:4]:
        check(seed)


@given(st.binary(max_size=50), st.integers(0, 2**32))
def test_any_input_stands_for_a_page_and_can_be_damaged(data: bytes, seed: int) -> None:
    assert page_from(data).body == data[1:]
    assert damaged(data, Random(seed)) == damaged(data, Random(seed))  # noqa: S311


def test_the_dictionary_has_one_token_a_line() -> None:
    lines = dictionary().splitlines()
    assert len(lines) > 50
    assert all(line.startswith('"\\x') and line.endswith('"') for line in lines)
