from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.fetch.decoding import BodyReader
from ingest.fetch.failures import FetchFailure

PAGE = b"<p>" + b"".join(b"sentence %d of the page. " % n for n in range(200)) + b"</p>"
LIMIT = 1_000_000


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


PACKED: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "x-gzip": ("x-gzip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "gzip of two members": ("gzip", lambda body: gzip.compress(body[: len(body) // 2]) + gzip.compress(body[len(body) // 2 :])),
    "gzip of members with an empty one": ("gzip", lambda body: gzip.compress(b"") + gzip.compress(body) + gzip.compress(b"")),
    "plain": ("", bytes),
    "identity": ("identity", bytes),
}


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[start:end] for start, end in pairwise(places)]


def read(encoding: str, chunks: list[bytes], limit: int = LIMIT) -> BodyReader:
    reader = BodyReader(encoding, limit)
    for chunk in chunks:
        reader.feed(chunk)
    reader.finish()
    return reader


def reason(encoding: str, chunks: list[bytes], limit: int = LIMIT) -> tuple[str, bool]:
    with pytest.raises(FetchFailure) as caught:
        read(encoding, chunks, limit)
    return caught.value.reason, caught.value.transient


@pytest.mark.parametrize("form", PACKED)
@given(body=st.binary(max_size=300) | st.just(PAGE), cuts=st.lists(st.integers(0, 10_000), max_size=8))
def test_a_body_is_the_same_however_it_is_packed_and_cut(form: str, body: bytes, cuts: list[int]) -> None:
    encoding, pack = PACKED[form]
    packed = pack(body)
    reader = read(encoding, pieces(packed, cuts))
    assert (reader.body, reader.wire_bytes) == (body, len(packed))


@pytest.mark.parametrize("form", PACKED)
def test_a_body_that_comes_byte_by_byte(form: str) -> None:
    encoding, pack = PACKED[form]
    assert read(encoding, pieces(pack(PAGE), list(range(20_000)))).body == PAGE


@pytest.mark.parametrize("encoding", ["GZIP", " gzip "])
def test_the_name_of_a_coding_is_read_as_servers_write_it(encoding: str) -> None:
    assert read(encoding, [gzip.compress(PAGE)]).body == PAGE


@pytest.mark.parametrize("form", PACKED)
@given(cuts=st.lists(st.integers(0, 10_000), max_size=4))
def test_the_limit_is_for_what_comes_out(form: str, cuts: list[int]) -> None:
    encoding, pack = PACKED[form]
    packed = pieces(pack(PAGE), cuts)
    assert read(encoding, packed, len(PAGE)).body == PAGE
    assert reason(encoding, packed, len(PAGE) - 1) == ("too_large", False)


def test_a_bomb_stops_at_the_limit_and_never_unfolds() -> None:
    bomb = gzip.compress(bytes(50_000_000))
    tracemalloc.start()
    try:
        assert reason("gzip", [bomb], 100_000) == ("too_large", False)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()


def test_many_small_members_are_limited_together() -> None:
    assert reason("gzip", [gzip.compress(bytes(1_000)) * 101], 100_000) == ("too_large", False)


@pytest.mark.parametrize("form", ["gzip", "x-gzip", "deflate", "raw deflate"])
@given(share=st.floats(0.0, 1.0, exclude_min=True, exclude_max=True))
def test_a_cut_body_is_known_and_what_came_is_kept(form: str, share: float) -> None:
    encoding, pack = PACKED[form]
    whole = pack(PAGE)
    with pytest.raises(FetchFailure) as caught:
        read(encoding, [whole[: max(1, int(len(whole) * share))]])
    assert (caught.value.reason, caught.value.transient) == ("truncated_body", True)
    assert PAGE.startswith(caught.value.body)


def test_a_cut_second_member_is_known() -> None:
    assert reason("gzip", [gzip.compress(PAGE) + gzip.compress(PAGE)[:-20]]) == ("truncated_body", True)


def test_a_damaged_body_is_known_and_what_came_is_kept() -> None:
    whole = bytearray(zlib.compress(PAGE, 0))  # stored: only the checksum at the end notices
    whole[-1] ^= 0xFF
    reader = BodyReader("deflate", LIMIT)
    reader.feed(bytes(whole[:1_000]))
    with pytest.raises(FetchFailure) as caught:
        reader.feed(bytes(whole[1_000:]))
    assert (caught.value.reason, caught.value.transient) == ("bad_encoding", True)
    assert caught.value.body == PAGE[: len(caught.value.body)] != b""


@pytest.mark.parametrize("padding", [b"\0" * 512, b"<!-- cached -->"])
def test_what_follows_the_end_is_no_part_of_the_page(padding: bytes) -> None:
    assert read("gzip", [gzip.compress(PAGE), padding]).body == PAGE
    assert read("gzip", [gzip.compress(PAGE) + padding]).body == PAGE
    assert read("deflate", [zlib.compress(PAGE) + padding]).body == PAGE
    assert read("gzip", [gzip.compress(PAGE), padding, gzip.compress(b"more")]).body == PAGE


@pytest.mark.parametrize("encoding", ["gzip", "deflate", ""])
def test_no_bytes_at_all_are_an_empty_page(encoding: str) -> None:
    assert read(encoding, []).body == b""


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "x" * 500])
def test_a_coding_that_was_not_asked_for(encoding: str) -> None:
    assert reason(encoding, []) == ("unsupported_encoding", False)


@given(st.sampled_from(["gzip", "deflate"]), st.lists(st.binary(max_size=60), max_size=6))
def test_any_bytes_give_a_body_or_a_reason(encoding: str, chunks: list[bytes]) -> None:
    try:
        read(encoding, chunks)
    except FetchFailure as failure:
        assert failure.reason in {"bad_encoding", "truncated_body"}
