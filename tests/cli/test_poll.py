from __future__ import annotations

import json
import signal
import subprocess
from typing import Any

import psycopg
import pytest

from tests.cli.commands import INGEST, Done, Environment, complaint, ingest, rows, total
from tests.web.server import Web
from tests.web.site import Response


def follow(environment: Environment, web: Web, *feeds: str, options: tuple[str, ...] = ()) -> None:
    named = [argument for feed in feeds for argument in ("--feed", web.url(feed))]
    done = ingest(environment, "sources", "add", web.url("/"), *named, *options)
    assert done.returncode == 0, done.stderr


def polls(done: Done) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(done.stdout)["polls"]
    return found


def articles_asked(web: Web) -> list[str]:
    return [path for path in web.paths() if path.startswith("/news/")]


def test_what_is_new_is_loaded_once_by_whichever_feed_names_it(web: Web, web_env: Environment) -> None:
    follow(web_env, web, "/feed.rss", "/atom.xml")
    first = ingest(web_env, "poll", "--json")
    assert (first.returncode, total(first)) == (0, {"found": 3, "new": 3})
    assert sorted(p["new"] for p in polls(first)) == [0, 3]
    assert sorted(articles_asked(web)) == sorted(a.path for a in web.sites[0].articles)
    truth = web.sites[0].publish(77)
    web.reset()
    second = ingest(web_env, "poll", "127.1.1.1", "--json")
    assert total(second) == {"found": 1, "new": 1}
    assert articles_asked(web) == [truth.path]
    assert rows(web_env, "SELECT count(*), count(DISTINCT title) FROM news.article") == [(4, 4)]


def test_nothing_has_changed_is_asked_and_said(web: Web, web_env: Environment) -> None:
    follow(web_env, web, "/feed.rss")
    ingest(web_env, "poll")
    web.reset()
    done = ingest(web_env, "poll", "--json")
    assert [(p["outcome"], p["new"]) for p in polls(done)] == [("not_modified", 0)]
    assert [(r.path, r.status) for r in web.requests] == [("/feed.rss", 304)]
    assert (done.returncode, total(done)) == (0, {})


def test_due_polls_what_is_due(web: Web, web_env: Environment) -> None:
    follow(web_env, web, "/feed.rss")
    assert len(polls(ingest(web_env, "poll", "--due", "--json"))) == 1
    web.reset()
    done = ingest(web_env, "poll", "--due")
    assert (done.returncode, done.stdout) == (0, "No feed is due.\n")
    assert web.paths() == []
    [(wait,)] = rows(web_env, "SELECT extract(epoch FROM next_poll_at - last_polled_at) FROM ops.feed")
    assert 0.9 * 3_600 <= wait <= 1.1 * 3_600  # an hour, varied by a tenth


def test_feeds_with_the_whole_text_are_loaded_without_asking_for_articles(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    site.full_text = True
    follow(web_env, web, "/feed.rss", options=("--full-text",))
    assert total(ingest(web_env, "poll", "--json")) == {"found": 3, "new": 3}
    assert articles_asked(web) == []
    loaded = {url: (title, body) for url, title, body in rows(web_env, "SELECT url, title, body FROM news.article")}
    assert loaded == {site.base + a.path: (a.title, a.body) for a in site.articles}
    assert total(ingest(web_env, "poll", "--json")) == {}


def test_every_feed_failing_is_exit_code_1_and_one_of_two_is_0(web: Web, web_env: Environment) -> None:
    follow(web_env, web, "/none.rss", "/feed.rss")
    some = ingest(web_env, "poll")
    assert some.returncode == 0
    assert "/none.rss" in some.stdout
    web.sites[0].pages["/feed.rss"] = Response(b"<html>Not a feed any more</html>")
    done = ingest(web_env, "poll", "--json")
    assert done.returncode == 1
    last = "SELECT state FROM ops.run ORDER BY started_at DESC LIMIT 1"
    assert rows(web_env, last) == [("failed",)]
    assert {(p["outcome"], p["state"]) for p in polls(done)} == {("not_found", "failing"), ("not_a_feed", "failing")}
    assert all(p["error"].endswith(".") for p in polls(done))


def test_a_feed_that_is_gone_is_not_polled_again(web: Web, web_env: Environment) -> None:
    web.sites[0].gone.add("/feed.rss")
    follow(web_env, web, "/feed.rss")
    assert [(p["outcome"], p["state"]) for p in polls(ingest(web_env, "poll", "--json"))] == [("gone", "gone")]
    web.reset()
    assert ingest(web_env, "poll").stdout.startswith("No feed is followed")
    assert web.paths() == []


def test_a_feed_that_has_moved_for_good_is_asked_there(web: Web, web_env: Environment) -> None:
    web.sites[0].moved["/old.rss"] = (308, "/feed.rss")
    follow(web_env, web, "/old.rss")
    assert total(ingest(web_env, "poll", "--json")) == {"found": 3, "new": 3}
    web.reset()
    ingest(web_env, "poll")
    assert web.paths() == ["/feed.rss"]


def test_an_article_in_trouble_waits_and_one_that_is_not_there_is_given_up(web: Web, web_env: Environment) -> None:
    site = web.sites[0]
    site.broken = {site.articles[0].path: 500, site.articles[1].path: 404}
    environment = web_env | {"INGEST_MAX_TRIES": "1"}
    follow(environment, web, "/feed.rss")
    assert total(ingest(environment, "poll", "--json")) == {"found": 3, "new": 1, "rejected": 2}
    assert rows(environment, "SELECT reason FROM ops.rejection ORDER BY reason") == [("not_found",), ("server_error",)]
    tasks = "SELECT state, not_before > now() + interval '9 minutes' FROM ops.url_task ORDER BY state"
    assert [row[0] for row in rows(environment, tasks)] == ["dead", "done", "ready"]
    assert ("ready", True) in rows(environment, tasks)
    site.broken.clear()
    assert total(ingest(environment, "poll", "--json")) == {}  # its time has not come
    with psycopg.connect(environment["INGEST_DATABASE_URL"]) as connection:
        connection.execute("UPDATE ops.url_task SET not_before = now() WHERE state = 'ready'")
    assert total(ingest(environment, "poll", "--json")) == {"found": 1, "new": 1}
    assert rows(environment, "SELECT reason FROM ops.rejection WHERE resolved_at IS NULL") == [("not_found",)]


@pytest.mark.parametrize(("sent", "code", "state"), [(signal.SIGKILL, -signal.SIGKILL, "crashed"), (signal.SIGINT, 130, "cancelled")])
def test_a_poll_that_is_ended_at_any_moment_loses_nothing(web_env: Environment, sent: signal.Signals, code: int, state: str) -> None:
    environment = web_env | {"INGEST_BATCH_SIZE": "1", "INGEST_HOST_CONCURRENCY": "1"}
    with Web(1, 30, latency=0.05) as web:
        follow(environment, web, "/feed.rss")
        with subprocess.Popen([INGEST, "poll"], env=environment, stderr=subprocess.PIPE, text=True, preexec_fn=hear_interrupts) as process:  # noqa: PLW1509
            while process.poll() is None and not rows(environment, "SELECT FROM news.article LIMIT 1"):
                pass
            process.send_signal(sent)
            _, errors = process.communicate(timeout=30)
        assert process.returncode == code
        assert "Traceback" not in errors
        [(loaded,)] = rows(environment, "SELECT count(*) FROM news.article")
        assert 0 < loaded < 30
        web.latency = 0.0
        assert total(ingest(environment, "poll", "--json")) == {"found": 30 - loaded, "new": 30 - loaded}
        assert rows(environment, "SELECT state FROM ops.run ORDER BY started_at") == [(state,), ("completed",)]
        titles = {title for (title,) in rows(environment, "SELECT title FROM news.article")}
        assert titles == {a.title for a in web.sites[0].articles}


def hear_interrupts() -> None:
    """A shell that starts the tests in the background has them ignore Ctrl-C, and their children after them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_two_polls_at_once_fetch_each_article_once(web_env: Environment) -> None:
    with Web(1, 12, latency=0.01) as web:
        follow(web_env, web, "/feed.rss", "/atom.xml")
        both = [subprocess.Popen([INGEST, "poll", "--json"], env=web_env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        counts = [json.loads(process.communicate(timeout=30)[0])["total"]["new"] for process in both]
        assert sum(counts) == 12
        assert sorted(articles_asked(web)) == sorted(a.path for a in web.sites[0].articles)


def test_wrong_usage_and_nothing_to_do(web_env: Environment) -> None:
    assert complaint(ingest(web_env, "poll", "a.example")) == "No source is followed as a.example: see `ingest sources list`."
    done = ingest(web_env, "poll")
    assert (done.returncode, done.stdout) == (0, "No feed is followed: see `ingest sources add --help`.\n")
    assert polls(ingest(web_env, "poll", "--json")) == []


@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_has_examples_and_exit_codes(web_env: Environment, option: str) -> None:
    done = ingest(web_env, "poll", option)
    assert done.returncode == 0
    assert "ingest poll --due" in done.stdout.partition("Examples")[2]
    assert "Exit codes: 0 it ran, 1 every feed failed, 2 wrong usage" in done.stdout
