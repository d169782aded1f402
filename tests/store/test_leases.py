"""Who holds a host, and from when on the next one may ask it."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from sqlalchemy import Engine, text

from ingest.normalise.url import host_of
from ingest.store.feeds import claim_feeds
from ingest.store.leases import DatabaseHostLeases
from ingest.store.runs import mark_crashed
from ingest.store.tasks import claim, give_back
from tests.store.following import a_run, entry, follows, poll

POST, DAILY = "post.example", "daily.example"


@pytest.fixture
def one(engine: Engine) -> DatabaseHostLeases:
    return DatabaseHostLeases(engine, 60.0)


@pytest.fixture
def other(engine: Engine) -> DatabaseHostLeases:
    return DatabaseHostLeases(engine, 60.0)


def later(engine: Engine, seconds: float) -> None:
    """Let time pass, as far as leases are concerned."""
    statement = """UPDATE ops.host_lease SET leased_until = leased_until - make_interval(secs => :s),
                   free_from = free_from - make_interval(secs => :s), wanted_at = wanted_at - make_interval(secs => :s)"""
    with engine.begin() as connection:
        connection.execute(text(statement), {"s": seconds})


def test_a_host_belongs_to_one_session(one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    assert one.take([POST, DAILY]) == {POST: 0.0, DAILY: 0.0}
    assert other.take([DAILY, "third.example"]) == {"third.example": 0.0}
    assert one.take([POST]) == {POST: 0.0}


def test_what_is_left_of_a_delay_is_the_next_sessions(one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    one.take([POST, DAILY])
    one.give_back({POST: 40.0})
    assert other.take([POST, DAILY]) == {POST: pytest.approx(40.0, abs=1.0)}


def test_a_lease_that_is_not_renewed_ends(engine: Engine, one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    one.take([POST, DAILY])
    later(engine, 30)
    assert one.renew({POST: 65.0}) == {POST: False}
    later(engine, 31)
    assert other.take([POST, DAILY]) == {DAILY: 0.0}
    later(engine, 30)
    assert other.take([POST]) == {POST: pytest.approx(4.0, abs=1.0)}  # a request at the end of the lease has a delay too
    assert one.renew({POST: 65.0, DAILY: 65.0}) == {}


def test_whoever_is_late_takes_nothing_from_its_successor(engine: Engine, one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    one.take([POST])
    later(engine, 61)
    other.take([POST])
    one.give_back({POST: 0.0})
    one.give_back_all({POST: 0.0})
    assert one.take([POST]) == {}


def test_a_holder_learns_that_others_want_its_host(engine: Engine, one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    one.take([POST, DAILY])
    other.take([POST])
    assert one.renew({POST: 60.0, DAILY: 60.0}) == {POST: True, DAILY: False}
    later(engine, 10)
    assert one.renew({POST: 60.0, DAILY: 60.0}) == {POST: False, DAILY: False}


def test_at_the_end_everything_goes_back(one: DatabaseHostLeases, other: DatabaseHostLeases) -> None:
    one.take([POST, DAILY])
    one.give_back_all({POST: 40.0})
    assert other.take([POST, DAILY]) == {POST: pytest.approx(40.0, abs=1.0), DAILY: 0.0}


def test_many_sessions_that_want_the_same_hosts_share_them(engine: Engine) -> None:
    hosts = [f"{n}.example" for n in range(60)]
    sessions = [DatabaseHostLeases(engine, 60.0) for _ in range(4)]

    def work(number: int) -> list[str]:
        session, taken = sessions[number], list[str]()
        for step in range(number + 3, number + 9):
            taken += session.take(hosts[:: step if step % 2 else -step])
            session.renew(dict.fromkeys(reversed(taken), 60.0))
        return taken

    with ThreadPoolExecutor(len(sessions)) as threads:
        shares = list(threads.map(work, range(len(sessions))))
    assert all(set(a).isdisjoint(b) for a, b in itertools.combinations(shares, 2))
    assert set().union(*shares) == {h for step in range(3, 12) for h in hosts[:: step if step % 2 else -step]}


def test_urls_of_hosts_that_others_hold_are_claimed_last_and_given_back_untried(
    engine: Engine, one: DatabaseHostLeases, other: DatabaseHostLeases
) -> None:
    follows(engine)
    run_id = a_run(engine)
    [feed] = claim_feeds(engine, run_id, due=False)
    poll(engine, run_id, feed, *(entry(n, host=host) for host in (POST, DAILY, "third.example") for n in range(2)))
    other.take([POST])
    one.take([DAILY])
    first = claim(engine, run_id, 4, lease_holder=one.holder)
    assert {host_of(task.fetch_url) for task in first} == {DAILY, "third.example"}
    last = claim(engine, run_id, 4, lease_holder=one.holder)
    assert [host_of(task.fetch_url) for task in last] == [POST, POST]
    give_back(engine, run_id, [task.fetch_url for task in last])
    assert claim(engine, run_id, 4) == []
    with engine.begin() as connection:
        waiting = connection.execute(text("SELECT state, tries, not_before > now() FROM ops.url_task WHERE host = :host"), {"host": POST})
        assert list(waiting) == [("ready", 0, True)] * 2


def test_a_run_never_claims_what_it_has_on_its_way(engine: Engine) -> None:
    """Though its connection was lost, and somebody took it for crashed."""
    follows(engine)
    run_id = a_run(engine)
    [feed] = claim_feeds(engine, run_id, due=False)
    poll(engine, run_id, feed, entry(1))
    assert len(claim(engine, run_id, 4)) == 1
    mark_crashed(engine)
    assert claim(engine, run_id, 4) == []
    assert len(claim(engine, uuid4(), 4)) == 1
