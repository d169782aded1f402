from __future__ import annotations

import datetime as dt
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator

import pytest

from ingest.errors import PageError
from ingest.model import Article, Candidate, Limits, MediaType, Page, PageResult, Rejection, Stage
from ingest.workers import extract_batches, extract_pages
from tests.test_processes import children

DEADLY = 77


def page(number: int, paragraphs: int = 3) -> Page:
    story = "".join(
        f"<p>The ministers met for the {n}th time in room {number}, and said that talks would go on.</p>" for n in range(paragraphs)
    )
    body = f"<html><body><article><h1>Story number {number} of the day</h1>{story}</article></body></html>"
    candidate = Candidate(f"file:///{number}.html", f"{number}.html")
    return Page(candidate, body.encode(), MediaType.HTML, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))


def title(result: PageResult) -> str | None:
    return result.result.title if isinstance(result.result, Article) else None


def reason(result: PageResult) -> str | None:
    return result.result.reason if isinstance(result.result, Rejection) else None


def batches(count: int, size: int = 20) -> Iterator[list[Page]]:
    for i in range(count):
        yield [page(i * size + n) for n in range(size)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_pages(jobs: int) -> None:
    results = [r for batch in extract_batches(batches(8), Limits(), jobs) for r in batch]
    assert [title(r) for r in results] == [f"Story number {i} of the day" for i in range(160)]
    assert all(r.page is not None and r.seconds > 0 for r in results)


def test_little_is_read_ahead() -> None:
    taken = 0

    def counted() -> Iterator[list[Page]]:
        nonlocal taken
        for batch in batches(60, size=20):
            taken += 1
            yield batch

    results = extract_batches(counted(), Limits(), jobs=2)
    for done in range(1, 6):
        next(results)
        assert taken <= done + 6
    results.close()  # type: ignore[attr-defined]  # it is a generator


def test_a_page_that_takes_too_long_is_rejected() -> None:
    slow = page(1, paragraphs=3000)
    [result] = extract_pages([slow], Limits(max_extract_seconds=0.002))
    assert reason(result) == "out_of_time"
    assert result.page is slow
    assert title(extract_pages([page(2)], Limits())[0]) == "Story number 2 of the day"


class Endless:
    def __del__(self) -> None:
        while True:
            pass


def test_an_alarm_in_a_callback_that_nobody_hears_is_raised_again_and_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def endless(_page: Page, _limits: Limits) -> None:
        Endless()
        while True:
            pass

    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: heard.append(unraisable.exc_type))
    monkeypatch.setattr("ingest.extract.extract", endless)
    hook = sys.unraisablehook
    [result] = extract_pages([page(1)], Limits(max_extract_seconds=0.002))
    assert reason(result) == "out_of_time"
    assert heard == []
    assert sys.unraisablehook is hook


def test_what_a_callback_raises_of_itself_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken:
        def __del__(self) -> None:
            raise ValueError

    def extract(page: Page, _limits: Limits) -> None:
        Broken()
        raise PageError(Stage.EXTRACT, "no_article", page.candidate.location)

    heard: list[object] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: heard.append(unraisable.exc_type))
    monkeypatch.setattr("ingest.extract.extract", extract)
    extract_pages([page(1)], Limits())
    assert heard == [ValueError]


def test_an_alarm_of_the_caller_goes_on() -> None:
    """A flow has a limit of its own, and there is one alarm a process."""
    heard: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: heard.append(number))
    signal.setitimer(signal.ITIMER_REAL, 3600)
    try:
        extract_pages([page(1), page(2)], Limits())
        left, _ = signal.getitimer(signal.ITIMER_REAL)
        assert 3500 < left <= 3600
        signal.raise_signal(signal.SIGALRM)
        assert heard == [signal.SIGALRM]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def test_a_thread_that_hears_no_signals_extracts_all_the_same() -> None:
    results: list[PageResult] = []
    thread = threading.Thread(target=lambda: results.extend(extract_pages([page(1)], Limits(max_extract_seconds=0.001))))
    thread.start()
    thread.join()
    assert title(results[0]) == "Story number 1 of the day"


def test_a_worker_that_is_killed_costs_no_page() -> None:
    """As the kernel's out-of-memory killer would; the pages in its hands are tried again, each in a process of its own."""
    results = extract_batches(batches(10), Limits(), jobs=2)
    titles = [title(r) for _ in range(3) for r in next(results)]
    for child in children():
        os.kill(child, signal.SIGKILL)
    titles += [title(r) for batch in results for r in batch]
    assert titles == [f"Story number {i} of the day" for i in range(200)]


def test_a_page_that_kills_its_worker_is_the_one_that_is_rejected() -> None:
    results = [r for batch in extract_batches(batches(6), Limits(), 2, deadly) for r in batch]
    assert [n for n, r in enumerate(results) if reason(r) == "extractor_crashed"] == [DEADLY]
    assert [title(r) for n, r in enumerate(results) if n != DEADLY] == [f"Story number {n} of the day" for n in range(120) if n != DEADLY]
    assert all(r.page is not None for r in results)


def deadly(result: PageResult) -> PageResult:
    if result.candidate.path == f"{DEADLY}.html" and multiprocessing.parent_process():
        os.kill(os.getpid(), signal.SIGKILL)
    return result


def test_a_result_that_cannot_be_finished_is_a_rejection() -> None:
    def finish(_result: PageResult) -> PageResult:
        raise ZeroDivisionError

    [result] = extract_pages([page(1)], Limits(), finish)
    assert reason(result) == "extractor_error"
    assert result.page is not None
