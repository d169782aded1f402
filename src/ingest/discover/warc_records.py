"""The records of a WARC file, one after the other, whatever stands between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastwarc.warc import ArchiveIterator, WarcRecord, WarcRecordType

from ingest.discover.warc_segments import Damage, Segment, segments

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

MAX_HEADER_BYTES = 64 * 1024
"""Of a record's own headers, and of the HTTP headers in it."""
_LEAST_RECORD = len(b"WARC/1.0\r\n")  # bytes that no reading of a record goes back behind


def read_records(file: BinaryIO, damage: Damage, start: int = 0, end: int | None = None) -> Iterator[tuple[str, WarcRecord]]:
    """Each record with its place; it can be read until the next is asked for. What is broken is noted in ``damage``.

    ``start`` is where in the file its next byte stands; from the gzip member on that begins at or after ``end``, nothing is read.
    """
    for segment in segments(file, damage, start):
        if end is not None and segment.member is not None and segment.member >= end:
            return
        noted = damage.places
        for position, record in _records(segment, damage):
            yield _place(segment, position), record
        if damage.places == noted and not segment.ends_as_it_should():
            damage.note(f"what stands at its end, before byte {segment.tell():,}, is no whole record")


def _records(segment: Segment, damage: Damage) -> Iterator[tuple[int, WarcRecord]]:
    # Strict, so that nothing is passed over in silence; any type, so that each record's end is looked at.
    records = ArchiveIterator(
        segment,  # type: ignore[arg-type]  # read and tell are all that it asks for
        record_types=WarcRecordType.any_type,
        parse_http=False,
        max_header_len=MAX_HEADER_BYTES,
        stream_detect=False,
        fsspec_args=False,
    )
    last: int | None = None
    least = 0  # where the next record may begin
    while True:
        try:
            record = next(records)
        except StopIteration:
            return
        except OSError:
            follows = f"byte {_place(segment, 0)}" if last is None else f"the end of the one at byte {_place(segment, last)}"
            damage.note(f"there is no record at {follows}")
            found = segment.resync(least)
            if found is None:
                return
            least = found + _LEAST_RECORD
            records = records.restart(segment)  # type: ignore[arg-type]
            continue
        last = position = record.stream_pos
        noted = damage.places
        least = position + _LEAST_RECORD + record.content_length
        if record.headers.get("Content-Length") is None:
            damage.note(f"the record at byte {_place(segment, position)} does not say how long it is")
            continue
        yield position, record
        record.reader.consume()
        if record.reader.tell() < record.content_length and damage.places == noted:
            damage.note(f"the record at byte {_place(segment, position)} ends in the middle")


def _place(segment: Segment, position: int) -> str:
    if segment.member is None:
        return str(position)
    return f"{segment.member}+{position}" if position else str(segment.member)
