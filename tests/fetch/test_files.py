from __future__ import annotations

import gzip
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ingest.fetch.files import read_file
from ingest.model import Candidate, Limits, MediaType, Page, PageResult, Rejection

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL = Limits(max_page_bytes=10_000)


def read(path: Path, limits: Limits = SMALL) -> Page | PageResult:
    return read_file(Candidate(path.as_uri(), str(path)), limits)


def reason(outcome: Page | PageResult) -> str:
    assert isinstance(outcome, PageResult)
    assert isinstance(outcome.result, Rejection)
    return outcome.result.reason


def test_a_page_carries_bytes_kind_and_time(tmp_path: Path) -> None:
    file = tmp_path / "a b.html"
    file.write_bytes(b"<p>x")
    os.utime(file, (1_500_000_000, 1_500_000_000))
    page = read(file)
    assert isinstance(page, Page)
    assert (page.body, page.media_type, page.observed_at.isoformat()) == (b"<p>x", MediaType.HTML, "2017-07-14T02:40:00+00:00")


def test_gzip_of_several_members_is_one_page(tmp_path: Path) -> None:
    file = tmp_path / "a.txt.gz"
    file.write_bytes(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0\0")
    page = read(file)
    assert isinstance(page, Page)
    assert (page.body, page.media_type) == (b"one two", MediaType.TEXT)


@pytest.mark.parametrize("content", [b"", b" \r\n\t "])
def test_an_empty_file(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.html"
    file.write_bytes(content)
    assert reason(read(file)) == "empty"


def test_an_empty_gzip(tmp_path: Path) -> None:
    file = tmp_path / "a.html.gz"
    file.write_bytes(gzip.compress(b""))
    assert reason(read(file)) == "empty"


@pytest.mark.parametrize("kept", [5, 20, 40])
def test_a_truncated_gzip_keeps_its_bytes(tmp_path: Path, kept: int) -> None:
    file = tmp_path / "a.html.gz"
    raw = gzip.compress(os.urandom(500))[:-kept]
    file.write_bytes(raw)
    outcome = read(file)
    assert reason(outcome) == "truncated_gzip"
    assert isinstance(outcome, PageResult)
    assert outcome.page is not None
    assert outcome.page.body == raw


def test_what_only_calls_itself_gzip(tmp_path: Path) -> None:
    file = tmp_path / "a.html.gz"
    file.write_bytes(b"<p>not compressed")
    assert reason(read(file)) == "invalid_gzip"


def test_a_file_over_the_limit_is_not_read(tmp_path: Path) -> None:
    file = tmp_path / "a.html"
    with file.open("wb") as sparse:
        sparse.truncate(300_000_000)
    outcome = read(file)
    assert reason(outcome) == "too_large"
    assert isinstance(outcome, PageResult)
    assert outcome.page is None


def test_a_gzip_bomb_is_stopped_at_the_limit(tmp_path: Path) -> None:
    file = tmp_path / "a.html.gz"
    file.write_bytes(gzip.compress(bytes(2_000_000)))
    assert file.stat().st_size < SMALL.max_page_bytes
    assert reason(read(file)) == "too_large"


def test_exactly_the_limit_is_read(tmp_path: Path) -> None:
    file = tmp_path / "a.html.gz"
    file.write_bytes(gzip.compress(b"x" * SMALL.max_page_bytes))
    assert isinstance(read(file), Page)


@pytest.fixture
def ordinary_user(tmp_path: Path) -> Iterator[None]:
    """Root may read everything: as root, the block runs with the rights of a user who owns nothing here."""
    if os.geteuid() != 0:
        yield
        return
    del tmp_path  # it must exist before the rights go
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_file_without_read_permission(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    file = tmp_path / "a.html"
    file.write_bytes(b"<p>x")
    file.chmod(0)
    request.getfixturevalue("ordinary_user")
    assert reason(read(file)) == "unreadable"


def test_a_dangling_link(tmp_path: Path) -> None:
    (tmp_path / "a.html").symlink_to(tmp_path / "gone")
    assert reason(read(tmp_path / "a.html")) == "unreadable"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.html")
    assert reason(read(tmp_path / "a.html")) == "not_a_file"
