from __future__ import annotations

import datetime as dt
import gzip
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.discover.shards import Shard, ShardSize, is_between, read_shard, shards_of_files, shards_of_urls
from ingest.discover.warc import read_warc
from ingest.model import Candidate, Hint, Limits, Page, PageResult
from tests.discover.test_warc import one_member_a_record, others, page_record

SIZE = ShardSize(warc_bytes=1_000, pages=10)
UTC = dt.UTC


def archive(folder: Path, count: int = 30) -> Path:
    file = folder / "news.warc.gz"
    file.write_bytes(one_member_a_record([*others(), *(page_record(n) for n in range(count)), *others()]))
    return file


def paths(found: object) -> list[str]:
    return [item.candidate.path for item in found if isinstance(item, Page)]  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return archive(tmp_path_factory.mktemp("warc"))


@settings(deadline=None)
@given(st.data())
def test_parts_of_an_archive_give_each_page_once_wherever_they_are_cut(file: Path, data: st.DataObject) -> None:
    size = file.stat().st_size
    cuts = sorted({0, *data.draw(st.lists(st.integers(1, size), max_size=6))})
    whole = paths(read_warc(file, "f", Limits()))
    parts = [paths(read_warc(file, "f", Limits(), part)) for part in zip(cuts, [*cuts[1:], size + 1], strict=True)]
    assert [path for part in parts for path in part] == whole
    assert len(whole) == 30


def test_what_looks_like_a_member_is_one_only_where_a_record_begins_in_it(tmp_path: Path) -> None:
    first, last = one_member_a_record([page_record(1)]), one_member_a_record([page_record(2)])
    between = gzip.compress(b"\x1f\x8b\x08" * 100, 0)  # stored as it is
    file = tmp_path / "f.warc.gz"
    file.write_bytes(first + between + last)
    start, end = len(first) + len(between), len(first) + len(between) + len(last)
    for begin in (1, len(first) + 1, len(first) + 20, start):
        assert paths(read_warc(file, "f", Limits(), (begin, end))) == [f"f#{start}"]
    assert list(read_warc(file, "f", Limits(), (end - 3, end))) == []


def test_the_shards_of_an_archive_are_its_parts(tmp_path: Path) -> None:
    file = archive(tmp_path)
    shards = [s for s in shards_of_files(str(file), SIZE) if isinstance(s, Shard)]
    assert len(shards) == -(-file.stat().st_size // 1_000) > 3
    found = [path for s in shards for path in paths(read_shard(s, Limits()))]
    assert found == paths(read_warc(file, str(file), Limits()))
    assert [s.key for s in shards_of_files(str(file), SIZE) if isinstance(s, Shard)] == [s.key for s in shards]
    file.write_bytes(file.read_bytes() + one_member_a_record([page_record(99)]))
    changed = {s.key for s in shards_of_files(str(file), SIZE) if isinstance(s, Shard)}
    assert not changed & {s.key for s in shards}


def test_an_archive_that_is_not_compressed_is_one_shard(tmp_path: Path) -> None:
    file = tmp_path / "f.warc"
    file.write_bytes(b"".join(page_record(n) for n in range(20)))
    [shard] = shards_of_files(str(file), SIZE)
    assert isinstance(shard, Shard)
    assert len(paths(read_shard(shard, Limits()))) == 20


def test_a_folder_is_cut_into_files_and_the_archives_in_it_into_parts(tmp_path: Path) -> None:
    for n in range(25):
        (tmp_path / f"{n:02}.html").write_text(f"<p>{n}</p>")
    (tmp_path / "below").mkdir()
    archive(tmp_path / "below", count=1)
    shards = [s for s in shards_of_files(str(tmp_path), ShardSize(100_000, 10)) if isinstance(s, Shard)]
    assert [s.part for s in shards if s.warc is None] == ["files 1 to 10", "files 11 to 20", "files 21 to 25"]
    assert [Path(s.target).name for s in shards if s.warc] == ["news.warc.gz"]
    os.utime(tmp_path / "03.html", (1, 1))
    again = [s for s in shards_of_files(str(tmp_path), ShardSize(100_000, 10)) if isinstance(s, Shard)]
    assert [a.key == b.key for a, b in zip(again, shards, strict=True)] == [True, False, True, True]


def test_places_that_cannot_be_looked_into_are_passed_on(tmp_path: Path) -> None:
    (tmp_path / "page.pdf").write_text("")
    [refused] = shards_of_files(str(tmp_path / "page.pdf"), SIZE)
    assert isinstance(refused, PageResult)


def listed(number: int, date: dt.datetime | None) -> Candidate:
    url = f"https://post.example/{number}"
    return Candidate(url, url, url, hint=Hint("sitemap", published=date) if date else None)


def test_a_list_is_cut_by_month_and_past_months_stay_as_they_are() -> None:
    old = [listed(n, dt.datetime(2026, 1 + n % 2, 5, tzinfo=UTC)) for n in range(30)] + [listed(99, None)]
    shards = list(shards_of_urls("https://post.example/sitemap.xml", old, SIZE))
    assert [s.part for s in shards] == ["2026-01, 1 to 10", "2026-01, 11 to 15", "2026-02, 1 to 10", "2026-02, 11 to 15", "undated, 1 to 1"]
    assert sorted(c.location for s in shards for c in s.candidates) == sorted(c.location for c in old)
    grown = list(
        shards_of_urls("https://post.example/sitemap.xml", [listed(50, dt.datetime(2026, 3, 1, tzinfo=UTC)), *reversed(old)], SIZE)
    )
    assert {s.key for s in shards} < {s.key for s in grown}


def test_dates_are_from_and_until() -> None:
    first, second = dt.datetime(2026, 1, 1, tzinfo=UTC), dt.datetime(2026, 2, 1, tzinfo=UTC)
    assert is_between(listed(1, first), first, second)
    assert not is_between(listed(1, second), first, second)
    assert not is_between(listed(1, first - dt.timedelta(seconds=1)), first, second)
    assert is_between(listed(1, None), first, second)
    assert is_between(listed(1, second), None, None)
