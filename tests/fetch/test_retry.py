from __future__ import annotations

import datetime as dt
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.retry import TRANSIENT_STATUSES, backoff_seconds, max_age_seconds, retry_after_seconds

NOW = dt.datetime(2026, 3, 2, 12, 0, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("tries", "lowest", "highest"), [(1, 1.0, 1.0), (2, 1.0, 2.0), (3, 1.0, 4.0), (5, 1.0, 16.0), (6, 1.0, 30.0), (10**6, 1.0, 30.0)]
)
def test_the_wait_doubles_up_to_half_a_minute(tries: int, lowest: float, highest: float) -> None:
    assert (backoff_seconds(tries, 0.0), backoff_seconds(tries, 1.0)) == (lowest, highest)


@given(st.integers(1, 10**9), st.floats(0, 1))
def test_no_wait_is_too_short_or_too_long(tries: int, jitter: float) -> None:
    assert 1.0 <= backoff_seconds(tries, jitter) <= 30.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        (" 7 ", 7.0),
        ("Mon, 02 Mar 2026 12:01:30 GMT", 90.0),
        ("Monday, 02-Mar-26 12:01:30 GMT", 90.0),  # RFC 850
        ("Mon Mar  2 12:01:30 2026", 90.0),  # asctime
        ("Mon, 02 Mar 2026 14:01:30 +0200", 90.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),  # passed
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Mon, 42 Mar 2026 12:01:30 GMT", None),
    ],
)
def test_what_retry_after_asks_for(value: str | None, seconds: float | None) -> None:
    assert retry_after_seconds(value, NOW) == seconds


@given(st.integers(0, 10**8 - 1))
def test_retry_after_is_the_same_in_seconds_and_as_a_date(seconds: int) -> None:
    date = format_datetime(NOW + dt.timedelta(seconds=seconds), usegmt=True)
    assert retry_after_seconds(date, NOW) == retry_after_seconds(str(seconds), NOW) == seconds


@given(
    st.text()
    | st.text("0123456789 ,:GMTMonMar+-", max_size=40)
    | st.from_regex(r"\w{3}, \d{1,3} \w{3} \d{1,6} \d\d:\d\d:\d\d [+-]?\w{1,6}")
)
def test_any_retry_after_is_a_wait_or_nothing(value: str) -> None:
    seconds = retry_after_seconds(value, NOW)
    assert seconds is None or seconds >= 0
    assert max_age_seconds({"expires": value, "cache-control": ""}, NOW) is None or value


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"cache-control": "max-age=300"}, 300.0),
        ({"cache-control": 'public, Max-Age="60", must-revalidate'}, 60.0),
        ({"cache-control": "no-cache"}, 0.0),
        ({"cache-control": "private, no-store"}, 0.0),
        ({"cache-control": "max-age=soon"}, None),
        ({"cache-control": "s-maxage=300"}, None),
        ({"expires": "Mon, 02 Mar 2026 12:05:00 GMT"}, 300.0),
        ({"expires": "Mon, 02 Mar 2026 11:05:00 GMT"}, 0.0),
        ({"cache-control": "max-age=10", "expires": "Mon, 02 Mar 2026 12:05:00 GMT"}, 10.0),
        ({"cache-control": "public", "expires": "Mon, 02 Mar 2026 12:05:00 GMT"}, 300.0),
        ({"expires": "0"}, None),
        ({"expires": "-1"}, None),
        ({"expires": ""}, None),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, str], seconds: float | None) -> None:
    assert max_age_seconds(headers, NOW) == seconds


def test_what_a_client_did_wrong_is_not_tried_again() -> None:
    assert not TRANSIENT_STATUSES & {200, 301, 304, 400, 401, 403, 404, 405, 410, 451, 501}
    assert {408, 429, 500, 502, 503, 504} <= TRANSIENT_STATUSES
