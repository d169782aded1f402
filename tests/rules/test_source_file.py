from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.errors import RuleError
from ingest.rules.source_file import read_sources, source_of_homepage, write_sources
from ingest.web import FollowedSource

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "sources.example.yaml"


def written(folder: Path, text: str, name: str = "sources.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_the_example_loads_and_shows_every_key() -> None:
    first, second, third = read_sources(EXAMPLE)
    assert (first.slug, first.homepage) == ("harbourgazette.example", "https://www.harbourgazette.example/")
    assert first.feeds == ("https://www.harbourgazette.example/feeds/news.xml", "https://www.harbourgazette.example/feeds/sport.xml")
    assert (first.time_zone, first.language, first.delay_seconds, first.concurrency) == ("Europe/Lisbon", "pt", 5.0, 1)
    assert first.rule_file == str(ROOT / "docs" / "site-rules" / "lantern.yaml")
    assert (first.full_text, second.full_text, third.full_text) == (False, True, False)
    text = EXAMPLE.read_text("utf-8")
    assert all(f"\n    {f.name}:" in text or f"- {f.name}:" in text for f in fields(FollowedSource) if f.name != "slug")


def test_a_home_page_is_enough_and_names_the_source(tmp_path: Path) -> None:
    [source] = read_sources(written(tmp_path, "sources:\n- homepage: HTTPS://user:secret@www.Bücher.example:8443/de/?utm_source=x\n"))
    assert source == FollowedSource(
        slug="xn--bcher-kva.example", name="xn--bcher-kva.example", homepage="https://www.xn--bcher-kva.example:8443/de/"
    )


def test_feeds_are_a_list_or_one_and_each_stands_once(tmp_path: Path) -> None:
    one, several = read_sources(
        written(
            tmp_path,
            "sources:\n- {homepage: 'https://a.example', feeds: 'https://a.example/f'}\n"
            "- {homepage: 'https://b.example', feeds: ['https://b.example/1', 'https://b.example/2', 'HTTPS://b.example:443/1']}\n",
        )
    )
    assert one.feeds == ("https://a.example/f",)
    assert several.feeds == ("https://b.example/1", "https://b.example/2")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ":1: a file of sources is a list below `sources:`; see sources.example.yaml."),
        ("sources:\n", ":1: a file of sources is a list below `sources:`"),
        ("- homepage: https://a.example/\n", ":1: a file of sources is a list below `sources:`"),
        ("sources: []\nother: 1\n", ":1: a file of sources is a list below `sources:`"),
        ("sources:\n- homepage: https://a.example/\nsources: []\n", ":1: a file of sources is a list below `sources:`"),
        ("? [sources]\n: []\n", ":1: a file of sources is a list below `sources:`"),
        ("sources:\n- https://a.example/\n", ":2: a source is a group of `key: value` lines"),
        ("sources:\n- homepage: https://a.example/\n  hompage: x\n", ":3: `hompage` is no key of a source; the keys are homepage, name,"),
        ("sources:\n- homepage: https://a.example/\n  ? [name]\n  : x\n", ":3: `` is no key of a source"),
        ("sources:\n- homepage: https://a.example/\n  name: A\n  name: B\n", ":4: `name` stands here for the second time."),
        ("sources:\n- homepage: https://a.example/\n- name: B\n", ":3: a source needs its `homepage`."),
        (
            "sources:\n- homepage: https://a.example/\n- homepage: http://www.a.example/x\n",
            ":3: a.example stands here for the second time.",
        ),
        ("sources:\n- homepage: ftp://a.example/\n", ":2: `ftp://a.example/` is no URL; write for instance"),
        ("sources:\n- homepage:\n  - https://a.example/\n", ":3: a text is expected here."),
        ("sources:\n- homepage: https://a.example/\n  name: ''\n", ":3: a text is expected here."),
        ("sources:\n- homepage: https://a.example/\n  feeds:\n  - https://a.example/f\n  - /feed\n", ":5: `/feed` is no URL"),
        ("sources:\n- homepage: https://a.example/\n  time_zone: Mars/Base\n", ":3: `Mars/Base` is not a time zone"),
        ("sources:\n- homepage: https://a.example/\n  language: german\n", ":3: `german` is not a language code"),
        ("sources:\n- homepage: https://a.example/\n  delay_seconds: -1\n", ":3: `-1` is no number from 0 to 3600."),
        ("sources:\n- homepage: https://a.example/\n  delay_seconds: nan\n", ":3: `nan` is no number from 0 to 3600."),
        ("sources:\n- homepage: https://a.example/\n  concurrency: 33\n", ":3: `33` is no number from 1 to 32."),
        ("sources:\n- homepage: https://a.example/\n  concurrency: 1.5\n", ":3: `1.5` is no number from 1 to 32."),
        ("sources:\n- homepage: https://a.example/\n  full_text: maybe\n", ":3: `maybe` is neither true nor false."),
        ("sources:\n- homepage: https://a.example/\n  rule_file: none.yaml\n", ":3: there is no file "),
        ('sources:\n- homepage: https://a.example/\n  rule_file: "a\\0b"\n', "is no name of a file."),
        ("sources:\n- homepage: https://a.example/\n  rule_file: " + "n" * 5_000 + "\n", "is no name of a file."),
        ("sources: [\n", "this is not YAML"),
        ("sources: !!python/object/apply:os.system [true]\n", ":1: a source is a group of `key: value` lines"),
    ],
)
def test_each_mistake_is_named_with_its_line(tmp_path: Path, text: str, message: str) -> None:
    file = written(tmp_path, text)
    with pytest.raises(RuleError) as refused:
        read_sources(file)
    assert str(refused.value).startswith(f"{file}:")
    assert message in str(refused.value)


def test_a_mistake_in_a_rule_file_is_named_where_it_stands(tmp_path: Path) -> None:
    rules = written(tmp_path, "hosts: a.example\nbdoy: div\n", "rules.yaml")
    file = written(tmp_path, "sources:\n- homepage: https://a.example/\n  rule_file: rules.yaml\n")
    with pytest.raises(RuleError) as refused:
        read_sources(file)
    assert str(refused.value).startswith(f"{rules}:2: `bdoy` is no key of a rule file")


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(RuleError, match=r"none\.yaml cannot be read"):
        read_sources(tmp_path / "none.yaml")


def test_a_home_page_that_is_no_url_is_refused() -> None:
    with pytest.raises(ValueError, match="news example"):
        source_of_homepage("https://news example/")


HOSTS = st.from_regex(r"[a-z][a-z0-9]{0,8}\.(example|test)", fullmatch=True)
# A name is one line.
NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), min_size=1, max_size=30).map(str.strip).filter(bool)


@st.composite
def followed(draw: st.DrawFn) -> FollowedSource:
    host = draw(HOSTS)
    return FollowedSource(
        slug=host,
        name=draw(NAMES),
        homepage=f"https://{draw(st.sampled_from(['', 'www.']))}{host}/",
        feeds=tuple(f"https://{host}/{n}.xml" for n in range(draw(st.integers(0, 3)))),
        time_zone=draw(st.none() | st.sampled_from(["Europe/Berlin", "UTC", "Asia/Kathmandu"])),
        language=draw(st.none() | st.sampled_from(["de", "no", "fil"])),  # no: YAML takes it for false
        rule_file=draw(st.none() | st.just(str(ROOT / "docs" / "site-rules" / "lantern.yaml"))),
        delay_seconds=draw(st.none() | st.floats(0, 3_600)),
        concurrency=draw(st.none() | st.integers(1, 32)),
        full_text=draw(st.booleans()),
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.lists(followed(), max_size=4, unique_by=lambda s: s.slug))
def test_what_is_written_reads_the_same(tmp_path: Path, sources: list[FollowedSource]) -> None:
    assert read_sources(written(tmp_path, write_sources(sources))) == sources


ANY_VALUE = st.text(max_size=20) | st.integers() | st.booleans() | st.lists(st.text(max_size=5), max_size=2)
ANY_SOURCE = st.dictionaries(st.sampled_from([f.name for f in fields(FollowedSource)]), ANY_VALUE)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(st.text(max_size=100) | st.lists(ANY_SOURCE, max_size=2).map(lambda listed: str({"sources": listed})))
def test_any_text_gives_sources_or_a_mistake(tmp_path: Path, text: str) -> None:
    file = tmp_path / "any.yaml"
    file.write_text(text, "utf-8", errors="replace")
    try:
        read_sources(file)
    except RuleError as error:
        assert str(error).startswith(str(file))
