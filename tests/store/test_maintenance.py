from __future__ import annotations

import datetime as dt
from pathlib import Path

from sqlalchemy import Engine, text

from ingest.settings import Settings
from ingest.store.maintenance import maintain
from ingest.store.tasks import claim
from tests.store.following import a_run, due_feed, entry, follows, poll, rows

SETTINGS = Settings(home=Path("unused"), max_task_tries=3)


def queue(engine: Engine, states: dict[str, tuple[str, bool, int, int]]) -> None:
    """URLs with a state, whether they may return, and the days since they were found and since they were due."""
    follows(engine)
    run = a_run(engine)
    poll(engine, run, due_feed(engine, run), *(entry(name) for name in states))
    with engine.begin() as connection:
        for name, (state, may_return, found, due) in states.items():
            update = """UPDATE ops.url_task SET state = :state, may_return = :may_return, tries = 3,
                        found_at = now() - make_interval(days => :found),
                        not_before = now() - make_interval(days => :due) WHERE url LIKE '%-' || :name"""
            connection.execute(text(update), {"state": state, "may_return": may_return, "found": found, "due": due, "name": name})
        connection.execute(text("UPDATE ops.run SET state = 'completed'"))


def test_what_failed_for_the_moment_is_tried_once_a_day_for_a_month(engine: Engine) -> None:
    queue(
        engine,
        {
            "moment": ("dead", True, 5, 2),
            "today": ("dead", True, 5, 0),
            "never": ("dead", False, 5, 2),
            "old": ("dead", True, 31, 2),
            "done": ("done", True, 5, 2),
        },
    )
    now = dt.datetime.now(dt.UTC)
    assert maintain(engine, SETTINGS, now).urls_tried_again == 1
    assert rows(engine, "SELECT url, tries FROM ops.url_task WHERE state = 'ready'") == [("https://post.example/story-moment", 2)]
    assert maintain(engine, SETTINGS, now).urls_tried_again == 0
    run = a_run(engine)
    assert [t.fetch_url for t in claim(engine, run, 10)] == ["https://post.example/story-moment"]


def test_dead_runs_are_closed_and_forgotten_hosts_leave(engine: Engine) -> None:
    a_run(engine)
    with engine.begin() as connection:
        insert = """INSERT INTO ops.host_lease (host, holder, leased_until, free_from) VALUES
                    ('old.example', NULL, now() - interval '2 days', now() - interval '2 days'), ('new.example', NULL, now(), now()),
                    ('held.example', gen_random_uuid(), now(), now() - interval '2 days'),
                    ('killed.example', gen_random_uuid(), now() - interval '2 days', now() - interval '2 days')"""
        connection.execute(text(insert))
    done = maintain(engine, SETTINGS, dt.datetime.now(dt.UTC))
    assert done.crashed_runs == 1
    assert rows(engine, "SELECT state FROM ops.run") == [("crashed",)]
    assert rows(engine, "SELECT host FROM ops.host_lease ORDER BY 1") == [("held.example",), ("new.example",)]
    assert done.lines()[:2] == ["Runs marked as crashed: 1", "URLs to be tried again: 0"]


def test_a_transaction_that_keeps_rows_from_going_is_named(engine: Engine) -> None:
    with engine.begin() as connection:  # ten thousand rows, all of them changed, and a reader who may still see them as they were
        connection.execute(text("INSERT INTO ops.host_lease (host, leased_until) SELECT 'h' || n, now() FROM generate_series(1, 12000) n"))
    with engine.connect() as reader:
        reader.execution_options(isolation_level="REPEATABLE READ").execute(text("SELECT count(*) FROM ops.host_lease"))
        with engine.begin() as connection:
            connection.execute(text("UPDATE ops.host_lease SET free_from = now()"))
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("SELECT pg_stat_force_next_flush()"))
        advice = maintain(engine, SETTINGS, dt.datetime.now(dt.UTC)).advice
    assert [a.partition(":")[0] for a in advice] == ["ops.host_lease has 12,000 dead rows beside 12,000 live ones"]
