from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.discover.schedule import Bounds, Health, after_failure, after_success, wait_seconds

BOUNDS = Bounds(300, 86_400)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("ok"), st.integers(0, 50), st.integers(0, 50), st.none() | st.floats(1, 10**7)),
        st.tuples(st.just("failed"), st.sampled_from(["host_unknown", "server_error", "not_found", "tls_failed", "forbidden"])),
    ),
    max_size=40,
)


def answered(health: Health, *, entries: int = 20, new: int = 0, publisher: float | None = None, first: bool = False) -> Health:
    return after_success(health, entries=entries, new=new, publisher_seconds=publisher, bounds=BOUNDS, is_first=first)


@given(STEPS, st.floats(0, 1), st.none() | st.floats(0, 10**6))
def test_the_wait_is_within_the_bounds_whatever_happened(steps: list[tuple[object, ...]], jitter: float, retry_after: float | None) -> None:
    health = Health()
    for step in steps:
        if step[0] == "ok":
            _, entries, new, publisher = step
            assert isinstance(entries, int)
            assert isinstance(new, int)
            assert publisher is None or isinstance(publisher, float)
            health = answered(health, entries=entries, new=min(entries, new), publisher=publisher)
        else:
            health = after_failure(health, str(step[1]))
        wait = wait_seconds(health, BOUNDS, jitter=jitter, retry_after=retry_after)
        assert BOUNDS.shortest * 0.9 <= wait <= BOUNDS.longest * 1.1


@given(st.integers(1, 60), st.floats(300, 86_400))
def test_more_failures_never_wait_less(failures: int, period: float) -> None:
    one = Health("failing", failures, period)
    other = replace(one, failures=failures + 1)
    assert wait_seconds(other, BOUNDS, jitter=0.5) >= wait_seconds(one, BOUNDS, jitter=0.5)


def test_a_success_ends_a_failure() -> None:
    failing = after_failure(after_failure(Health(period_seconds=600), "tls_failed"), "tls_failed")
    assert (failing.state, failing.failures) == ("failing", 2.0)
    assert wait_seconds(failing, BOUNDS, jitter=0.5) == 1200
    healed = answered(failing, new=1)
    assert (healed.state, healed.failures) == ("healthy", 0.0)


def test_what_may_pass_counts_for_less() -> None:
    assert after_failure(Health(), "host_unknown").failures == 0.25
    assert after_failure(Health(), "server_error").failures == 0.5
    assert after_failure(Health(), "tls_failed").failures == 1.0


def test_only_410_retires_a_feed() -> None:
    assert after_failure(Health(), "gone").state == "gone"
    health = Health()
    for _ in range(1000):
        health = after_failure(health, "not_found")
    assert health.state == "failing"
    assert wait_seconds(health, BOUNDS, jitter=0.5) == BOUNDS.longest


def test_a_busy_feed_is_asked_sooner_and_a_resting_one_later() -> None:
    usual = Health(period_seconds=3600)
    assert answered(usual, entries=20, new=10).period_seconds == 1800
    assert answered(usual, entries=20, new=1).period_seconds == 3600
    assert answered(usual, entries=20, new=0).period_seconds == 4500
    assert answered(usual, entries=0, new=0).period_seconds == 4500


def test_the_first_poll_says_nothing_of_the_pace() -> None:
    assert answered(Health(), entries=20, new=20, first=True).period_seconds == 3600


def test_the_publishers_wish_is_a_floor_unless_the_feed_runs_faster() -> None:
    assert answered(Health(period_seconds=600), new=1, publisher=7200).period_seconds == 7200
    assert answered(Health(period_seconds=600, publisher_seconds=7200), new=1).period_seconds == 7200
    assert answered(Health(period_seconds=1200), entries=10, new=9, publisher=7200).period_seconds == 600


@pytest.mark.parametrize(("asked", "wait"), [(10, 600), (5_000, 5_000), (10**7, 86_400)])
def test_retry_after_is_waited_for_within_the_longest(asked: float, wait: float) -> None:
    assert wait_seconds(Health(period_seconds=600), BOUNDS, jitter=0.5, retry_after=asked) == wait


def test_feeds_that_were_added_together_do_not_stay_together() -> None:
    health = Health(period_seconds=1000)
    assert wait_seconds(health, BOUNDS, jitter=0.0) == pytest.approx(900)
    assert wait_seconds(health, BOUNDS, jitter=1.0) == pytest.approx(1100)
