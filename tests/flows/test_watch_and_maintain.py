"""The flows that look for trouble and tidy up, against a real Prefect server."""

from __future__ import annotations

import psycopg
import pytest
from prefect.client.orchestration import get_client

from flows.maintain.flow import maintain
from flows.watch.flow import SomethingToLookAt, watch
from ingest.errors import UsageError
from tests.flows.served import Served, rows, wait_for

pytestmark = pytest.mark.xdist_group("prefect")


@pytest.fixture
def gone_feed(here: str) -> str:
    """A followed source whose feed is gone."""
    with psycopg.connect(here) as connection:
        connection.execute(
            "INSERT INTO news.source (slug, name, domain, followed_at) VALUES ('post.example', 'Post', 'post.example', now())"
        )
        connection.execute(
            "INSERT INTO ops.feed (source_id, url, state) SELECT source_id, 'https://post.example/feed', 'gone' FROM news.source"
        )
    return here


def test_a_finding_is_an_event_and_a_note(gone_feed: str, served: Served) -> None:
    [finding] = watch()
    assert (finding["kind"], finding["subject"]) == ("feed-failing", "https://post.example/feed")
    wanted = {"filter": {"event": {"name": ["news-ingest.feed-failing"]}}}
    wait_for(lambda: served.post("/events/filter", wanted)["total"] > 0)
    [event] = served.post("/events/filter", wanted)["events"]
    assert event["resource"]["prefect.resource.name"] == "https://post.example/feed"
    assert event["resource"]["prefect.resource.id"] == "news-ingest.feed.https://post.example/feed"
    assert event["payload"]["sentence"] == finding["sentence"]
    [(run_id, state)] = rows(gone_feed, "SELECT run_id, state FROM ops.run")
    assert state == "completed"
    with get_client(sync_client=True) as client:
        notes = [str(a.data) for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id]
    assert finding["sentence"] in notes[0]


def test_a_finding_fails_the_run_where_that_is_wanted(gone_feed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SomethingToLookAt, match=r"1 to look at, the first one: https://post\.example/feed"):
        watch(fail_on_findings=True)
    monkeypatch.setenv("INGEST_WATCH_FAILS", "true")
    with pytest.raises(SomethingToLookAt):
        watch()
    assert watch(fail_on_findings=False)
    with pytest.raises(UsageError, match="nobody"):
        watch(["nobody"])
    assert (
        rows(gone_feed, "SELECT state FROM ops.run") == [("completed",)] * 3
    )  # it has looked: that there are findings is no fault of its own


def test_maintenance_is_noted(here: str) -> None:
    with psycopg.connect(here) as connection:
        connection.execute("INSERT INTO ops.run (run_id, kind, flow_name, code_version) VALUES (gen_random_uuid(), 'adhoc', 'killed', '0')")
    assert maintain()["pages"] == 0
    assert rows(here, "SELECT state FROM ops.run WHERE flow_name = 'killed'") == [("crashed",)]
    [(run_id,)] = rows(here, "SELECT run_id FROM ops.run WHERE flow_name = 'maintain' AND state = 'completed'")
    with get_client(sync_client=True) as client:
        [note] = [str(a.data) for a in client.read_artifacts(sort=None, limit=200) if a.flow_run_id == run_id]
        assert client.read_flow_run(run_id).name.startswith("maintain, 20")
    assert "Pages let go: 0" in note
