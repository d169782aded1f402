"""What rules do to a page: the body's region, dropped elements and texts, fields that win, a person's function."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from ingest.extract import extract
from ingest.extract.version import EXTRACTOR_VERSION
from ingest.model import Article, Candidate, DropReason, MediaType, Page, Rejection, SourceRules, ZoneFrom
from ingest.rules.file import read_rules

STORY = (
    "The harbour council of Northmere voted on Tuesday to reopen the old basin after nine years of repairs.",
    "Work on the northern quay begins in May, the council said, and will cost eleven million crowns.",
    "Fishermen had asked for a cheaper plan, which the engineers called unsafe in a report last winter.",
)
LETTERS = (
    "A reader writes that the ferries are late again, that nobody at the pier can tell her why, and that she takes the bus every day.",
    "Another answers that the bus is late too, that the road along the cliffs is closed until autumn, and that he walks to work.",
    "A third asks when the lamps on the pier will be mended, for in winter nobody can see the steps there at night.",
    "A fourth says that she has written to the council about the lamps three times, and never had an answer from anybody there.",
)
HTML = f"""<html><head><title>Lantern</title><meta property="og:title" content="Lantern"></head>
<body><div class="a">Old basin opens</div>
<div class="by">Ada Brightwater</div><span class="when">3 May 2024, 07:30</span>
<div class="b"><p>{STORY[0]}</p><div class="shop"><p>Our shop sells five books about the sea, picked by our editor.</p></div>
<p>{STORY[1]}</p>
<p>Read the weather for the coast on our weather page. <span class="ad">Rain is likely, says our sponsor.</span></p><p>{STORY[2]}</p></div>
<div class="c">{"".join(f"<p>{letter}</p>" for letter in LETTERS)}</div></body></html>"""


def extracted(rules: SourceRules, html: str = HTML, media_type: MediaType = MediaType.HTML) -> Article | Rejection:
    candidate = Candidate("file:///a", "a", "https://lantern.example/a", rules)
    return extract(Page(candidate, html.encode(), media_type, dt.datetime(2024, 5, 4, tzinfo=dt.UTC)))


def ruled(tmp_path: Path, text: str, html: str = HTML, media_type: MediaType = MediaType.HTML) -> Article:
    file = tmp_path / "rules.yaml"
    file.write_text(text, "utf-8")
    article = extracted(read_rules(file), html, media_type)
    assert isinstance(article, Article)
    return article


def effects(article: Article) -> dict[str, int]:
    return {f"{effect.key} {effect.value}": effect.matches for effect in article.rule_effects}


def test_the_body_is_where_the_rule_says(tmp_path: Path) -> None:
    free = extracted(SourceRules())
    assert isinstance(free, Article)
    assert LETTERS[0] in free.body
    article = ruled(tmp_path, "body: div.b\n")
    assert STORY[0] in article.body
    assert STORY[2] in article.body
    assert not any(letter in article.body for letter in LETTERS)
    assert {block.reason for block in article.blocks if block.text in LETTERS} == {DropReason.OUTSIDE}
    assert effects(article) == {"body div.b": 1}


def test_several_elements_may_hold_the_body(tmp_path: Path) -> None:
    article = ruled(tmp_path, "body: div.shop, div.c\n")
    assert "five books" in article.body
    assert LETTERS[3] in article.body
    assert STORY[0] not in article.body


def test_a_body_in_what_calls_itself_boilerplate_is_read(tmp_path: Path) -> None:
    html = HTML.replace('class="b"', 'class="sidebar related"').replace('class="a"', 'class="footer"')
    article = ruled(tmp_path, "body: div.related\n", html)
    assert all(paragraph in article.body for paragraph in STORY)


def test_elements_and_inline_elements_are_dropped(tmp_path: Path) -> None:
    article = ruled(tmp_path, "body: div.b\ndrop: [div.shop, span.ad]\n")
    dropped = {block.text: block.reason for block in article.blocks_dropped}
    assert dropped["Our shop sells five books about the sea, picked by our editor."] is DropReason.SITE_RULE
    assert dropped["Rain is likely, says our sponsor."] is DropReason.SITE_RULE
    assert "sponsor" not in article.body
    assert "weather page" in article.body


def test_dropping_wins_over_the_body(tmp_path: Path) -> None:
    candidate = tmp_path / "rules.yaml"
    candidate.write_text("body: div.b\ndrop: div.b > *\n")
    rejected = extracted(read_rules(candidate))
    assert isinstance(rejected, Rejection)
    assert rejected.reason == "no_article_text"


def test_texts_are_dropped_by_pattern(tmp_path: Path) -> None:
    article = ruled(tmp_path, "body: div.b\ndrop_text: ['^Read the weather', 'found nowhere']\n")
    assert "weather" not in article.body
    assert effects(article)["drop_text ^Read the weather"] == 1
    assert effects(article)["drop_text found nowhere"] == 0


def test_fields_of_rules_go_before_all_others(tmp_path: Path) -> None:
    article = ruled(tmp_path, "title: .a\nauthors: .by\npublished: .when\ntime_zone: Europe/London\n")
    assert article.title == "Old basin opens"
    assert article.authors == ("Ada Brightwater",)
    assert article.published is not None
    assert article.published.at.isoformat() == "2024-05-03T07:30:00+01:00"
    assert article.published.tz_from is ZoneFrom.SOURCE
    origins = {p.field: p.chosen_from for p in article.provenance}
    assert (origins["title"], origins["authors"], origins["published_at"]) == ("rule:title", "rule:authors", "rule:published")


def test_a_selector_that_finds_nothing_changes_nothing_and_says_so(tmp_path: Path) -> None:
    article, free = ruled(tmp_path, "title: .none\nbody: .none\ndrop: .none\n"), extracted(SourceRules())
    assert isinstance(free, Article)
    assert (article.title, article.body) == (free.title, free.body)
    assert effects(article) == {"body .none": 0, "drop .none": 0, "title .none": 0}


def test_a_mark_that_a_page_carries_itself_does_nothing() -> None:
    marked, free = extracted(SourceRules(), HTML.replace('class="b"', 'class="b" data-ingest-rule="drop"')), extracted(SourceRules())
    assert isinstance(marked, Article)
    assert isinstance(free, Article)
    assert marked.body == free.body


def test_the_version_says_which_rules_were_applied(tmp_path: Path) -> None:
    first, second = ruled(tmp_path, "title: .a\n").extractor_version, ruled(tmp_path, "title: .b\n").extractor_version
    assert first != second
    assert first.partition("+")[0] == second.partition("+")[0] == EXTRACTOR_VERSION


def test_plain_text_knows_patterns_and_zones(tmp_path: Path) -> None:
    text = "Old basin opens\n\n3 May 2024, 07:30\n\n" + "\n\n".join((*STORY, "Call the desk on 555 0100 to hear this story."))
    article = ruled(tmp_path, "drop_text: ^Call the desk\ntime_zone: Asia/Tokyo\n", text, MediaType.TEXT)
    assert STORY[2] in article.body
    assert "Call the desk" not in article.body
    assert article.published is not None
    assert article.published.at.isoformat() == "2024-05-03T07:30:00+09:00"


def with_function(tmp_path: Path, body: str) -> Article | Rejection:
    (tmp_path / "site.py").write_text(f"def read(page):\n    {body}\n", "utf-8")
    (tmp_path / "rules.yaml").write_text("function: site.py:read\n")
    return extracted(read_rules(tmp_path / "rules.yaml"))


def test_a_function_overrides_what_it_returns(tmp_path: Path) -> None:
    article = with_function(
        tmp_path, "return {'title': page.select_one('.a'), 'authors': ['Tomas Quill'], 'section': None, 'published': '2024-05-03'}"
    )
    assert isinstance(article, Article)
    assert (article.title, article.authors) == ("Old basin opens", ("Tomas Quill",))
    assert article.published is not None
    assert article.published.at.date() == dt.date(2024, 5, 3)
    assert effects(article) == {"function site.py:read": 3}
    assert {p.field: p.chosen_from for p in article.provenance}["title"] == "function:title"


def test_a_function_may_give_the_body_as_an_element_or_as_paragraphs(tmp_path: Path) -> None:
    as_element = with_function(tmp_path, "[x.decompose() for x in page.select('.shop')]; return {'body': page.select_one('.b')}")
    assert isinstance(as_element, Article)
    assert all(paragraph in as_element.body for paragraph in STORY)
    assert "five books" not in as_element.body
    assert {b.reason for b in as_element.blocks_dropped if "five books" in b.text} == {DropReason.SITE_RULE}
    as_texts = with_function(tmp_path, "return {'body': ['One paragraph.', 'Another one.']}")
    assert isinstance(as_texts, Article)
    assert as_texts.body == "One paragraph.\n\nAnother one."
    assert not any(block.kept for block in as_texts.blocks if block.text in STORY)


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("return page.select_one('.none').text", "site.py:read failed: line 2: AttributeError"),
        ("return ['a']", "it returned list; return a dict"),
        ("return {'titel': 'x'}", "it returned 'titel'; the keys are body, title"),
        ("return {'title': 3}", "it returned int for 'title', which wants a text"),
        ("return {'authors': [None]}", "it returned NoneType for 'authors', which wants a list of texts"),
        ("return {'body': [1]}", "its body is neither an element"),
    ],
)
def test_a_function_that_fails_makes_a_rejection(tmp_path: Path, code: str, message: str) -> None:
    rejected = with_function(tmp_path, code)
    assert isinstance(rejected, Rejection)
    assert rejected.reason == "rule_failed"
    assert message in rejected.message


def test_a_function_that_returns_nothing_leaves_the_page_as_it_is(tmp_path: Path) -> None:
    article, free = with_function(tmp_path, "return None"), extracted(SourceRules())
    assert isinstance(article, Article)
    assert isinstance(free, Article)
    assert (article.title, article.body, article.authors) == (free.title, free.body, free.authors)
