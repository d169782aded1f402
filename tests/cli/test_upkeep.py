"""`ingest watch` and `ingest maintain`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import psycopg

INGEST = Path(sys.executable).with_name("ingest")
Environment = dict[str, str]


def ingest(environment: Environment, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([INGEST, *arguments], env=environment, capture_output=True, text=True, check=False)


def test_watch_exits_1_where_there_is_something_to_look_at(cli_env: Environment) -> None:
    well = ingest(cli_env, "watch")
    assert (well.returncode, well.stdout) == (0, "All is well.\n")
    with psycopg.connect(cli_env["INGEST_DATABASE_URL"]) as connection:
        connection.execute(
            "INSERT INTO news.source (slug, name, domain, followed_at) VALUES ('post.example', 'Post', 'post.example', now())"
        )
        connection.execute(
            "INSERT INTO ops.feed (source_id, url, state, last_error) "
            "SELECT source_id, 'https://post.example/feed', 'gone', 'It answered 410.' FROM news.source"
        )
    found = ingest(cli_env, "watch")
    assert found.returncode == 1
    assert found.stdout.startswith(
        "feed-failing: https://post.example/feed\n    It is gone, and not asked any more; it has never answered: It answered 410."
    )
    as_json = ingest(cli_env, "watch", "--source", "post.example", "--json")
    assert as_json.returncode == 1
    assert json.loads(as_json.stdout)["kind"] == "feed-failing"
    wrong = ingest(cli_env, "watch", "--source", "nobody")
    assert wrong.returncode == 2
    assert "nobody" in wrong.stderr


def test_maintain_says_what_it_did(cli_env: Environment) -> None:
    done = ingest(cli_env, "maintain")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[0] == "Runs marked as crashed: 0"
    facts = json.loads(ingest(cli_env, "maintain", "--json").stdout)
    assert facts["crashed_runs"] == facts["pages"] == facts["urls_tried_again"] == 0
    assert facts["advice"] == []
