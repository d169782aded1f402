from __future__ import annotations

import datetime as dt
import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import RuleError
from ingest.model import NO_RULES, Candidate, MediaType, Page
from ingest.rules.book import NO_BOOK, RuleBook, read_book
from ingest.rules.file import read_rules

EPOCH = dt.datetime(2024, 5, 3, tzinfo=dt.UTC)


def written(folder: Path, text: str, name: str = "news.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_every_key_is_read(tmp_path: Path) -> None:
    (tmp_path / "site.py").write_text("def read(page):\n    return None\n")
    file = written(
        tmp_path,
        "hosts: [www.News.example, other.example]\nbody: div.story\ntitle: h2\nauthors: .by a\npublished: time\nmodified: time.new\n"
        "drop: [.promo, aside]\ndrop_text: ^More\ntime_zone: Asia/Tokyo\nlanguage: ja\nfunction: site.py:read\n",
    )
    rules = read_rules(file)
    assert rules.hosts == ("news.example", "other.example")
    assert (rules.body, rules.title, rules.authors, rules.published, rules.modified) == ("div.story", "h2", ".by a", "time", "time.new")
    assert (rules.drop, rules.drop_text) == ((".promo", "aside"), ("^More",))
    assert (rules.time_zone, rules.language, rules.name, str(rules.function)) == ("Asia/Tokyo", "ja", "news.yaml", "site.py:read")
    assert pickle.loads(pickle.dumps(rules)) == rules  # noqa: S301  # they travel to the processes that extract


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("body: div.story\nbdoy: x\n", ":2: `bdoy` is no key of a rule file; the keys are hosts, body,"),
        ("body: div >\n", ":1: `div >` is not a CSS selector; write for instance"),
        ("drop:\n  - .a\n  - 'b['\n", ":3: `b[` is not a CSS selector"),
        ("drop_text:\n  - (\n", ":2: `(` is not a regular expression"),
        ("hosts: https://news.example/\n", ":1: `https://news.example/` is not a host; write for instance `news.example`"),
        ("time_zone: Mars/Base\n", ":1: `Mars/Base` is not a time zone; write for instance `Europe/Berlin`"),
        ("language: german\n", ":1: `german` is not a language code"),
        ("function: site.py\n", ":1: `site.py` names no function; write `file.py:function`"),
        ("function: none.py:read\n", ":1: there is no file "),
        ("body: a\ntitle: b\nbody: c\n", ":3: `body` stands here for the second time"),
        ("body: {a: b}\n", ":1: a text is expected here"),
        ("body:\n", ":1: a text is expected here"),
        ("- body\n", ":1: a rule file is a list of `key: value` lines"),
        ("", ":1: a rule file is a list of `key: value` lines"),
        ("body: 'a\n", "this is not YAML"),
        ("body: !!python/object/apply:os.system [true]\n", ":1: a text is expected here"),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RuleError) as refused:
        read_rules(file)
    assert str(refused.value).startswith(f"{file}:")
    assert message in str(refused.value)


def test_a_python_file_that_fails_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1\ny = x / 0\n")
    with pytest.raises(RuleError, match=r"news\.yaml:1: .*bad\.py cannot be imported: line 2: ZeroDivisionError"):
        read_rules(written(tmp_path, "function: bad.py:read"))
    (tmp_path / "empty.py").write_text("")
    with pytest.raises(RuleError, match=r"empty\.py has no function read"):
        read_rules(written(tmp_path, "function: empty.py:read"))


def test_the_fingerprint_changes_with_the_file_and_with_its_function(tmp_path: Path) -> None:
    code = tmp_path / "site.py"
    code.write_text("def read(page): return None\n")
    first = read_rules(written(tmp_path, "function: site.py:read\n")).fingerprint
    code.write_text("def read(page): return {}\n")
    second = read_rules(written(tmp_path, "function: site.py:read\n")).fingerprint
    third = read_rules(written(tmp_path, "function: site.py:read\ntitle: h2\n")).fingerprint
    assert len({first, second, third, ""}) == 4


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(st.text(max_size=200) | st.dictionaries(st.sampled_from(["body", "drop", "hosts", "language"]), st.text(max_size=20)).map(str))
def test_any_text_gives_rules_or_a_mistake(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text, "utf-8", errors="replace")
    try:
        assert read_rules(file).fingerprint
    except RuleError as error:
        assert str(error).startswith(str(file))


def page(url: str | None, body: bytes = b"") -> Page:
    return Page(Candidate("file:///a", "a", url), body, MediaType.HTML, EPOCH)


def test_a_page_gets_the_rules_of_its_host_or_the_domain_above(tmp_path: Path) -> None:
    written(tmp_path, "hosts: news.example\ntitle: h2\n", "a.yaml")
    written(tmp_path, "hosts: blog.news.example\ntitle: h3\n", "b.yaml")
    book = read_book([tmp_path])
    titles = {
        url: book.of_page(page(url)).candidate.rules.title
        for url in (
            "https://www.news.example/x",
            "http://blog.news.example/y",
            "https://a.b.news.example",
            "https://badnews.example",
            "x:",
            None,
        )
    }
    assert list(titles.values()) == ["h2", "h3", "h2", None, None, None]


def test_a_page_without_a_known_url_counts_by_what_it_declares(tmp_path: Path) -> None:
    written(tmp_path, "hosts: news.example\ntitle: h2\n")
    book = read_book([tmp_path])
    for head in (
        b"<link rel=canonical href=https://news.example/x>",
        b'<link href="https://news.example/x" rel="canonical">',
        b'<meta property="og:url" content="https://news.example/x">',
    ):
        assert book.of_page(page(None, b"<head>" + head)).candidate.rules.title == "h2"
    assert book.of_page(page(None, b"<p>https://news.example/x")).candidate.rules is NO_RULES


def test_rules_without_hosts_serve_every_page(tmp_path: Path) -> None:
    book = read_book([written(tmp_path, "title: h2\n")])
    assert book.of_page(page(None)).candidate.rules.title == "h2"
    untouched = page(None)
    assert NO_BOOK.of_page(untouched) is untouched


def test_two_files_cannot_claim_one_host(tmp_path: Path) -> None:
    written(tmp_path, "hosts: news.example\ntitle: h2\n", "a.yaml")
    written(tmp_path, "hosts: [other.example, news.example]\ntitle: h3\n", "b.yml")
    with pytest.raises(RuleError, match=r"b\.yml: the host news\.example has its rules in a\.yaml already"):
        read_book([tmp_path])
    written(tmp_path, "title: h3\n", "b.yml")
    written(tmp_path, "title: h4\n", "c.yaml")
    with pytest.raises(RuleError, match=r"c\.yaml: b\.yml serves every page already"):
        read_book([tmp_path])


def test_a_path_that_holds_no_rules_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match="holds no rule file"):
        read_book([tmp_path])
    with pytest.raises(RuleError, match="no such file or folder"):
        read_book([tmp_path / "none.yaml"])
    assert read_book([]) == RuleBook()
