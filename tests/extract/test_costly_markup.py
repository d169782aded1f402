from __future__ import annotations

from collections.abc import Callable

import pytest

from ingest.errors import PageError
from ingest.extract.costly_markup import count_markup, refuse_costly_markup
from ingest.extract.markup_tags import Tag, read_tags
from ingest.model import Stage


def names(markup: str) -> list[str]:
    return [("/" if tag.closing else "") + tag.name for tag in read_tags(markup.encode())]


def numbered(unit: str, count: int) -> str:
    return "".join(unit.replace("#", str(n)) for n in range(count))


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<p>x" * 210_001, "too_many_elements"),
        ("<select>" + "<option>x" * 10_001, "costly_markup"),
        ("<select>" + "<Option>x</option>" * 10_001, "costly_markup"),
        (numbered("<p><b id=#>x</p>", 2_000), "costly_markup"),
        (numbered("<div><FONT\tid=#>x</div>", 2_000), "costly_markup"),
        ("<div>" + numbered("<i id=#>", 1_000) + "</div>" + "<p>x</p>" * 1_000, "costly_markup"),
        (numbered("<b id=#>", 2_000) + "<!-- " + "</b>" * 2_000 + " -->" + "<p>x</p>" * 1_000, "costly_markup"),
        ("</b>" * 2_000 + numbered("<p><b id=#>x</p>", 2_000), "costly_markup"),
        ("<div " + numbered(" name#", 20_000) + ">", "costly_markup"),
        ("<div " + numbered('name#="1"', 20_000) + ">", "costly_markup"),
        ("<div " + numbered("/name#", 20_000) + ">", "costly_markup"),
        ("<div " + numbered("  name#=1\n", 20_000) + ">text", "costly_markup"),
    ],
)
def test_markup_that_costs_more_than_its_length_is_refused(page: str, reason: str) -> None:
    with pytest.raises(PageError) as refused:
        refuse_costly_markup(page.encode(), count_markup(page.encode()))
    assert (refused.value.stage, refused.value.reason) == (Stage.EXTRACT, reason)


@pytest.mark.parametrize(
    "page",
    [
        "<p>Two boats run every hour.</p>" * 80_000,
        "<select>" + "<option>Town" * 5_000,
        numbered('<p><font color="#">x</font></p>', 20_000),
        "<p><b>x</p>" * 20_000,
        numbered("<p><b id=#>x</p>", 400),
        '<img src="data:image/png;base64,' + "A" * 300_000 + '">',
        "<div data-story='" + '{"text": "Two boats run every hour"} ' * 20_000 + "'>",
        "<script>" + "var a = 1; " * 30_000 + "</script>",
        numbered('<p id="a#" class="b" style="c" title="d">x</p>', 20_000),
    ],
)
def test_long_pages_of_ordinary_markup_pass(page: str) -> None:
    refuse_costly_markup(page.encode(), count_markup(page.encode()))


@pytest.mark.parametrize(
    ("markup", "expected"),
    [
        ("<P Class=a>x</p >", ["p", "/p"]),
        ("<a title='>'><b>", ["a", "b"]),
        ("<a '><b>'", ["a", "b"]),
        ("<a b'c=d><b>'", ["a", "b"]),
        ("<a ='><b>'>", ["a", "b"]),
        ('<a b = "<i>" c=">"d><b>', ["a", "b"]),
        ("<a b=c'><b>'", ["a", "b"]),
        ("<!-- <a> --><b>", ["b"]),
        ("<!--><b>-->", ["b"]),
        ("<!---><b>-->", ["b"]),
        ("<!-- <a> --!><b>", ["b"]),
        ("<!-- <a>", []),
        ("<script>'<a>'</SCRIPT><b>", ["/script", "b"]),
        ("<svg><title><a></title></svg><title><i></title>", ["svg", "title", "a", "/title", "/svg", "/title"]),
        ("<svg/><title><i></title>", ["svg", "/title"]),
        ("a < b <c", ["c"]),
    ],
)
def test_tags_are_read_as_parsers_read_them(markup: str, expected: list[str]) -> None:
    assert names(markup) == expected


def test_a_tag_has_its_source() -> None:
    assert list(read_tags(b'x<A b="c">y')) == [Tag(closing=False, name="a", source=b'<A b="c">')]


@pytest.mark.parametrize("shape", ["<!--<b>", "<script><b>", '<a b="', "<a b='", "<a =", "<svg><title>"])
def test_tags_are_read_in_linear_work(shape: str, steps: Callable[[str], int]) -> None:
    assert steps(shape * 16_000) <= steps(shape * 2_000) * 8 + 8


@pytest.fixture
def steps() -> Callable[[str], int]:
    return lambda text: len(list(read_tags(text.encode())))
