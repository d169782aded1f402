from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.commands import Done, Environment, complaint, ingest
from tests.web.server import Web
from tests.web.site import START, Response


def urls(web: Web) -> list[str]:
    return [web.url(a.path) for a in web.sites[0].articles]


def facts(done: Done) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/feed.rss", "rss with 3 entries"),
        ("/atom.xml", "atom with 3 entries"),
        ("/feed.json", "jsonfeed with 3 entries"),
        ("/news-sitemap.xml", "sitemap with 3 entries"),
        ("/sitemap.xml", "sitemap_index with 1 lists"),
        ("/world/", "a section page with 3 links to articles"),
    ],
)
def test_a_url_a_line_and_what_the_target_is(web: Web, no_database: Environment, path: str, said: str) -> None:
    done = ingest(no_database, "discover", web.url(path))
    assert (done.returncode, sorted(done.stdout.splitlines())) == (0, sorted(urls(web)))
    assert done.stderr.splitlines()[0] == f"{web.url(path)}: {said}"
    assert not [asked for asked in web.paths() if asked.startswith("/news/")]


def test_a_home_page_gives_each_article_once_with_its_feeds_said(web: Web, no_database: Environment) -> None:
    done = ingest(no_database, "discover", web.url("/"))
    assert sorted(done.stdout.splitlines()) == sorted(urls(web))
    assert done.stderr.splitlines()[:2] == [
        f"{web.url('/')}: a home page with 2 feeds, 1 sitemaps, 3 links to articles",
        f"  takes {web.url('/feed.rss')}",
    ]


def test_json_carries_what_the_list_says(web: Web, no_database: Environment) -> None:
    found = facts(ingest(no_database, "discover", web.url("/feed.rss"), "--json"))
    assert [(f["url"], f["title"], f["published_at"], f["authors"]) for f in found] == [
        (web.url(a.path), a.title, a.published.isoformat(), [a.author]) for a in web.sites[0].articles
    ]


def test_since_leaves_out_what_is_dated_earlier(web: Web, no_database: Environment) -> None:
    new = web.sites[0].publish(50, START + dt.timedelta(days=10))
    since = (START + dt.timedelta(days=1)).date().isoformat()
    for path in ("/feed.rss", "/news-sitemap.xml", "/sitemap.xml"):
        assert ingest(no_database, "discover", web.url(path), "--since", since).stdout.split() == [web.url(new.path)]
    assert ingest(no_database, "discover", web.url("/feed.rss"), "--since", "2999-01-01").returncode == 1


def test_files_and_standard_input(web: Web, no_database: Environment, tmp_path: Path) -> None:
    opml = tmp_path / "mine.opml"
    opml.write_text(f'<opml version="2.0"><body><outline xmlUrl="{web.url("/atom.xml")}"/></body></opml>')
    assert ingest(no_database, "discover", opml).stdout.split() == urls(web)
    listed = tmp_path / "list.txt"
    listed.write_text("# mine\n\nhttps://a.example/x?utm_source=y#z\nhttps://a.example/x\nhttps://a.example/2\n")
    assert ingest(no_database, "discover", listed).stdout.split() == ["https://a.example/x", "https://a.example/2"]
    assert ingest(no_database, "discover", "-", stdin=listed.read_text()).stdout.split() == ["https://a.example/x", "https://a.example/2"]
    assert complaint(ingest(no_database, "discover", "-", stdin="a.example\n")) == "Standard input: 'a.example' is no http or https URL."
    page = tmp_path / "page.html"
    page.write_text("<p>saved</p>")
    assert ingest(no_database, "discover", page).stdout.split() == [str(page)]


def test_a_broken_feed_is_read_as_far_as_it_goes_and_said_to_be_broken(web: Web, no_database: Environment) -> None:
    done = ingest(no_database, "discover", web.url("/cut.rss"))
    assert done.returncode == 0
    assert set(urls(web)[:2]) <= set(done.stdout.split()) <= set(urls(web))
    first = done.stderr.splitlines()[0]
    assert first.startswith(f"{web.url('/cut.rss')}: rss with ")
    assert first.endswith(")")


def test_nothing_found_is_1_and_says_why(web: Web, no_database: Environment) -> None:
    missing = ingest(no_database, "discover", web.url("/feeds/none.xml"))
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr.startswith(f"ingest: {web.url('/feeds/none.xml')}: ")
    assert "404" in missing.stderr
    web.sites[0].pages["/empty/"] = Response(b"<html><body>Nothing</body></html>")
    assert ingest(no_database, "discover", web.url("/empty/")).returncode == 1
    no_feed = ingest(no_database, "discover", web.url("/empty/"), "--kind", "feed")
    assert (no_feed.returncode, no_feed.stderr) == (1, f"ingest: {web.url('/empty/')}: {web.url('/empty/')} is no feed.\n")


def test_a_private_address_is_refused_where_nobody_allows_it(web: Web, no_database: Environment) -> None:
    strict = {k: v for k, v in no_database.items() if k != "INGEST_ALLOW_PRIVATE_ADDRESSES"}
    done = ingest(strict, "discover", web.url("/feed.rss"))
    assert (done.returncode, done.stdout) == (1, "")
    assert web.requests == []


def test_a_path_that_names_nothing_is_2_and_the_others_are_looked_into(web: Web, no_database: Environment, tmp_path: Path) -> None:
    done = ingest(no_database, "discover", tmp_path / "none.xml", web.url("/feed.rss"))
    assert (done.returncode, done.stdout.split()) == (2, urls(web))
    assert f"ingest: {tmp_path}/none.xml: no such file or folder." in done.stderr.splitlines()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["https://a.example/", "--kind", "blog"], "blog is no kind of target; the kinds are article, feed, sitemap, homepage, section, "),
        (["https://a.example/", "--since", "yesterday"], "yesterday is no date: write 2026-11-02, or a number of days such as 7d."),
        (["https://a.example/", "--since", "999999d"], "999999d is no date: write 2026-11-02, or a number of days such as 7d."),
        (["https://a.example/", "--since", "²d"], "²d is no date: write 2026-11-02, or a number of days such as 7d."),
        (["http://two words.example/"], "http://two words.example/ is no URL that can be fetched."),
    ],
)
def test_wrong_usage_is_one_sentence(no_database: Environment, arguments: list[str], sentence: str) -> None:
    assert complaint(ingest(no_database, "discover", *arguments)).startswith(sentence)


def test_help_has_examples_and_exit_codes(no_database: Environment) -> None:
    done = ingest(no_database, "discover", "--help")
    assert done.returncode == 0
    assert "ingest discover https://news.example/" in done.stdout.partition("Examples")[2]
    assert "Exit codes: 0 something was found, 1 nothing was, 2 wrong usage." in done.stdout
