from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Environment, complaint, ingest, rows
from tests.web.server import Web
from tests.web.site import Response

OPML = """<?xml version="1.0"?><opml version="2.0"><head><title>Mine</title></head><body><outline text="Papers">
<outline type="rss" title="Harbour Gazette" xmlUrl="https://www.gazette.example/news.xml"/>
<outline type="rss" title="Gazette, sport" xmlUrl="HTTPS://www.gazette.example/sport.xml"/>
<outline type="rss" text="Fern" xmlUrl="https://fern.example/atom"/>
<outline type="rss" text="Broken" xmlUrl="http://two words.example/feed"/></outline></body></opml>"""


def listed(environment: Environment, *slugs: str) -> list[dict[str, Any]]:
    done = ingest(environment, "sources", *(["show", *slugs] if slugs else ["list"]), "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def written(folder: Path, text: str, name: str = "sources.yaml") -> Path:
    file = folder / name
    file.write_text(text, "utf-8")
    return file


def test_a_home_page_is_followed_by_the_feeds_that_it_names(web: Web, web_env: Environment) -> None:
    done = ingest(web_env, "sources", "add", web.url("/"), "--time-zone", "Europe/Berlin", "--concurrency", "3")
    assert (done.returncode, done.stderr) == (0, f"Looking for feeds on {web.url('/')} …\n")
    assert done.stdout == f"Following 127.1.1.1: {web.url('/feed.rss')}, {web.url('/atom.xml')}\n"
    [status] = listed(web_env)
    source = status["source"]
    assert (source["slug"], source["name"], source["homepage"]) == ("127.1.1.1", "The Post", web.url("/"))
    assert (source["time_zone"], source["concurrency"], source["language"], source["full_text"]) == ("Europe/Berlin", 3, None, False)
    assert [(f["url"], f["state"]) for f in status["feeds"]] == [(web.url("/feed.rss"), "healthy"), (web.url("/atom.xml"), "healthy")]
    assert not [path for path in web.paths() if path.startswith("/news/")]


def test_without_feeds_the_sitemap_of_news_is_followed(web: Web, web_env: Environment) -> None:
    web.sites[0].pages["/"] = Response(b"<html><body>No link tag here.</body></html>")
    web.sites[0].gone |= {"/feed.json", "/atom.xml"}
    assert ingest(web_env, "sources", "add", web.url("/")).stdout == f"Following 127.1.1.1: {web.url('/news-sitemap.xml')}\n"


def test_a_feed_is_followed_under_the_home_page_that_it_names(web: Web, web_env: Environment) -> None:
    feed = b'<rss version="2.0"><channel><title>Fern</title><link>https://www.fern.example/</link></channel></rss>'
    web.sites[0].pages["/elsewhere.rss"] = Response(feed, content_type="application/rss+xml")
    assert ingest(web_env, "sources", "add", web.url("/elsewhere.rss")).returncode == 0
    [status] = listed(web_env)
    source = status["source"]
    assert (source["slug"], source["name"], source["homepage"]) == ("fern.example", "Fern", "https://www.fern.example/")
    assert source["feeds"] == [web.url("/elsewhere.rss")]


def test_feeds_that_are_named_need_no_network(web_env: Environment) -> None:
    feeds = ["--feed", "https://fern.example/a.xml", "--feed", "https://fern.example/b.xml"]
    done = ingest(web_env, "sources", "add", "https://fern.example/", *feeds, "--name", "Fern", "--full-text", "--delay", "0")
    assert (done.returncode, done.stderr) == (0, "")
    [status] = listed(web_env, "fern.example")
    source = status["source"]
    assert (source["name"], source["full_text"], source["delay_seconds"]) == ("Fern", True, 0.0)
    assert source["feeds"] == ["https://fern.example/a.xml", "https://fern.example/b.xml"]
    assert "fern.example" in ingest(web_env, "sources", "list").stdout
    shown = ingest(web_env, "sources", "show", "fern.example").stdout
    assert all(text in shown for text in ("delay seconds  0.0", "https://fern.example/a.xml", "https://fern.example/b.xml"))


def test_a_file_is_followed_and_followed_again_as_it_has_become(web_env: Environment, tmp_path: Path) -> None:
    first = "sources:\n- homepage: https://a.example/\n  feeds: https://a.example/1\n  language: de\n"
    second = "sources:\n- homepage: https://a.example/\n  feeds: https://a.example/2\n  name: A\n"
    for text in (first, second):
        assert ingest(web_env, "sources", "import", written(tmp_path, text)).returncode == 0
    [status] = listed(web_env)
    assert (status["source"]["feeds"], status["source"]["name"], status["source"]["language"]) == (["https://a.example/2"], "A", None)


def test_a_file_without_feeds_has_them_looked_for(web: Web, web_env: Environment, tmp_path: Path) -> None:
    file = written(tmp_path, f"sources:\n- homepage: {web.url('/')}\n  name: Mine\n")
    assert ingest(web_env, "sources", "import", file).returncode == 0
    [status] = listed(web_env)
    assert (status["source"]["name"], len(status["source"]["feeds"])) == ("Mine", 2)


def test_a_site_that_is_out_of_reach_leaves_the_others_of_its_file(web: Web, web_env: Environment, tmp_path: Path) -> None:
    away = web.refused_url()
    text = f"sources:\n- homepage: {away}\n- homepage: {web.url('/')}\n- homepage: https://a.example/\n  feeds: https://a.example/1\n"
    done = ingest(web_env | {"INGEST_MAX_TRIES": "1"}, "sources", "import", written(tmp_path, text))
    assert done.returncode == 1
    assert [line for line in done.stderr.splitlines() if line.startswith(f"ingest: {away} cannot be had: ")]
    assert [s["source"]["slug"] for s in listed(web_env)] == ["127.1.1.1", "a.example"]


def test_a_file_with_a_mistake_changes_nothing(web_env: Environment, tmp_path: Path) -> None:
    file = written(tmp_path, "sources:\n- homepage: https://a.example/\n  feeds: https://a.example/1\n- homepage: b\n")
    assert complaint(ingest(web_env, "sources", "import", file)).startswith(f"{file}:4: `b` is no URL")
    assert listed(web_env) == []


def test_the_feeds_of_an_opml_file_are_sources_by_host(web_env: Environment, tmp_path: Path) -> None:
    done = ingest(web_env, "sources", "import", written(tmp_path, OPML, "mine.opml"))
    assert done.returncode == 0, done.stderr
    assert "http://two words.example/feed is no URL that can be fetched" in done.stderr
    assert [(s["source"]["slug"], s["source"]["name"], s["source"]["feeds"]) for s in listed(web_env)] == [
        ("fern.example", "Fern", ["https://fern.example/atom"]),
        ("gazette.example", "Harbour Gazette", ["https://www.gazette.example/news.xml", "https://www.gazette.example/sport.xml"]),
    ]


def test_what_is_exported_is_imported_the_same(web_env: Environment, tmp_path: Path) -> None:
    text = """sources:
- {homepage: 'https://www.a.example/de/', name: 'Die "A"', feeds: ['https://a.example/1', 'https://feeds.example/a'],
   time_zone: Europe/Berlin, language: de, delay_seconds: 0, concurrency: 1, full_text: true}
- {homepage: 'https://b.example/', feeds: 'https://b.example/1'}
"""
    ingest(web_env, "sources", "import", written(tmp_path, text))
    before, exported = listed(web_env), ingest(web_env, "sources", "export").stdout
    assert ingest(web_env, "sources", "remove", "a.example", "b.example").returncode == 0
    assert listed(web_env) == []
    assert ingest(web_env, "sources", "import", written(tmp_path, exported)).returncode == 0
    assert [s["source"] for s in listed(web_env)] == [s["source"] for s in before]
    assert ingest(web_env, "sources", "export").stdout == exported
    assert "a.example" not in ingest(web_env, "sources", "export", "b.example").stdout


def test_pause_resume_and_remove(web: Web, web_env: Environment) -> None:
    ingest(web_env, "sources", "add", web.url("/"))
    assert ingest(web_env, "sources", "pause", "127.1.1.1").stdout == "Paused: 127.1.1.1.\n"
    web.reset()
    assert ingest(web_env, "poll").returncode == 0
    assert web.paths() == []
    assert listed(web_env)[0]["paused"]
    assert ingest(web_env, "sources", "resume", "127.1.1.1").stdout == "Resumed: 127.1.1.1.\n"
    assert ingest(web_env, "poll").returncode == 0
    [status] = listed(web_env)
    assert (status["paused"], status["articles"], status["waiting"]) == (False, 3, 0)
    assert dt.datetime.fromisoformat(status["newest"]) == web.sites[0].articles[0].published
    assert ingest(web_env, "sources", "remove", "127.1.1.1").stdout == "Removed: 127.1.1.1. Their articles stay.\n"
    assert ingest(web_env, "sources", "list").stdout == "No source is followed: see `ingest sources add --help`.\n"
    assert rows(web_env, "SELECT (SELECT count(*) FROM news.article), (SELECT count(*) FROM ops.feed)") == [(3, 0)]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["add", "harbour gazette"], "harbour gazette is no URL: write for instance https://news.example/."),
        (["add", "https://a.example/", "--feed", "/rss"], "A feed is given by its URL: --feed https://news.example/feed.xml."),
        (["add", "https://a.example/", "--time-zone", "Mars"], "Mars is not a time zone; write for instance Europe/Berlin."),
        (["add", "https://a.example/", "--language", "german"], "german is not a language code; write for instance de."),
        (["add", "https://a.example/", "--rules", "none.yaml"], "none.yaml cannot be read: No such file or directory."),
        (["import", "none.yaml"], "none.yaml cannot be read: No such file or directory."),
        (["import", "none.opml"], "none.opml cannot be read: No such file or directory."),
        (["show", "a.example"], "No source is followed as a.example: see `ingest sources list`."),
        (["pause", "a.example"], "No source is followed as a.example: see `ingest sources list`."),
        (["resume", "a.example"], "No source is followed as a.example: see `ingest sources list`."),
        (["remove", "a.example"], "No source is followed as a.example: see `ingest sources list`."),
        (["export", "a.example"], "No source is followed as a.example: see `ingest sources list`."),
    ],
)
def test_wrong_usage_is_one_sentence(web_env: Environment, arguments: list[str], sentence: str) -> None:
    assert complaint(ingest(web_env, "sources", *arguments)) == sentence


def test_a_home_page_that_cannot_be_had_or_has_no_feed_is_one_sentence(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    site.pages["/"] = Response(b"<html><body>No link tag here.</body></html>")
    site.gone |= {"/feed.json", "/atom.xml", "/news-sitemap.xml", "/sitemap.xml"}
    assert complaint(ingest(web_env, "sources", "add", web.url("/"))).startswith(f"No feed and no sitemap is found on {web.url('/')}")
    site.pages["/"] = Response(b"", 404)
    assert complaint(ingest(web_env, "sources", "add", web.url("/"))).startswith(f"{web.url('/')} cannot be had: ")
    assert listed(web_env) == []


def test_a_feed_belongs_to_one_source(web_env: Environment) -> None:
    feed = ["--feed", "https://feeds.example/x"]
    assert ingest(web_env, "sources", "add", "https://a.example/", *feed).returncode == 0
    sentence = complaint(ingest(web_env, "sources", "add", "https://b.example/", *feed))
    assert sentence == "The feed https://feeds.example/x belongs to the source a.example."
    assert [s["source"]["slug"] for s in listed(web_env)] == ["a.example"]


@pytest.mark.parametrize("command", ["add", "import", "list", "show", "pause", "resume", "remove", "export"])
def test_help_has_examples(web_env: Environment, command: str) -> None:
    done = ingest(web_env, "sources", command, "--help")
    assert done.returncode == 0
    assert f"ingest sources {command}" in done.stdout.partition("Example")[2]
