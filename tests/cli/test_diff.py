from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.cli.commands import INGEST, Environment, complaint, ingest, rows

FIRST = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on."
SECOND = "Nobody had expected an agreement before the winter, officials of both countries told reporters at the airport."
THIRD = "A second round is planned for next week in the south, where the two delegations will stay in separate hotels."
FOURTH = "Fishermen on both coasts had asked for clear rules ever since the ice retreated from the northern strait."
NEWER = "Late on Monday the ministers signed a preliminary text, which both parliaments have to approve by March."
URL = "https://gazette.example/world/treaty"


def page(title: str, paragraphs: list[str], author: str = "Ada Quill") -> str:
    story = "".join(f"<p>{p}</p>" for p in paragraphs)
    return (
        f'<!doctype html><html lang=en><head><title>{title}</title><link rel=canonical href="{URL}"><meta name=author content="{author}">'
        f'<meta property="article:published_time" content="2026-11-02T09:30:00+01:00"></head>'
        f"<body><article><h1>{title}</h1>{story}</article></body></html>"
    )


@pytest.fixture
def env(cli_env: Environment, database_url: str) -> Environment:
    return cli_env | {"INGEST_DATABASE_URL": database_url, "INGEST_JOBS": "1", "COLUMNS": "200"}


@pytest.fixture
def edited(env: Environment, tmp_path: Path) -> Path:
    """An article that was edited twice: first the text, then headline and author."""
    file = tmp_path / "treaty.html"
    states = (
        page("Treaty talks go on", [FIRST, SECOND, THIRD, FOURTH]),
        page("Treaty talks go on", [FIRST, NEWER, THIRD, FOURTH]),
        page("Treaty signed", [FIRST, NEWER, THIRD, FOURTH], "Bo Inkwell"),
    )
    for n, state in enumerate(states):
        file.write_text(state)
        os.utime(file, (1_790_000_000 + n * 3_600,) * 2)
        assert ingest(env, "run", file).returncode == 0
    return file


@pytest.mark.usefixtures("edited")
def test_the_last_edit_by_default_with_all_versions(env: Environment) -> None:
    [(article_id,)] = rows(env, "SELECT article_id FROM news.article")
    done = ingest(env, "diff", str(article_id))
    assert done.returncode == 0, done.stderr
    head, _, changes = done.stdout.partition("From version 2 to version 3:\n")
    assert changes.splitlines() == ["title", "- Treaty talks go on", "+ Treaty signed", "authors", "- Ada Quill", "+ Bo Inkwell"]
    assert [line.split()[0] for line in head.splitlines()[2:5]] == ["1", "2", "3"]
    assert "publisher_change" in head
    assert "title, authors" in head


@pytest.mark.usefixtures("edited")
def test_the_body_is_compared_by_paragraphs(env: Environment) -> None:
    done = ingest(env, "diff", URL, "--from", "1", "--to", "2")
    body = done.stdout.partition("From version 1 to version 2:\n")[2].splitlines()
    assert body == ["body", "  (1 unchanged)", f"- {SECOND}", f"+ {NEWER}", "  (2 unchanged)"]


@pytest.mark.parametrize("name", ["http://m.gazette.example/world/treaty?utm_source=mail", URL + "#top"])
def test_any_url_of_the_page_finds_the_article(env: Environment, edited: Path, name: str) -> None:
    by_url = json.loads(ingest(env, "diff", name, "--json").stdout)
    by_file = json.loads(ingest(env, "diff", edited, "--json").stdout)
    by_uri = json.loads(ingest(env, "diff", edited.as_uri(), "--json").stdout)
    assert by_url == by_file == by_uri
    assert (by_url["from"], by_url["to"]) == (2, 3)
    assert [v["reason"] for v in by_url["versions"]] == ["new", "publisher_change", "publisher_change"]
    assert by_url["difference"][0] == {"field": "title", "pieces": [{"removed": ["Treaty talks go on"]}, {"added": ["Treaty signed"]}]}


@pytest.mark.usefixtures("edited")
def test_json_of_a_body(env: Environment) -> None:
    found = json.loads(ingest(env, "diff", URL, "--to", "2", "--json").stdout)
    assert found["difference"] == [{"field": "body", "pieces": [{"same": 1}, {"removed": [SECOND]}, {"added": [NEWER]}, {"same": 2}]}]


@pytest.mark.usefixtures("edited")
def test_one_version_and_equal_versions(env: Environment, tmp_path: Path) -> None:
    same = ingest(env, "diff", URL, "--from", "2", "--to", "2")
    assert "are the same" in same.stdout
    other = tmp_path / "other.html"
    other.write_text(page("Ferries run again", [FOURTH, THIRD, NEWER]).replace("/world/treaty", "/world/ferries"))
    ingest(env, "run", other)
    assert "one version only" in ingest(env, "diff", "https://gazette.example/world/ferries").stdout


def test_an_older_state_that_was_loaded_late_is_not_compared_unless_asked_for(env: Environment, edited: Path) -> None:
    archived = edited.with_name("archived.html")
    archived.write_text(page("Treaty talks begin", [FIRST, SECOND, THIRD, FOURTH]))
    os.utime(archived, (1_790_000_000 - 3_600,) * 2)
    assert ingest(env, "run", archived).returncode == 0
    done = ingest(env, "diff", URL)
    assert "earlier" in done.stdout
    assert "From version 2 to version 3:\ntitle\n- Treaty talks go on\n+ Treaty signed" in done.stdout
    assert "title\n- Treaty talks begin\n+ Treaty talks go on" in ingest(env, "diff", URL, "--from", "4", "--to", "1").stdout


def test_an_older_state_is_what_was_before_an_article_that_has_only_been_loaded(env: Environment, tmp_path: Path) -> None:
    for n, title in enumerate(("Treaty signed", "Treaty talks go on", "Treaty talks begin")):
        file = tmp_path / f"{n}.html"
        file.write_text(page(title, [FIRST, SECOND, THIRD, FOURTH]))
        os.utime(file, (1_790_000_000 - n * 3_600,) * 2)
        assert ingest(env, "run", file).returncode == 0
    assert "From version 2 to version 1:\ntitle\n- Treaty talks go on\n+ Treaty signed\n" in ingest(env, "diff", URL).stdout
    assert "From version 3 to version 2:\ntitle\n- Treaty talks begin\n" in ingest(env, "diff", URL, "--to", "2").stdout
    oldest = ingest(env, "diff", URL, "--to", "3")
    assert (oldest.returncode, oldest.stdout.splitlines()[-1]) == (0, "Nothing was observed before version 3.")


@pytest.mark.usefixtures("edited")
def test_what_is_not_there_is_one_sentence(env: Environment) -> None:
    assert "no version 9" in complaint(ingest(env, "diff", URL, "--to", "9"))
    for name in ("https://gazette.example/world/none", "99999", "9" * 40, "treaty", "https://gazette.example/" + "a" * 3_000):
        assert f"No article is loaded under {name}" in complaint(ingest(env, "diff", name))


@pytest.mark.usefixtures("edited")
def test_a_terminal_shows_colours_and_a_pipe_none(env: Environment) -> None:
    assert "\x1b[" not in ingest(env, "diff", URL).stdout
    master, slave = pty.openpty()
    subprocess.run([INGEST, "diff", URL], env=env | {"TERM": "xterm-256color"}, stdout=slave, stderr=slave, check=True)
    os.close(slave)
    shown = os.read(master, 100_000).decode()
    os.close(master)
    assert "\x1b[31m- Treaty talks go on" in shown
    assert "\x1b[32m+ Treaty signed" in shown
