from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.model import Precision, ZoneFrom
from ingest.normalise.dates import find_instant, is_date_line, parse_instant
from ingest.normalise.dates.vocabulary import VOCABULARY

MINUTE, DAY, SECOND = Precision.MINUTE, Precision.DAY, Precision.SECOND


@pytest.mark.parametrize(
    ("raw", "language", "expected", "precision"),
    [
        ("Mon Aug 7, 2017 7:19AM", None, "2017-08-07T07:19:00+00:00", MINUTE),
        ("7 August 2017 07:19 GMT", None, "2017-08-07T07:19:00+00:00", MINUTE),
        ("Montag, 7. August 2017, 14:05 Uhr", "de", "2017-08-07T14:05:00+00:00", MINUTE),
        ("Stand: 07.08.2017, 14:05 Uhr", "de", "2017-08-07T14:05:00+00:00", MINUTE),
        ("2017年8月7日 14:05", "ja", "2017-08-07T14:05:00+00:00", MINUTE),
        ("2017년 8월 7일 오후 2:05", "ko", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7 Août 2017 à 14h05", "fr", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7 de agosto de 2017 - 14:05", "es", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7 августа 2017 г., 14:05", "ru", "2017-08-07T14:05:00+00:00", MINUTE),
        ("٧ أغسطس ٢٠١٧", "ar", "2017-08-07T00:00:00+00:00", DAY),
        ("7 tháng 8, 2017", "vi", "2017-08-07T00:00:00+00:00", DAY),
        ("2017. augusztus 7. 14:05", "hu", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7. elokuuta 2017 klo 14.05", "fi", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7 sierpnia 2017", "pl", "2017-08-07T00:00:00+00:00", DAY),
        ("7 Ağustos 2017 14:05", "tr", "2017-08-07T14:05:00+00:00", MINUTE),
        ("7:19 p.m. ET Aug. 7, 2017", "en", "2017-08-07T19:19:00-04:00", MINUTE),
        ("January 7, 2017 at 7:19 pm ET", "en", "2017-01-07T19:19:00-05:00", MINUTE),
        ("Mon, 07 Aug 2017 07:19:33 +0300", None, "2017-08-07T07:19:33+03:00", SECOND),
        ("07 Aug 2017 | 14:05 UTC+3", "en", "2017-08-07T14:05:00+03:00", MINUTE),
        ("Monday 7 August 2017 19.30 BST", "en", "2017-08-07T19:30:00+01:00", MINUTE),
        ("2017-08-07T07:19:33.123Z", None, "2017-08-07T07:19:33+00:00", SECOND),
        ("2017-08-07 07:19 +0530", None, "2017-08-07T07:19:00+05:30", MINUTE),
        ("20170807", None, "2017-08-07T00:00:00+00:00", DAY),
        ("1502090340", None, "2017-08-07T07:19:00+00:00", SECOND),
        ("1502090340123", None, "2017-08-07T07:19:00+00:00", SECOND),
        ("8/7/2017", "en", "2017-08-07T00:00:00+00:00", DAY),
        ("8/7/2017", "fr", "2017-07-08T00:00:00+00:00", DAY),
        ("17/8/2017", "en", "2017-08-17T00:00:00+00:00", DAY),
        ("12:30 AM, Aug 7, 2017", "en", "2017-08-07T00:30:00+00:00", MINUTE),
        ("2017년 8월 7일 오후 2시 5분", "ko", "2017-08-07T14:05:00+00:00", MINUTE),
        ("Mon Aug  7 07:19:33 2017", None, "2017-08-07T07:19:33+00:00", SECOND),
        ("Mon Aug 07 07:19:33 EDT 2017", None, "2017-08-07T07:19:33-04:00", SECOND),
        ("2017-08-07 07:19 Europe/Berlin", None, "2017-08-07T07:19:00+02:00", MINUTE),
        ("2017-01-07 07:19 America/New_York", None, "2017-01-07T07:19:00-05:00", MINUTE),
        ("2017-08-07T07Z", None, "2017-08-07T07:00:00+00:00", MINUTE),
        ("2017-12-31T24:00:00+03:00", None, "2018-01-01T00:00:00+03:00", SECOND),
        ("2017-W32-1", None, "2017-08-07T00:00:00+00:00", DAY),
        ("2017-219", None, "2017-08-07T00:00:00+00:00", DAY),
    ],
)
def test_dates_as_news_pages_write_them(raw: str, language: str | None, expected: str, precision: Precision) -> None:
    instant = parse_instant(raw, language=language)
    assert instant is not None
    assert (instant.at.isoformat(), instant.precision, instant.raw) == (expected, precision, raw)


def test_languages_that_disagree_about_a_word_are_heard() -> None:
    months = [parse_instant("7. listopada 2017", language=language) for language in ("hr", "pl")]
    assert [m.at.month for m in months if m] == [10, 11]


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "2017",
        "2 hours ago",
        "yesterday",
        "30 Feb 2017",
        "2017-366",
        "2017-W53-1",
        "2017-13-01",
        "7 August 1246",
        "7 August 3017",
        "Room 14:05",
        "x" * 10_000,
        "٧٧٧٧",
    ],
)
def test_what_is_no_date_gives_none(raw: str) -> None:
    assert parse_instant(raw) is None


def test_the_zone_is_the_pages_then_the_sources_then_assumed() -> None:
    own = parse_instant("7 August 2017 07:19 GMT", time_zone="Asia/Tehran")
    source = parse_instant("7 August 2017 07:19", time_zone="Asia/Tehran")
    nobody = parse_instant("7 August 2017 07:19")
    unknown = parse_instant("7 August 2017 07:19", time_zone="Mars/Olympus")
    assert own and source and nobody and unknown  # all four are dates
    assert (own.tz_from, own.at.utcoffset()) == (ZoneFrom.EXPLICIT, dt.timedelta())
    assert (source.tz_from, source.at.utcoffset()) == (ZoneFrom.SOURCE, dt.timedelta(hours=4, minutes=30))
    assert (nobody.tz_from, nobody.at.utcoffset()) == (ZoneFrom.ASSUMED_UTC, dt.timedelta())
    assert unknown.tz_from is ZoneFrom.ASSUMED_UTC


def test_a_date_inside_a_line_is_found() -> None:
    found = find_instant("By Jane Roe | 7 August 2017, 07:19 GMT | World")
    assert found is not None
    assert found.at.isoformat() == "2017-08-07T07:19:00+00:00"


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("Mon Aug 7, 2017 7:19AM", True),
        ("Published: 7 August 2017, 07:19 GMT", True),
        ("Mis à jour le 7 août 2017 à 14h05", True),
        ("7 августа 2017, 14:05", True),
        ("2017-08-07", True),
        ("The ministers met on August 7, 2017 in the capital to discuss the treaty.", False),
        ("On 3 July 2019 the council met.", False),
        ("Port workers end eleven-day strike", False),
        ("Covid-19", False),
    ],
)
def test_date_lines_are_told_from_sentences_with_dates(line: str, *, answer: bool) -> None:
    assert is_date_line(line) is answer


@given(st.datetimes(min_value=dt.datetime(1800, 1, 1), max_value=dt.datetime(2100, 12, 31)), st.integers(-12 * 60, 14 * 60))  # noqa: DTZ001  # bounds
def test_iso_forms_agree_with_datetime(local: dt.datetime, minutes: int) -> None:
    at = local.replace(microsecond=0, tzinfo=dt.timezone(dt.timedelta(minutes=minutes)))
    instant = parse_instant(at.isoformat())
    assert instant is not None
    assert instant.at == at
    assert instant.at.utcoffset() == at.utcoffset()


@given(st.dates(min_value=dt.date(1900, 1, 1), max_value=dt.date(2099, 12, 31)), st.sampled_from(sorted(VOCABULARY.months_by_language)))
def test_every_month_of_every_language_is_read(day: dt.date, language: str) -> None:
    for word, month in VOCABULARY.months_by_language[language].items():
        if month == day.month and " " not in word:
            instant = parse_instant(f"{day.day} {word} {day.year}", language=language)
            assert instant is not None, word
            assert instant.at.date() == day


@given(st.text(max_size=300))
def test_any_text_gives_an_instant_or_none(text: str) -> None:
    parse_instant(text)
    find_instant(text)
    is_date_line(text)


@given(st.text(alphabet="ab.'’- 0123456789:/,年月日م", max_size=600))
def test_awkward_texts_take_no_time(text: str) -> None:
    find_instant(text)


@pytest.mark.parametrize(
    ("raw", "language", "expected"),
    [
        ("12 พ.ย. 2568 10:15 น.", "th", "2025-11-12T10:15:00+00:00"),
        ("วันที่ 12 พฤศจิกายน 2568", None, "2025-11-12T00:00:00+00:00"),
        ("12/11/2568", "th", "2025-11-12T00:00:00+00:00"),
        ("چهارشنبه / ۲۱ آبان ۱۴۰۴ / ۱۰:۱۵", "fa", "2025-11-12T10:15:00+00:00"),
        ("۱ فروردین ۱۳۹۹", None, "2020-03-20T00:00:00+00:00"),
        ("۳۰ اسفند ۱۴۰۳", None, "2025-03-20T00:00:00+00:00"),
        ("۱۴۰۴/۰۸/۲۱ - ۱۰:۱۵", "fa", "2025-11-12T10:15:00+00:00"),
    ],
)
def test_years_of_other_calendars_are_read(raw: str, language: str | None, expected: str) -> None:
    found = find_instant(raw, language=language)
    assert found is not None and found.at.isoformat() == expected


@pytest.mark.parametrize("raw", ["21 رجب 1447", "1447/05/21", "21 november 1404", "31 آبان 1404", "12 พ.ย. 9999"])
def test_years_that_no_known_calendar_gives_are_no_dates(raw: str) -> None:
    assert find_instant(raw) is None


@pytest.mark.parametrize(
    "raw", ["12 نوفمبر/تشرين الثاني 2025", "12 تشرين الثاني 2025", "12 नवम्बर 2025", "12. studenog 2025.", "12 نوفمبر / تشرين الثاني 2025"]
)
def test_months_of_several_words_or_names_are_read(raw: str) -> None:
    found = find_instant(raw)
    assert found is not None and found.at.isoformat() == "2025-11-12T00:00:00+00:00"
