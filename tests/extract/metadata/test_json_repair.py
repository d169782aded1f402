from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.extract.metadata.json_repair import LONGEST_SCRIPT, read_json

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("broken", "values"),
    [
        ('{"a": 1,}', [{"a": 1}]),
        ('{"a": [1, 2, ,]}', [{"a": [1, 2]}]),
        ('{"a": "x,]"}', [{"a": "x,]"}]),
        ('{"a": "two\nlines\tand\x01more"}', [{"a": "two\nlines\tand\x01more"}]),
        ('{"a": "it\\\'s"}', [{"a": "it\\'s"}]),
        ('{"a": "C:\\data\\u12"}', [{"a": "C:\\data\\u12"}]),
        ('{"a": 1}{"b": 2}', [{"a": 1}, {"b": 2}]),
        ('{"a": 1};\n{"b": 2};', [{"a": 1}, {"b": 2}]),
        ('<!-- {"a": 1} -->', [{"a": 1}]),
        ('//<![CDATA[\n{"a": 1}\n//]]>', [{"a": 1}]),
        ('/*<![CDATA[*/ {"a": 1} /*]]>*/', [{"a": 1}]),
        ("{&quot;a&quot;: &quot;b&quot;}", [{"a": "b"}]),
        ('\ufeff{"a": 1}\x00', [{"a": 1}]),
        ('{"a": "https://x.example/*y*/"}', [{"a": "https://x.example/*y*/"}]),
        ('{"a": 1, "b"', []),
        ("", []),
        ("var x = 3", []),
    ],
)
def test_the_usual_breakages_are_mended(broken: str, values: list[object]) -> None:
    assert read_json(broken) == values


@given(JSON)
def test_valid_json_is_read_as_it_stands(value: object) -> None:
    assert read_json(json.dumps(value)) == [value]
    assert read_json(json.dumps(value, ensure_ascii=False)) == [value]


@given(JSON.filter(lambda value: isinstance(value, dict | list)))
def test_what_hides_json_from_old_browsers_changes_nothing(value: object) -> None:
    assert read_json(f"//<![CDATA[\n{json.dumps(value)}\n//]]>") == [value]
    assert read_json(f"<!--\n{json.dumps(value)}\n-->") == [value]


@given(st.text(alphabet='{}[]",:\\ab1 \n<!->&quot;', max_size=80))
def test_nothing_raises(text: str) -> None:
    assert isinstance(read_json(text), list)


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "9" * 10_000, '{"a": "' + '\\"' * 100_000, "[1" + ", " * 100_000])
def test_hostile_scripts_give_nothing(text: str) -> None:
    assert read_json(text) == []


def test_a_script_beyond_the_limit_is_not_read() -> None:
    assert read_json('{"a": 1}' + " " * LONGEST_SCRIPT) == []
