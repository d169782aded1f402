"""What one pass over the tree gathers: boilerplate parts as one block, sums of what lies in a container, elements that rules mark."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from ingest.extract.body.sums import SumsBelow
from ingest.extract.body.walk import RULE, read
from ingest.model import DropReason

MENU = "<ul><li><a href=/a>Home</a><li><a href=/b>Coast</a><li><a href=/c>Weather</a></ul>"
SENTENCE = "The harbour council of Northmere voted on Tuesday to reopen the old basin."


def texts(html: str, *headlines: str, ruled: bool = False) -> list[str]:
    return [block.text for block in read(LexborHTMLParser(html), headlines, ruled=ruled).blocks]


def test_a_part_that_calls_itself_boilerplate_is_one_block() -> None:
    assert texts(f"<nav>{MENU}</nav><p>{SENTENCE}</p>") == ["Home Coast Weather", SENTENCE]
    assert texts(f"<div class=site-footer>{MENU}<div>Contact</div></div>") == ["Home Coast Weather Contact"]


def test_a_part_with_a_sentence_is_read_block_by_block() -> None:
    assert texts(f"<div class=footer>{MENU}<p>{SENTENCE}</p></div>") == ["Home", "Coast", "Weather", SENTENCE]
    long_run = "and on and on " * 12
    assert texts(f"<div class=footer><div>Contact</div><p>{long_run}</p></div>") == ["Contact", long_run.strip()]


def test_a_part_with_the_headline_is_read_block_by_block() -> None:
    html = f"<div class=share-box><h1>Old basin opens</h1>{MENU}</div>"
    assert texts(html) == ["Old basin opens Home Coast Weather"]
    assert texts(html, "Old basin opens") == ["Old basin opens", "Home", "Coast", "Weather"]


def test_the_text_of_scripts_is_never_read() -> None:
    assert texts(f"<nav><script>var ads = {{}};</script>{MENU}</nav>") == ["Home", "Coast", "Weather"]


def test_marks_count_only_where_rules_made_them() -> None:
    html = f"<div {RULE}=drop><p>{SENTENCE}</p></div><p>One <span {RULE}=drop>two</span> three</p><div {RULE}=body>Four</div>"
    reading = read(LexborHTMLParser(html), ruled=True)
    assert [block.text for block in reading.blocks] == [SENTENCE, "One", "two", "three", "Four"]
    assert list(reading.claimed.values()) == [DropReason.SITE_RULE, DropReason.SITE_RULE]
    assert len(reading.chosen) == 1
    unruled = read(LexborHTMLParser(html))
    assert (unruled.claimed, unruled.chosen) == ({}, [])
    assert texts(html) == [SENTENCE, "One two three", "Four"]


_HTML = st.recursive(
    st.sampled_from(["x", "a b", "<br>", SENTENCE, "<nav>menu</nav>"]),
    lambda inner: st.builds(
        lambda tag, parts: f"<{tag}>{''.join(parts)}</{tag}>",
        st.sampled_from(["div", "p", "td", "tr", "table", "ul", "li", "b", "a"]),
        st.lists(inner),
    ),
    max_leaves=25,
)


@given(_HTML)
def test_sums_are_those_of_the_blocks_inside(html: str) -> None:
    reading = read(LexborHTMLParser(f"<body>{html}</body>"))
    letters = SumsBelow(reading, [len(block.text) for block in reading.blocks])
    for container in range(len(reading.tags)):
        inside = range(container, reading.ends[container])
        assert letters[container] == sum(len(block.text) for block in reading.blocks if block.container in inside)
        assert all(reading.parents[child] in inside for child in inside if child != container)
