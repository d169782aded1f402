from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.commands import INGEST, Environment, complaint, ingest, rows, total
from tests.web.server import Web

STORY = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "
MENU = "<title>Topics</title><nav>" + "".join(f"<a href=/{i}>Topic {i}</a> " for i in range(50)) + "</nav>"
HIDDEN = "<title>Talks</title><nav><h2>Talks</h2>" + "".join(f"<a href=/{i}>{STORY}Round {i}.</a> " for i in range(4)) + "</nav>"


@pytest.fixture
def env(cli_env: Environment, database_url: str) -> Environment:
    return cli_env | {"INGEST_DATABASE_URL": database_url, "INGEST_JOBS": "1"}


@pytest.fixture
def refused(env: Environment, tmp_path: Path) -> Path:
    """Four saved pages: no text, text in a menu, nothing at all, and half of a compressed file."""
    folder = tmp_path / "pages"
    folder.mkdir()
    (folder / "menu.html").write_text(MENU)
    (folder / "hidden.html").write_text(HIDDEN)
    (folder / "empty.html").write_text("")
    (folder / "gone.html").symlink_to(folder / "nowhere")
    assert total(ingest(env, "run", folder, "--json")) == {"found": 4, "rejected": 4}
    return folder


def listed(env: Environment, *options: str) -> list[dict[str, Any]]:
    done = ingest(env, "rejections", "list", "--json", *options)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def names(env: Environment, *options: str) -> list[str]:
    return sorted(Path(r["location"]).name for r in listed(env, *options))


def number(env: Environment, name: str) -> str:
    return next(str(r["rejection_id"]) for r in listed(env, "--all") if r["location"].endswith(name))


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """What the extractor has to know to find the text in the menu."""
    file = tmp_path / "rules.yaml"
    file.write_text("body: nav\nfunction: rules.py:story\n")
    (tmp_path / "rules.py").write_text(
        "def story(soup):\n"
        "    links = [a.get_text() for a in soup.select('nav a')]\n"
        "    return {'body': links} if len(links) < 10 else None\n"
    )
    return file


@pytest.mark.usefixtures("refused")
def test_the_list_and_its_filters(env: Environment) -> None:
    assert names(env) == ["empty.html", "gone.html", "hidden.html", "menu.html"]
    assert names(env, "--stage", "extract") == ["hidden.html", "menu.html"]
    assert names(env, "--reason", "empty") == ["empty.html"]
    assert names(env, "--since", "1d", "--stage", "extract", "--reason", "empty") == []
    assert names(env, "--since", "2999-01-01") == []
    shown = ingest(env, "rejections", "list", "--limit", "1").stdout
    assert shown.count("file:") == 1
    assert shown.endswith("4 rejections (3 more: --limit).\n")
    assert ingest(env, "rejections", "list", "--reason", "none").stdout == "No rejection fits.\n"


def test_resolved_ones_are_shown_with_all(env: Environment, refused: Path) -> None:
    (refused / "empty.html").write_text(f"<title>T</title><article><h1>Talks</h1><p>{STORY * 3}</p></article>")
    assert total(ingest(env, "run", refused / "empty.html", "--json")) == {"found": 1, "new": 1}
    assert names(env) == ["gone.html", "hidden.html", "menu.html"]
    assert names(env, "--all") == ["empty.html", "gone.html", "hidden.html", "menu.html"]
    assert "read: empty, loaded" in ingest(env, "rejections", "list", "--all", "--reason", "empty").stdout


def test_a_host_has_those_below_it_and_a_source_its_host(web_env: Environment) -> None:
    with psycopg.connect(web_env["INGEST_DATABASE_URL"]) as connection:
        connection.execute("INSERT INTO ops.run (run_id, kind, flow_name, code_version) VALUES (gen_random_uuid(), 'adhoc', 't', '0')")
        connection.execute("INSERT INTO news.source (slug, name, domain) VALUES ('the-post', 'The Post', 'post.example')")
        connection.execute(
            "INSERT INTO ops.rejection (location, url, stage, reason, message, first_run_id, last_run_id, extractor_version) "
            "SELECT u, u, 'fetch', 'gone', 'Gone.', run_id, run_id, '2' FROM ops.run, unnest(%s::text[]) AS u",
            [["https://post.example/a", "http://www.post.example:8080/b", "https://compost.example/c", "https://x.example/post.example/d"]],
        )
    for name in ("post.example", "www.post.example", "the-post"):
        assert names(web_env, "--host", name) == ["a", "b"]
    assert names(web_env, "--source", "the-post", "--stage", "read") == []


def test_one_with_its_bytes(env: Environment, refused: Path, tmp_path: Path) -> None:
    menu = number(env, "menu.html")
    shown = ingest(env, "rejections", "show", menu).stdout
    assert f"location           {(refused / 'menu.html').as_uri()}\n" in shown
    assert "reason             no_article_text\n" in shown
    assert json.loads(ingest(env, "rejections", "show", menu, "--json").stdout)["kept_bytes"] == len(MENU)
    assert ingest(env, "rejections", "show", menu, "--bytes", tmp_path / "copy").returncode == 0
    assert (tmp_path / "copy").read_text() == MENU
    assert (
        subprocess.run([INGEST, "rejections", "show", menu, "--bytes", "-"], env=env, capture_output=True, check=True).stdout
        == MENU.encode()
    )


def test_what_is_not_there_is_one_sentence(env: Environment, refused: Path, tmp_path: Path) -> None:
    assert "No rejection has the number 99" in complaint(ingest(env, "rejections", "show", "99"))
    assert "has no bytes" in complaint(ingest(env, "rejections", "show", number(env, "gone.html"), "--bytes", "-"))
    menu = number(env, "menu.html")
    assert "cannot be written" in complaint(ingest(env, "rejections", "show", menu, "--bytes", tmp_path / "no" / "file"))
    assert "No open rejection that fits has the number 99" in complaint(ingest(env, "rejections", "retry", menu, "99"))
    assert "is no stage" in complaint(ingest(env, "rejections", "list", "--stage", "parse"))
    assert rows(env, "SELECT DISTINCT attempts FROM ops.rejection") == [(1,)], refused


def test_bytes_that_were_let_go_are_said_to_be(env: Environment, refused: Path) -> None:
    menu = number(env, "menu.html")
    rows(env, "UPDATE ops.raw_page SET body_zstd = NULL, store = 'none' RETURNING 1")
    sentence = complaint(ingest(env, "rejections", "show", menu, "--bytes", "-"))
    assert sentence.startswith(f"The bytes of rejection {menu} were let go, as INGEST_KEEP_PAGE_DAYS says: `ingest run ")
    command = sentence.partition("`ingest ")[2].partition("`")[0].split()
    assert command == ["run", (refused / "menu.html").as_uri()]
    assert total(ingest(env, *command, "--json")) == {"found": 1, "rejected": 1}
    done = ingest(env, "rejections", "retry", menu, "--json")
    assert (done.returncode, total(done)) == (0, {})
    assert done.stderr.startswith("1 place on a disk has no kept page to extract again: `ingest run`")


def test_kept_pages_are_extracted_again_and_those_that_give_an_article_are_resolved(env: Environment, refused: Path, rules: Path) -> None:
    for file in refused.iterdir():
        file.unlink()  # what is kept is enough
    done = ingest(env, "rejections", "retry", "--stage", "extract", "--rules", rules, "--json")
    assert done.returncode == 0, done.stderr
    assert total(done) == {"found": 2, "new": 1, "rejected": 1}
    assert rows(env, "SELECT title FROM news.article") == [("Talks",)]
    assert names(env) == ["empty.html", "gone.html", "menu.html"]
    [menu] = listed(env, "--stage", "extract")
    assert menu["attempts"] == 2
    [(kind, state)] = rows(env, "SELECT kind, state FROM ops.run WHERE flow_name = 'ingest rejections retry'")
    assert (kind, state) == ("adhoc", "completed")
    assert rows(
        env, "SELECT first_seen_at = (SELECT first_seen_at FROM ops.raw_page WHERE body_sha256 = a.body_sha256) FROM news.article a"
    ) == [(True,)]


def test_every_page_refused_again_is_exit_code_1_and_another_reason_takes_the_place(
    env: Environment, refused: Path, tmp_path: Path
) -> None:
    assert ingest(env, "rejections", "retry", number(env, "menu.html")).returncode == 1
    (tmp_path / "deep.yaml").write_text("function: deep.py:fail\n")
    (tmp_path / "deep.py").write_text("def fail(soup):\n    raise ValueError('no')\n")
    assert ingest(env, "rejections", "retry", number(env, "hidden.html"), "--rules", tmp_path / "deep.yaml").returncode == 1
    found = {Path(r["location"]).name: (r["reason"], r["attempts"]) for r in listed(env, "--stage", "extract")}
    assert found == {"menu.html": ("no_article_text", 2), "hidden.html": ("rule_failed", 1)}, refused
    resolved = rows(env, "SELECT reason, resolution FROM ops.rejection WHERE resolved_at IS NOT NULL")
    assert resolved == [("no_article_text", "superseded")]


@pytest.mark.usefixtures("refused")
def test_places_on_a_disk_are_named(env: Environment) -> None:
    done = ingest(env, "rejections", "retry", "--stage", "discover")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "No open rejection fits.\n")
    done = ingest(env, "rejections", "retry", "--stage", "read")
    assert done.returncode == 0
    assert "2 places on a disk have no kept page to extract again: `ingest run` reads what is there now" in done.stderr
    assert rows(env, "SELECT count(*) FROM ops.url_task") == [(0,)]


def test_urls_go_back_into_the_queue_and_the_next_poll_has_them(web_env: Environment, web: Web) -> None:
    truth, *_ = web.sites[0].articles
    web.sites[0].gone.add(truth.path)
    assert ingest(web_env, "sources", "add", web.url("/"), "--feed", web.url("/feed.rss")).returncode == 0
    assert total(ingest(web_env, "poll", "--json")) == {"found": 3, "new": 2, "rejected": 1}
    [(before,)] = rows(web_env, "SELECT state FROM ops.url_task WHERE fetched_at IS NULL")
    assert before == "dead"
    web.sites[0].gone.clear()
    web.reset()
    done = ingest(web_env, "rejections", "retry", "--stage", "fetch")
    assert (done.returncode, done.stdout) == (0, "")
    assert "1 URL is in the queue again: `ingest poll`" in done.stderr
    assert web.requests == []
    assert rows(web_env, "SELECT state, tries, not_before <= now() FROM ops.url_task WHERE fetched_at IS NULL") == [("ready", 0, True)]
    assert len(listed(web_env)) == 1
    assert total(ingest(web_env, "poll", "--json")) == {"found": 1, "new": 1}
    assert listed(web_env) == []


def test_the_body_of_an_error_answer_is_not_taken_for_an_article(web_env: Environment, web: Web) -> None:
    blocked, article = (a.path for a in web.sites[0].articles[:2])
    web.sites[0].broken[blocked] = 403
    ingest(web_env, "run", web.url(blocked), web.url(article))
    # As where the answer broke off: its bytes are kept, and would give an article.
    kept = "UPDATE ops.rejection SET body_sha256 = (SELECT body_sha256 FROM ops.raw_page) RETURNING stage"
    assert rows(web_env, kept) == [("fetch",)]
    done = ingest(web_env, "rejections", "retry", "--json")
    assert (done.returncode, total(done)) == (0, {})
    assert rows(web_env, "SELECT count(*) FROM news.article") == [(1,)]
    assert len(listed(web_env)) == 1


def test_a_url_that_a_live_run_is_fetching_stays_its(web_env: Environment) -> None:
    from ingest.settings import Settings
    from ingest.store.engine import open_engine
    from ingest.store.rejected import enqueue_again
    from ingest.store.runs import running
    from ingest.store.tasks import claim

    url = "https://post.example/news/a"
    with open_engine(Settings(database_url=web_env["INGEST_DATABASE_URL"])) as engine:
        with running(engine, kind="adhoc", flow_name="test") as run_id:
            enqueue_again(engine, [url])
            assert len(claim(engine, run_id, 10)) == 1
            enqueue_again(engine, [url, url])
            assert claim(engine, run_id, 10) == []
        enqueue_again(engine, [url])
    assert rows(web_env, "SELECT url, host, state, lease_run_id FROM ops.url_task") == [(url, "post.example", "ready", None)]
