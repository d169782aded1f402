from __future__ import annotations

import datetime as dt
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.commands import Environment, complaint, ingest, rows, total
from tests.web.articles import render
from tests.web.server import Web
from tests.web.site import START, Response

REJECTIONS = "SELECT location, stage, reason FROM ops.rejection ORDER BY location"


def page(web: Web, number: int, base: str) -> bytes:
    """An article's page as another site would show it."""
    return render(web.sites[0].articles[number], base, shape=0, related=[])


# --- articles


def test_an_article_becomes_a_clean_row_with_its_bytes_and_its_request(web: Web, web_env: Environment) -> None:
    truth = web.sites[0].articles[0]
    done = ingest(web_env, "run", web.url(truth.path) + "?utm_source=mail#top", "--json")
    assert (done.returncode, total(done)) == (0, {"found": 1, "new": 1})
    [row] = rows(web_env, "SELECT url, title, authors, published_at, body FROM news.article")
    assert row == (web.url(truth.path), truth.title, [truth.author], truth.published, truth.body)
    assert web.paths() == ["/robots.txt", truth.path]
    assert rows(web_env, "SELECT url, status, outcome FROM ops.fetch WHERE purpose = 'article'") == [(web.url(truth.path), 200, "ok")]
    assert rows(web_env, "SELECT count(*) FROM ops.raw_page WHERE body_zstd IS NOT NULL") == [(1,)]


def test_an_article_that_is_named_again_is_asked_for_with_its_etag(web: Web, web_env: Environment) -> None:
    url = web.url(web.sites[0].articles[0].path)
    ingest(web_env, "run", url)
    web.reset()
    again = ingest(web_env, "run", url, "--json")
    assert total(again) == {"found": 1, "unchanged": 1}
    assert [(r.path, r.status) for r in web.requests if r.path != "/robots.txt"] == [(web.sites[0].articles[0].path, 304)]


def test_an_article_that_was_edited_is_a_new_version(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    truth = site.articles[0]
    ingest(web_env, "run", web.url(truth.path))
    site.articles[0] = replace(
        truth, paragraphs=(*truth.paragraphs, "The council took its decision back on Friday, two of its members said.")
    )
    assert total(ingest(web_env, "run", web.url(truth.path), "--json")) == {"found": 1, "updated": 1}
    versions = rows(web_env, "SELECT version_no, reason, changed, body FROM news.article_version ORDER BY version_no")
    assert versions == [(1, "new", [], truth.body), (2, "publisher_change", ["body"], site.articles[0].body)]


def test_credentials_in_a_url_are_neither_sent_nor_kept(web: Web, web_env: Environment) -> None:
    truth = web.sites[0].articles[0]
    done = ingest(web_env, "run", web.url(truth.path).replace("://", "://reader:s3cret@"), "--json")
    assert total(done) == {"found": 1, "new": 1}
    assert not any("authorization" in r.headers for r in web.requests)
    assert rows(web_env, "SELECT count(*) FROM ops.run WHERE params::text LIKE '%s3cret%'") == [(0,)]
    assert rows(web_env, "SELECT url FROM news.article") == [(web.url(truth.path),)]
    assert "s3cret" not in done.stdout + done.stderr


# --- lists


@pytest.mark.parametrize("path", ["/feed.rss", "/atom.xml", "/feed.json", "/sitemap.xml", "/world/", "/"])
def test_a_list_is_loaded_once_however_often(web: Web, web_env: Environment, path: str) -> None:
    assert total(ingest(web_env, "run", web.url(path), "--json")) == {"found": 3, "new": 3}
    web.reset()
    assert total(ingest(web_env, "run", web.url(path), "--json")) == {"found": 3, "unchanged": 3}
    assert not [asked for asked in web.paths() if asked.startswith("/news/")]
    assert rows(web_env, "SELECT count(*), count(DISTINCT title) FROM news.article") == [(3, 3)]


def test_what_a_feed_said_of_a_page_holds_when_it_is_read_again_without_it(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    undated = [re.sub(rb"(?s)<script.*?</script>|<meta[^>]*>|<time.*?</time>", b"", page(web, n, site.base)) for n in range(3)]
    for n, article in enumerate(site.articles[:3]):
        site.pages[article.path] = Response(undated[n])
    ingest(web_env, "run", web.url("/feed.rss"))
    dates = "SELECT url, published_at, published_from FROM news.article ORDER BY url"
    before = rows(web_env, dates)
    assert [published_from for _, _, published_from in before] == ["feed"] * 3
    longer = b"<p>The council took its decision back on Friday, as two of its members said in the evening.</p></article>"
    site.pages[site.articles[0].path] = Response(undated[0].replace(b"</article>", longer))
    assert total(ingest(web_env, "run", web.url(site.articles[0].path), "--json")) == {"found": 1, "updated": 1}
    assert rows(web_env, "SELECT reason, changed FROM news.article_version WHERE version_no = 2") == [("publisher_change", ["body"])]
    rows(web_env, "UPDATE news.article SET extractor_version = 'older' RETURNING 1")
    assert total(ingest(web_env, "reprocess", "--outdated", "--json")) == {"found": 3, "unchanged": 3}
    assert rows(web_env, dates) == before


def test_since_fetches_only_what_a_list_dates_later(web: Web, web_env: Environment) -> None:
    new = web.sites[0].publish(50, START + dt.timedelta(days=10))
    since = (START + dt.timedelta(days=1)).date().isoformat()
    assert total(ingest(web_env, "run", web.url("/feed.rss"), "--since", since, "--json")) == {"found": 1, "new": 1}
    assert [path for path in web.paths() if path.startswith("/news/")] == [new.path]


def test_kind_says_what_the_url_does_not(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    site.pages["/piece"] = Response(page(web, 0, site.base).replace(b'<link rel="canonical"', b"<link"))
    assert total(ingest(web_env, "run", web.url("/piece"), "--kind", "article", "--json")) == {"found": 1, "new": 1}
    assert rows(web_env, "SELECT url FROM news.article") == [(web.url("/piece"),)]
    done = ingest(web_env, "run", web.url("/piece"), "--kind", "feed", "--json")
    assert (done.returncode, total(done)) == (1, {"found": 1, "rejected": 1})
    assert rows(web_env, REJECTIONS) == [(web.url("/piece"), "discover", "no_list")]
    assert complaint(ingest(web_env, "run", web.url("/"), "--kind", "blog")).startswith("blog is no kind of target; the kinds are article,")


def test_urls_on_standard_input(web: Web, web_env: Environment) -> None:
    first, second, _ = (web.url(a.path) for a in web.sites[0].articles)
    listed = f"# today\n{first}\n\n{second}?utm_source=x\r\n{first}\n"
    assert total(ingest(web_env, "run", "-", "--json", stdin=listed)) == {"found": 2, "new": 2}
    assert {url for (url,) in rows(web_env, "SELECT url FROM news.article")} == {first, second}
    nothing = ingest(web_env, "run", "-", "--json")
    assert (nothing.returncode, total(nothing)) == (0, {})
    sentence = complaint(ingest(web_env, "run", "-", stdin="news.example/a\n"))
    assert sentence == "Standard input: 'news.example/a' is no http or https URL."


def test_files_of_urls_and_feeds(web: Web, web_env: Environment, tmp_path: Path) -> None:
    first, second, third = (web.url(a.path) for a in web.sites[0].articles)
    (tmp_path / "list.txt").write_text(f"{first}\n{second}\n")
    (tmp_path / "mine.opml").write_text(f'<opml version="2.0"><body><outline xmlUrl="{web.url("/feed.rss")}"/></body></opml>')
    assert total(ingest(web_env, "run", tmp_path / "list.txt", "--json")) == {"found": 2, "new": 2}
    assert total(ingest(web_env, "run", tmp_path / "mine.opml", "--json")) == {"found": 3, "new": 1, "unchanged": 2}
    assert {url for (url,) in rows(web_env, "SELECT url FROM news.article")} == {first, second, third}


# --- what goes wrong


def test_a_url_that_does_not_exist_is_a_rejection_and_exit_code_1(web: Web, web_env: Environment) -> None:
    url = web.url("/news/2026/11/20/nobody-has-written-this-story-yet")
    done = ingest(web_env, "run", url)
    assert done.returncode == 1
    assert f"rejected at fetch: not_found: {url}" in done.stdout.replace("\n", "")
    assert rows(web_env, REJECTIONS) == [(url, "fetch", "not_found")]
    assert rows(web_env, "SELECT url, status, outcome FROM ops.fetch WHERE purpose = 'article'") == [(url, 404, "not_found")]
    good = web.url(web.sites[0].articles[0].path)
    both = ingest(web_env, "run", url, good, "--json")
    assert (both.returncode, total(both)) == (0, {"found": 2, "new": 1, "rejected": 1})
    assert rows(web_env, "SELECT attempts FROM ops.rejection") == [(2,)]


def test_a_rejection_is_resolved_by_the_article(web: Web, web_env: Environment) -> None:
    truth = web.sites[0].articles[0]
    web.sites[0].gone.add(truth.path)
    assert ingest(web_env, "run", web.url(truth.path)).returncode == 1
    web.sites[0].gone.clear()
    assert ingest(web_env, "run", web.url(truth.path)).returncode == 0
    assert rows(web_env, "SELECT reason, resolved_at IS NOT NULL FROM ops.rejection") == [("gone", True)]


def test_what_robots_txt_does_not_allow_is_not_asked_for(web: Web, web_env: Environment) -> None:
    url = web.url("/private/2026/11/20/a-story-that-robots-shall-not-read")
    assert ingest(web_env, "run", url).returncode == 1
    assert rows(web_env, REJECTIONS) == [(url, "fetch", "robots_disallowed")]
    assert web.paths() == ["/robots.txt"]


def test_an_address_that_is_private_is_a_rejection(web: Web, web_env: Environment) -> None:
    strict = {k: v for k, v in web_env.items() if k != "INGEST_ALLOW_PRIVATE_ADDRESSES"}
    url = web.url(web.sites[0].articles[0].path)
    assert ingest(strict, "run", url).returncode == 1
    assert rows(web_env, REJECTIONS) == [(url, "fetch", "address_refused")]
    assert web.requests == []


def test_a_url_that_cannot_be_fetched_is_wrong_usage(web_env: Environment) -> None:
    assert complaint(ingest(web_env, "run", "http://two words.example/")) == "http://two words.example/ is no URL that can be fetched."


# --- explain


def test_explain_fetches_and_needs_no_database(web: Web, no_database: Environment) -> None:
    truth = web.sites[0].articles[0]
    done = ingest(no_database, "explain", web.url(truth.path), "--json")
    assert done.returncode == 0, done.stderr
    explained = json.loads(done.stdout)
    assert (explained["title"], explained["body"]) == (truth.title, truth.body)
    assert {b["reason"] for b in explained["blocks"]} >= {None, "mailing_list"}
    assert truth.title in ingest(no_database, "explain", web.url(truth.path)).stdout.replace("\n", " ")


def test_explain_says_why_there_is_no_article(web: Web, no_database: Environment) -> None:
    done = ingest(no_database, "explain", web.url("/news/2026/11/20/nobody-has-written-this-story-yet"))
    assert done.returncode == 1
    assert "not_found" in done.stdout
    assert complaint(ingest(no_database, "extract", web.url("/"))).startswith(
        f"{web.url('/')} is a URL, and this command reads saved pages"
    )


# --- WARC


def warc(*pages: tuple[str, bytes]) -> bytes:
    """A WARC file with an answer a page."""
    out = b""
    for url, body in pages:
        block = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" + body
        head = f"WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2026-11-20T10:20:30Z\r\n"
        head += f"Content-Type: application/http; msgtype=response\r\nContent-Length: {len(block)}\r\n\r\n"
        out += head.encode() + block + b"\r\n\r\n"
    return out


def test_a_warc_file_through_extract_and_run(web: Web, web_env: Environment, no_database: Environment, tmp_path: Path) -> None:
    base = "https://herald.example"
    truths = web.sites[0].articles
    whole = warc(*((base + a.path, page(web, n, base)) for n, a in enumerate(truths)))
    file = tmp_path / "crawl.warc"
    file.write_bytes(whole)
    extracted = [json.loads(line) for line in ingest(no_database, "extract", file, "--jsonl").stdout.splitlines()]
    assert [(r["url"], r["title"], r["body"]) for r in extracted] == [(base + a.path, a.title, a.body) for a in truths]
    assert total(ingest(web_env, "run", file, "--json")) == {"found": 3, "new": 3}
    assert total(ingest(web_env, "run", file, "--json")) == {"found": 3, "unchanged": 3}
    assert sorted(rows(web_env, "SELECT url, title, body FROM news.article")) == sorted((base + a.path, a.title, a.body) for a in truths)
    assert rows(web_env, "SELECT DISTINCT first_seen_at FROM news.article") == [(dt.datetime(2026, 11, 20, 10, 20, 30, tzinfo=dt.UTC),)]
    assert web.requests == []


def test_a_cut_warc_file_gives_what_is_whole_and_says_where_it_breaks_off(web: Web, web_env: Environment, tmp_path: Path) -> None:
    base = "https://herald.example"
    whole = warc(*((base + a.path, page(web, n, base)) for n, a in enumerate(web.sites[0].articles)))
    (tmp_path / "cut.warc").write_bytes(whole[:-300])
    done = ingest(web_env, "run", tmp_path, "--json")
    assert done.returncode == 0
    assert total(done) == {"found": 4, "new": 2, "rejected": 2}
    reasons = rows(web_env, "SELECT reason, body_sha256 IS NOT NULL FROM ops.rejection ORDER BY reason")
    assert reasons == [("broken_warc", False), ("truncated_body", True)]
