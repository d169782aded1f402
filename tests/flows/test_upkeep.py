"""The flows that look after what is loaded, against a real Prefect server."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.client.orchestration import get_client

from flows.ingest_targets.flow import EveryTargetFailed, ingest_targets
from flows.reprocess.flow import EveryPageRefused, reprocess, reprocess_articles
from ingest.errors import UsageError
from tests.flows.served import rows

pytestmark = pytest.mark.xdist_group("prefect")

BANNER = "Read the Gazette on paper every morning, delivered to your door in time."
STORY = "The ministers met in the capital on Monday to discuss the treaty, and both sides said that talks would go on. "


def artifacts_of(run_id: Any) -> dict[str, str]:
    """What a run shows in Prefect, by key."""
    with get_client(sync_client=True) as client:
        return {a.key or "": str(a.data) for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id}


def run_of(database: str, flow_name: str) -> Any:
    """The id of the flow's last run."""
    return rows(database, f"SELECT run_id FROM ops.run WHERE flow_name = '{flow_name}' ORDER BY started_at DESC LIMIT 1")[0][0]  # noqa: S608


@pytest.fixture
def loaded(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three stories of one source and one of another, loaded without rules; their files are gone."""
    monkeypatch.setenv("INGEST_HOME", str(tmp_path / "home"))
    folder = tmp_path / "pages"
    folder.mkdir()
    for n in range(4):
        host = "gazette.example" if n < 3 else "courier.example"
        story = "".join(f"<p>{STORY}It was meeting number {n} of the year, round {i}.</p>" for i in range(4))
        file = folder / f"{n}.html"
        file.write_text(
            f'<!doctype html><html lang=en><head><title>Story {n}</title><link rel=canonical href="https://{host}/story-{n}"></head>'
            f"<body><article><h1>Story {n}</h1>{story}<p>{BANNER}</p></article>"
        )
        os.utime(file, (1_790_000_000 + n,) * 2)
    assert ingest_targets([str(folder)])["total"]["new"] == 4
    for file in folder.iterdir():
        file.unlink()  # what is kept is enough
    return here


def rule_file(folder: Path, pattern: str) -> str:
    file = folder / "rules.yaml"
    file.write_text(f"drop_text: {pattern}\n")
    return str(file)


def test_articles_are_made_again_by_other_rules_and_the_run_shows_it(loaded: str, tmp_path: Path) -> None:
    rules = rule_file(tmp_path, "^Read the Gazette")
    done = reprocess(sources=["gazette.example"], rules=rules)
    assert (done["total"]["found"], done["total"]["updated"]) == (3, 3)
    assert rows(loaded, "SELECT DISTINCT url FROM news.article WHERE body LIKE '%Read the Gazette%'") == [
        ("https://courier.example/story-3",)
    ]
    run_id = run_of(loaded, "reprocess")
    assert rows(loaded, f"SELECT kind, state FROM ops.run WHERE run_id = '{run_id}'") == [("reextract", "completed")]  # noqa: S608
    assert rows(loaded, "SELECT count(*) FROM news.article_version WHERE reason = 'reextract'") == [(3,)]
    shown = artifacts_of(run_id)
    assert json.loads(shown["reprocess"])[-1]["updated"] == 3
    assert float(shown["reprocess-progress"]) == 100.0
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(run_id).name.startswith("reprocess gazette.example, 20")
    again = reprocess(sources=["gazette.example"], rules=rules)
    assert (again["total"]["found"], again["left"]["without_a_page"]) == (0, 0)


def test_articles_whose_pages_are_gone_are_counted_and_left(loaded: str, tmp_path: Path) -> None:
    with psycopg.connect(loaded) as connection:
        connection.execute("UPDATE ops.raw_page SET body_zstd = NULL, store = 'none'")
    done = reprocess(outdated=True, rules=rule_file(tmp_path, "^Read the Gazette"))
    assert (done["total"]["found"], done["left"]["without_a_page"]) == (0, 4)
    assert "4 without a page" in artifacts_of(run_of(loaded, "reprocess"))["reprocess-left"]


def test_a_run_in_which_every_page_is_refused_fails_and_harms_nothing(loaded: str, tmp_path: Path) -> None:
    with pytest.raises(EveryPageRefused):
        reprocess(outdated=True, rules=rule_file(tmp_path, "."))
    assert rows(loaded, "SELECT count(*), max(version_no) FROM news.article") == [(4, 1)]
    assert rows(loaded, "SELECT state FROM ops.run WHERE flow_name = 'reprocess'") == [("failed",)]


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({}, "outdated"),
        ({"since": "2026-13-45"}, "since: 2026-13-45 is no date"),
        ({"sources": ["nobody"]}, "nobody"),
        ({"articles": [4711]}, "4711"),
        ({"reason": "empty", "articles": [4711]}, "one of the two"),
    ],
)
def test_what_selects_nothing_is_refused_before_a_run_begins(here: str, wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        reprocess(**wrong)
    assert rows(here, "SELECT count(*) FROM ops.run") == [(0,)]


ENDS_THE_THIRD_TIME = """
CREATE SEQUENCE third;
CREATE FUNCTION cut_off() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF nextval('third') = 3 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF;
  RETURN new;
END $$;
CREATE TRIGGER cut_off BEFORE INSERT ON news.article_version FOR EACH ROW EXECUTE FUNCTION cut_off();
"""


def test_a_lost_connection_is_tried_again_and_nothing_is_made_twice(loaded: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server ends the connection that stores the third version; a sequence counts on through what is rolled back."""
    with psycopg.connect(loaded) as connection:
        connection.execute(ENDS_THE_THIRD_TIME)
    monkeypatch.setattr(reprocess_articles, "retry_delay_seconds", [0.1] * 3)  # minutes in real life
    monkeypatch.setenv("INGEST_BATCH_SIZE", "1")
    done = reprocess(outdated=True, rules=rule_file(tmp_path, "^Read the Gazette"))
    assert rows(loaded, "SELECT last_value FROM third") == [(5,)]
    assert (done["total"]["found"], done["total"]["updated"]) == (4, 4)
    assert rows(loaded, "SELECT state FROM ops.run WHERE flow_name = 'reprocess'") == [("completed",)]
    assert rows(loaded, "SELECT count(*) FROM news.article_version WHERE reason = 'reextract'") == [(4,)]


def test_pages_that_were_refused_are_read_again_by_reason(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("INGEST_RULES", rule_file(tmp_path, "."))
    (tmp_path / "page.html").write_text(f"<html><head><title>Talks</title></head><body><article><h1>Talks</h1><p>{STORY * 4}</p></article>")
    with pytest.raises(EveryTargetFailed):
        ingest_targets([str(tmp_path / "page.html")])
    assert rows(here, "SELECT state FROM ops.run WHERE flow_name = 'ingest-targets'") == [("failed",)]
    assert reprocess(reason="no_article_text", outdated=True)["total"]["found"] == 0
    monkeypatch.delenv("INGEST_RULES")
    done = reprocess(reason="no_article_text", outdated=True)
    assert (done["total"]["found"], done["total"]["new"]) == (1, 1)
    run_id = run_of(here, "reprocess")
    assert rows(here, f"SELECT kind, state FROM ops.run WHERE run_id = '{run_id}'") == [("adhoc", "completed")]  # noqa: S608
    with get_client(sync_client=True) as client:
        assert client.read_flow_run(run_id).name.startswith("reprocess refused for no_article_text, 20")


def test_a_path_that_names_nothing_fails_the_run_and_its_row_says_so(here: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INGEST_HOME", str(tmp_path / "home"))
    (tmp_path / "page.html").write_text(f"<html><head><title>Talks</title></head><body><article><h1>Talks</h1><p>{STORY * 4}</p></article>")
    with pytest.raises(UsageError, match=r"nowhere\.html"):
        ingest_targets([str(tmp_path / "page.html"), str(tmp_path / "nowhere.html")])
    assert rows(here, "SELECT state FROM ops.run WHERE flow_name = 'ingest-targets'") == [("failed",)]
    assert rows(here, "SELECT count(*) FROM news.article") == [(1,)]
