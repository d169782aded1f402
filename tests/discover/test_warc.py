from __future__ import annotations

import datetime as dt
import gzip
import io
import itertools
import os
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.discover.warc import is_warc, read_warc
from ingest.discover.warc_body import dechunk, decode
from ingest.model import Limits, MediaType, Page, PageResult, Rejection

HTML = ("Content-Type: text/html; charset=iso-8859-1",)
CHUNKED = (*HTML, "Transfer-Encoding: chunked")
BODY = b"<html><p>The bridge over the river opened on Monday.</p></html>"


def record(
    block: bytes,
    url: str | None = "https://herald.example/a",
    *,
    kind: str = "response",
    content_type: str | None = "application/http; msgtype=response",
    date: str | None = "2026-03-01T10:20:30Z",
    length: int | None = None,
) -> bytes:
    fields = {"WARC-Type": kind, "WARC-Target-URI": url, "WARC-Date": date, "Content-Type": content_type}
    lines = ["WARC/1.0", *(f"{name}: {value}" for name, value in fields.items() if value is not None)]
    lines.append(f"Content-Length: {len(block) if length is None else length}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def answer(body: bytes = BODY, headers: tuple[str, ...] = HTML, status: str = "200 OK") -> bytes:
    return "\r\n".join((f"HTTP/1.1 {status}", *headers, "", "")).encode() + body


def page_record(number: int) -> bytes:
    return record(answer(b"<p>page %d</p>" % number), f"https://herald.example/{number}")


def others() -> list[bytes]:
    """What stands in a WARC file besides pages."""
    request = b"GET /a HTTP/1.1\r\nHost: herald.example\r\n\r\n"
    return [
        record(b"software: made by hand\r\n", None, kind="warcinfo", content_type="application/warc-fields"),
        record(request, kind="request", content_type="application/http; msgtype=request"),
        record(answer(b""), kind="revisit"),
        record(b"fetchTimeMs: 3\r\n", kind="metadata", content_type="application/warc-fields"),
        record(answer(b"\x89PNG\r\n", ("Content-Type: image/png",))),
        record(answer(b"{}", ("Content-Type: application/json",))),
        record(answer(b"gone", status="404 Not Found")),
        record(answer(b"", ("Location: /b",), status="301 Moved Permanently")),
        record(answer(b"User-agent: *\n", ("Content-Type: text/plain",)), "https://herald.example/robots.txt"),
        record(answer(), "dns:herald.example"),
        record(answer(), "urn:uuid:00000000-0000-4000-8000-000000000001"),
        record(answer(), None),
        record(answer(b"%PDF-1.7", ())),
    ]


def read(data: bytes, limits: Limits = Limits()) -> list[Page | PageResult]:
    return list(read_warc(io.BytesIO(data), "f.warc", limits))


def pages(found: list[Page | PageResult]) -> list[bytes]:
    return [f.body for f in found if isinstance(f, Page)]


def reasons(found: list[Page | PageResult]) -> list[str]:
    return [f.result.reason for f in found if isinstance(f, PageResult) and isinstance(f.result, Rejection)]


def only_page(data: bytes) -> Page:
    (found,) = read(data)
    assert isinstance(found, Page), found
    return found


def only_rejection(data: bytes, limits: Limits = Limits()) -> tuple[str, bytes | None]:
    (found,) = read(data, limits)
    assert isinstance(found, PageResult)
    assert isinstance(found.result, Rejection)
    return found.result.reason, found.page.body if found.page else None


def one_member_a_record(records: list[bytes]) -> bytes:
    return b"".join(gzip.compress(r, mtime=0) for r in records)


FORMS: dict[str, Callable[[list[bytes]], bytes]] = {
    "plain": b"".join,
    "gzip": one_member_a_record,
    "one gzip member": lambda records: gzip.compress(b"".join(records)),
    "zstd": lambda records: b"".join(zstandard.compress(r) for r in records),
}


@pytest.mark.parametrize(
    ("name", "is_one"),
    [("a.warc", True), ("a.WARC.GZ", True), ("a.warc.zst", True), ("a.warc.txt", False), ("a.gz", False), ("warc", False)],
)
def test_warc_files_are_known_by_their_suffix(name: str, is_one: bool) -> None:
    assert is_warc(name) is is_one


@pytest.mark.parametrize("form", FORMS)
def test_pages_come_in_order_and_everything_else_is_passed_over(form: str) -> None:
    records = [r for number, other in enumerate(others()) for r in (other, page_record(number))]
    found = read(FORMS[form](records))
    assert pages(found) == [b"<p>page %d</p>" % number for number in range(len(others()))]
    assert reasons(found) == []


def test_a_page_says_where_it_comes_from_and_when() -> None:
    first, second = page_record(1), record(answer(), "HTTP://Herald.example:80/x?utm_source=feed#top")
    found = read(one_member_a_record([first, second]))[1]
    assert isinstance(found, Page)
    assert found.candidate.url == found.candidate.location == "http://herald.example/x"
    assert found.candidate.path == f"f.warc#{len(gzip.compress(first, mtime=0))}"
    assert (found.charset, found.media_type) == ("iso-8859-1", MediaType.HTML)
    assert found.observed_at == dt.datetime(2026, 3, 1, 10, 20, 30, tzinfo=dt.UTC)
    assert found.body == BODY


def test_places_of_records_are_told_apart_in_a_file_compressed_as_a_whole() -> None:
    data = gzip.compress(page_record(1) + page_record(2))
    assert [f.candidate.path for f in read(data)] == ["f.warc#0", f"f.warc#0+{len(page_record(1))}"]


def test_resources_have_their_type_in_the_record() -> None:
    found = only_page(record(b"plain words", kind="resource", content_type="text/plain; charset='utf-8'"))
    assert (found.body, found.media_type, found.charset) == (b"plain words", MediaType.TEXT, "utf-8")


@pytest.mark.parametrize("content_type", [None, "text/html"])
def test_an_answer_is_one_whatever_its_record_says_of_the_block(content_type: str | None) -> None:
    assert only_page(record(answer(), content_type=content_type)).body == BODY


def test_xhtml_is_html_and_an_untyped_page_shows_what_it_is() -> None:
    assert only_page(record(answer(headers=("content-type: application/xhtml+xml",)))).media_type is MediaType.HTML
    assert only_page(record(answer(b"\xef\xbb\xbf \n<p>x", ()))).media_type is MediaType.HTML


@pytest.mark.parametrize(
    ("date", "expected"),
    [
        ("2026-03-01T10:20:30.250Z", dt.datetime(2026, 3, 1, 10, 20, 30, 250_000, dt.UTC)),
        ("2026-03-01", dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ("2026-03-01T10:20:30+02:00", dt.datetime(2026, 3, 1, 8, 20, 30, tzinfo=dt.UTC)),
    ],
)
def test_dates_of_any_precision(date: str, expected: dt.datetime) -> None:
    assert only_page(record(answer(), date=date)).observed_at == expected


@pytest.mark.parametrize("date", [None, "yesterday", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00"])
def test_a_page_without_a_usable_date_has_that_of_its_file(tmp_path: Path, date: str | None) -> None:
    file = tmp_path / "a.warc"
    file.write_bytes(record(answer(), date=date))
    os.utime(file, (1_700_000_000, 1_700_000_000))
    (found,) = read_warc(str(file), "a.warc", Limits())
    assert isinstance(found, Page)
    assert found.observed_at == dt.datetime.fromtimestamp(1_700_000_000, dt.UTC)


# Bodies


def chunked(body: bytes, size: int) -> bytes:
    parts = [body[i : i + size] for i in range(0, len(body), size)]
    return b"".join(b"%X;note=1\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"


def bare_deflate(data: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(data) + compressor.flush()


CODINGS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "x-gzip": lambda data: gzip.compress(data[:9]) + gzip.compress(data[9:]),
    "deflate": zlib.compress,
    "Deflate": bare_deflate,
    "br": brotli.compress,
    "deflate, gzip": lambda data: gzip.compress(zlib.compress(data)),
    "identity": lambda data: data,
}


@pytest.mark.parametrize("coding", CODINGS)
def test_bodies_are_decoded(coding: str) -> None:
    assert only_page(record(answer(CODINGS[coding](BODY), (*HTML, f"Content-Encoding: {coding}")))).body == BODY


def test_chunks_are_undone_before_the_content_coding() -> None:
    headers = (*CHUNKED, "Content-Encoding: gzip")
    assert only_page(record(answer(chunked(gzip.compress(BODY), 7), headers))).body == BODY


@pytest.mark.parametrize(
    "header", ["Transfer-Encoding: chunked", *(f"Content-Encoding: {c}" for c in ("gzip", "deflate", "br", "zstd", "utf-8"))]
)
def test_crawlers_may_decode_a_body_and_keep_its_header(header: str) -> None:
    assert only_page(record(answer(headers=(*HTML, header)))).body == BODY


def test_a_line_that_looks_like_the_size_of_a_chunk_is_none() -> None:
    assert dechunk(b"12\r\nwas the number of votes, said the mayor").problem is None


@pytest.mark.parametrize(
    ("body", "headers", "reason"),
    [
        (chunked(BODY, 10)[:50], CHUNKED, "truncated_body"),
        (chunked(BODY, 30).replace(b"\r\n1E", b"\r\nzz"), CHUNKED, "bad_encoding"),
        (gzip.compress(BODY, mtime=0)[:-9], (*HTML, "Content-Encoding: gzip"), "truncated_body"),
        (gzip.compress(BODY, mtime=0)[:-8] + bytes(8), (*HTML, "Content-Encoding: gzip"), "bad_encoding"),
        (brotli.compress(BODY)[:-9], (*HTML, "Content-Encoding: br"), "truncated_body"),
    ],
)
def test_a_broken_body_is_rejected_with_what_could_be_decoded(body: bytes, headers: tuple[str, ...], reason: str) -> None:
    given_reason, kept = only_rejection(record(answer(body, headers)))
    assert given_reason == reason
    assert kept
    assert BODY.startswith(kept)


@pytest.mark.parametrize(("coding", "reason"), [("br", "bad_encoding"), ("gzip", "bad_encoding"), ("zstd", "unsupported_encoding")])
def test_of_a_body_that_cannot_be_decoded_the_bytes_are_kept(coding: str, reason: str) -> None:
    noise = bytes(range(255, -1, -1))
    assert only_rejection(record(answer(noise, (*HTML, f"Content-Encoding: {coding}")))) == (reason, noise)


@pytest.mark.parametrize("body", [b"", b" \r\n"])
def test_empty_pages_are_rejected(body: bytes) -> None:
    assert only_rejection(record(answer(body))) == ("empty", None)


LARGE = b"<p>" + b"a" * 997


@pytest.mark.parametrize(("coding", "compress"), [(c, f) for c, f in CODINGS.items() if "," not in c])
def test_the_bound_of_a_page_is_that_of_what_is_decoded(coding: str, compress: Callable[[bytes], bytes]) -> None:
    data = record(answer(compress(LARGE), (*HTML, f"Content-Encoding: {coding}")))
    assert pages(read(data, Limits(max_page_bytes=1_000))) == [LARGE]
    assert only_rejection(data, Limits(max_page_bytes=999)) == ("too_large", None)


@pytest.mark.parametrize("coding", ["gzip", "br", "gzip, gzip"])
def test_a_bomb_does_not_unfold(coding: str) -> None:
    bomb = bytes(50_000_000)
    for part in coding.split(", "):
        bomb = CODINGS[part](bomb)
    tracemalloc.start()
    body = decode(bomb, coding, 100_000)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(body.data) >= 100_000 or body.problem
    assert peak < 2_000_000


def test_a_huge_record_is_not_held_in_memory(tmp_path: Path) -> None:
    file = tmp_path / "a.warc.gz"
    huge = record(answer(bytes(30_000_000), ("Content-Type: video/mp4",)))
    file.write_bytes(one_member_a_record([page_record(1), huge, record(answer(bytes(30_000_000))), page_record(2)]))
    tracemalloc.start()
    found = list(read_warc(file, "a", Limits(max_page_bytes=100_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert pages(found) == [b"<p>page 1</p>", b"<p>page 2</p>"]
    assert reasons(found) == ["too_large"]
    assert peak < 4_000_000


# Broken files


JUNK = {
    "a line": b"junk\r\n\r\n",
    "no line": b"junk" * 20,
    "bytes": bytes(range(256)) * 999,
    "like a record": b"WARC/1.0\r\n\r\n",
    "zstd": b"\x28\xb5\x2f\xfd",
}


@pytest.mark.parametrize("junk", JUNK)
@pytest.mark.parametrize("form", ["plain", "gzip", "one gzip member"])
def test_junk_between_records_costs_no_page(form: str, junk: str) -> None:
    found = read(FORMS[form]([page_record(1), page_record(2) + JUNK[junk], page_record(3), page_record(4)]))
    assert pages(found) == [b"<p>page %d</p>" % n for n in (1, 2, 3, 4)]
    assert reasons(found) == ["broken_warc"]


@pytest.mark.parametrize("junk", [b"junk", bytes(range(256)) * 999, b"\x1f", gzip.compress(b"junk", mtime=0)])
def test_junk_between_gzip_members_costs_no_page(junk: bytes) -> None:
    one, two = one_member_a_record([page_record(1)]), one_member_a_record([page_record(2), page_record(3)])
    found = read(one + junk + two)
    assert pages(found) == [b"<p>page %d</p>" % n for n in (1, 2, 3)]
    assert reasons(found) == ["broken_warc"]


def test_padding_of_gzip_files_is_no_damage() -> None:
    one, two = (one_member_a_record([page_record(n)]) for n in (1, 2))
    assert reasons(read(one + bytes(512) + two + bytes(10_240))) == []


def test_a_damaged_member_costs_only_its_own_page() -> None:
    members = [bytearray(gzip.compress(page_record(n))) for n in (1, 2, 3)]
    members[1][len(members[1]) // 2] ^= 0xFF
    found = read(b"".join(members))
    assert pages(found) == [b"<p>page 1</p>", b"<p>page 3</p>"]
    assert reasons(found)[-1] == "broken_warc"


@pytest.mark.parametrize("length", [0, 10, 60, len(answer()) - 1, 10**6, 10**30])
def test_a_record_of_a_wrong_length_does_not_hide_the_next_member(length: int) -> None:
    found = read(one_member_a_record([page_record(1), record(answer(), length=length), page_record(3)]))
    assert pages(found)[0] == b"<p>page 1</p>"
    assert pages(found)[-1] == b"<p>page 3</p>"
    assert reasons(found)[-1] == "broken_warc"


@pytest.mark.parametrize("length", [0, 10, 60, len(answer()) - 1, 10**30])
def test_a_record_of_a_short_length_does_not_hide_the_next_record(length: int) -> None:
    found = read(page_record(1) + record(answer(), length=length) + page_record(3))
    assert pages(found)[0] == b"<p>page 1</p>"
    assert pages(found)[-1] == b"<p>page 3</p>"
    assert reasons(found)[-1] == "broken_warc"


def test_endless_headers_cost_only_their_own_page() -> None:
    headers = record(answer(headers=(*HTML, f"X: {'a' * 100_000}")))
    target = record(answer(), f"https://herald.example/{'a' * 100_000}")
    found = read(page_record(1) + headers + page_record(2) + target + page_record(3))
    assert pages(found) == [b"<p>page %d</p>" % n for n in (1, 2, 3)]
    assert reasons(found) == ["headers_too_large", "broken_warc"]


@pytest.mark.parametrize(
    "data", [b"", b"WARC/1.0", b"<html>" * 50_000, bytes(100_000), gzip.compress(b"<p>x", mtime=0), b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd\0"]
)
def test_what_is_no_warc_file_is_said_once(data: bytes) -> None:
    found = read(data)
    assert reasons(found) == ["broken_warc"]
    assert found[0].candidate.path == "f.warc"


def test_the_rejection_of_a_file_says_where_it_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "a b.warc.gz"
    first = gzip.compress(page_record(1))
    file.write_bytes(first + gzip.compress(page_record(2))[:-10])
    rejected = list(read_warc(file, "a b.warc.gz", Limits()))[-1]
    assert isinstance(rejected, PageResult)
    assert isinstance(rejected.result, Rejection)
    assert rejected.candidate.location == file.as_uri()
    assert rejected.candidate.path == "a b.warc.gz"
    assert f"byte {len(first)}" in rejected.result.message


def test_a_file_that_is_not_there_is_a_rejection(tmp_path: Path) -> None:
    assert reasons(list(read_warc(tmp_path / "no.warc", "no.warc", Limits()))) == ["unreadable"]


def test_a_page_at_the_end_of_a_cut_file_is_rejected_with_what_is_there() -> None:
    data = page_record(1) + record(answer())
    found = read(data[:-20])
    assert pages(found) == [b"<p>page 1</p>"]
    assert reasons(found) == ["truncated_body", "broken_warc"]


class Pipe(io.RawIOBase):
    """A stream that cannot seek, gives few bytes at a time, and may fail."""

    def __init__(self, data: bytes, step: int, *, fails: bool = False) -> None:
        self._data = io.BytesIO(data)
        self._step = step
        self._fails = fails

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        raise OSError("Illegal seek")

    def read(self, size: int = -1, /) -> bytes:
        data = self._data.read(min(size, self._step))
        if not data and self._fails:
            raise OSError(5, "Input/output error")
        return data


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("step", [1, 1_000])
def test_standard_input_is_a_pipe(form: str, step: int) -> None:
    stream = Pipe(FORMS[form]([page_record(n) for n in range(5)]), step)
    found = list(read_warc(stream, "-", Limits()))  # type: ignore[arg-type]
    assert pages(found) == [b"<p>page %d</p>" % n for n in range(5)]
    assert reasons(found) == []


def test_a_failing_disk_is_an_end() -> None:
    found = list(read_warc(Pipe(page_record(1), 100, fails=True), "-", Limits()))  # type: ignore[arg-type]
    assert pages(found) == [b"<p>page 1</p>"]
    assert reasons(found) == ["broken_warc"]


MIXED = [r for number, other in enumerate(others()) for r in (other, page_record(number))]
CHUNKED_GZIP = record(answer(chunked(gzip.compress(BODY, mtime=0), 20), (*CHUNKED, "Content-Encoding: gzip")))


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_a_cut_file_gives_the_pages_before_the_cut(form: str, data: st.DataObject) -> None:
    records = [*MIXED, CHUNKED_GZIP]
    whole = FORMS[form](records)
    cut = data.draw(st.integers(0, len(whole) - 1))
    found, expected = read(whole[:cut]), pages(read(whole))
    assert pages(found) == expected[: len(pages(found))]
    assert reasons(found)[-1:] in ([], ["broken_warc"])
    if form in {"plain", "gzip"}:  # what stands before the cut, and maybe a page that lacks only what follows its body
        ends = itertools.accumulate(len(FORMS[form]([r])) for r in records)
        before = pages(read(FORMS[form](records[: sum(end <= cut for end in ends)])))
        assert len(before) <= len(pages(found)) <= len(before) + 1


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(deadline=None, max_examples=60)
def test_no_damage_raises_or_makes_pages(form: str, data: st.DataObject) -> None:
    whole = bytearray(FORMS[form]([*MIXED[:8], CHUNKED_GZIP]))
    for _ in range(data.draw(st.integers(1, 5))):
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place : place + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    assert len(read(bytes(whole))) <= len(MIXED) + 2


@given(st.binary(max_size=300), st.sampled_from([*CODINGS, "chunked"]), st.integers(1, 400))
@settings(deadline=None)
def test_any_bytes_can_be_decoded_within_the_bound(raw: bytes, coding: str, most: int) -> None:
    assert dechunk(raw).data is not None
    assert len(decode(raw, coding, most).data) <= max(most, len(raw)) + 65_536


@given(st.binary(), st.integers(1, 50))
def test_chunks_come_together_again(body: bytes, size: int) -> None:
    assert dechunk(chunked(body, size)) == (body, None)
