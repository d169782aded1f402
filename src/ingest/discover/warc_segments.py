"""The bytes of a WARC file, cut where reading can begin anew: at the members of a gzip file (one a record, as ISO 28500 wants it).

What is wrong with one member stays in it: the next one is read from its own start.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastwarc.stream_io import ZstdReader

try:  # reading a WARC file is inflating it: this takes 0.4 of zlib's time; it has no wheels for some machines
    from isal import isal_zlib as zlib  # type: ignore[import-not-found, unused-ignore]
except ImportError:
    import zlib  # type: ignore[no-redef, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

CHUNK = 64 * 1024
"""Bytes that are read at a time, and that come out of a decompressor at a time; as fastwarc's own buffer."""
_KEPT = 8 * CHUNK  # bytes behind the reader that `resync` can go back to: more than the parser's buffer and its longest header
_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to ask for the gzip format (RFC 1952)
_DAMAGED: type[Exception] = zlib.error  # type: ignore[assignment, unused-ignore]  # isal types it as an instance
_GZIP_MAGIC = b"\x1f\x8b\x08"
_ZSTD_MAGICS = (b"\x28\xb5\x2f\xfd", b"\x5d\x2a\x4d\x18")  # a frame, and the dictionary that stands before the frames (RFC 8878, WARC-zstd)
_VERSION_LINE = re.compile(rb"WARC/[01]\.\d{1,2}\r\n")
_LONGEST_VERSION_LINE = len(b"WARC/1.00\r\n")
_MEMBER_HEAD = 4096  # bytes of a gzip member that surely inflate to a record's first line
_RECORD_END = b"\r\n\r\n"


@dataclass(slots=True)
class Damage:
    """What is wrong with a file: its first broken place, and how many there are."""

    first: str | None = None
    places: int = 0

    def note(self, sentence: str) -> None:
        """Count one more broken place."""
        self.first = self.first or sentence
        self.places += 1


class Segment:
    """A part of the file that is parsed from its start, decompressed; what the parser wants of a file (``read`` and ``tell``)."""

    def __init__(self, pull: Callable[[], bytes], member: int | None) -> None:
        self.member = member
        """Where its gzip member begins in the file; None where the file is one segment."""
        self._pull = pull
        self._ahead = b""
        self._position = 0
        self._kept: deque[bytes] = deque()
        self._kept_size = 0

    def read(self, size: int = CHUNK) -> bytes:
        """The next bytes, at most ``size`` of them; none at the end."""
        data = self._ahead or self._pull()
        data, self._ahead = data[:size], data[size:]
        self._position += len(data)
        self._kept.append(data)
        self._kept_size += len(data)
        while self._kept_size - len(self._kept[0]) >= _KEPT:
            self._kept_size -= len(self._kept.popleft())
        return data

    def tell(self) -> int:
        """How many bytes have been read, those included that `resync` passed over."""
        return self._position

    def resync(self, start: int) -> int | None:
        """Go to the first line at or after ``start`` that begins a record, and say where it is; None where none is left."""
        text = b"".join(self._kept) + self._ahead
        begin = self._position - self._kept_size
        skip = max(0, start - begin)
        self._kept.clear()
        self._kept_size = 0
        while (match := _VERSION_LINE.search(text, skip)) is None:
            more = self._pull()
            passed = min(len(text), max(skip, len(text) - _LONGEST_VERSION_LINE))
            text, begin, skip = text[passed:] + more, begin + passed, max(0, skip - passed)
            if not more:
                self._ahead, self._position = b"", begin + len(text)
                return None
        self._ahead, self._position = text[match.start() :], begin + match.start()
        return self._position

    def ends_as_it_should(self) -> bool:
        """Of a segment that has been read: whether it is all that there is, and ends as a record does."""
        if self._ahead or self._pull():
            return False
        end = b""
        while self._kept and len(end) < len(_RECORD_END):
            end = self._kept.pop() + end
        return not self._position or end.endswith(_RECORD_END)


def segments(file: BinaryIO, damage: Damage, start: int = 0) -> Iterator[Segment]:
    """The segments of a WARC file that is plain, gzip or zstd; each has to be read before the next is asked for.

    ``start`` is where in the file the first byte stands that comes out of it.
    """
    source = _Source(file, damage, start)
    head = source.peek(len(_GZIP_MAGIC) + 1)
    if head.startswith(_GZIP_MAGIC):
        yield from _members(source, damage)
    elif head.startswith(_ZSTD_MAGICS):
        yield Segment(_unzstd(source, damage), None)
    elif head:
        yield Segment(source.pull, None)
    elif not damage.places:
        damage.note("it is empty")


class _Source:
    """The file as it lies on disk, chunk by chunk; a failing disk is an end that is noted."""

    def __init__(self, file: BinaryIO, damage: Damage, start: int = 0) -> None:
        self._file = file
        self._damage = damage
        self._back = b""
        self._read = start

    @property
    def position(self) -> int:
        """Bytes that have been taken."""
        return self._read - len(self._back)

    def pull(self) -> bytes:
        if self._back:
            data, self._back = self._back, b""
            return data
        try:
            data = self._file.read(CHUNK)
        except OSError as error:
            self._damage.note(f"it cannot be read beyond byte {self._read:,}: {error.strerror or error}")
            return b""
        self._read += len(data)
        return data

    def push_back(self, data: bytes) -> None:
        self._back = data + self._back

    def peek(self, size: int) -> bytes:
        head = b""
        while len(head) < size and (data := self.pull()):
            head += data
        self.push_back(head)
        return head[:size]

    # What a decompressor of fastwarc wants of a file.

    def read(self, size: int) -> bytes:
        data = self.pull()
        if len(data) > size:
            self.push_back(data[size:])
        return data[:size]

    def tell(self) -> int:
        return self.position


def _members(source: _Source, damage: Damage) -> Iterator[Segment]:
    while _find_member(source, damage):
        member = _Member(source, damage)
        yield Segment(member.pull, member.start)
        while member.pull():  # what its reader left
            pass


def _find_member(source: _Source, damage: Damage) -> bool:
    """Whether there is another member; what stands before X."""
    tail, is_noted = b"", False
    while data := source.pull():
        data = tail + data
        found = data.find(_GZIP_MAGIC)
        tail = b"" if found >= 0 else _magic_begun(data)
        junk = data[:found] if found >= 0 else data.removesuffix(tail)
        if junk.strip(b"\0") and not is_noted:
            damage.note(f"there is no gzip member at byte {source.position - len(data):,}")
            is_noted = True
        if found >= 0:
            source.push_back(data[found:])
            return True
    if tail and not is_noted:
        damage.note(f"it ends in the middle of the gzip member at byte {source.position - len(tail):,}")
    return False


def _magic_begun(data: bytes) -> bytes:
    """What at the end of a chunk may be the beginning of a gzip member."""
    return next((m for m in (_GZIP_MAGIC[:2], _GZIP_MAGIC[:1]) if data.endswith(m)), b"")


class _Member:
    """One gzip member, decompressed as it is asked for."""

    def __init__(self, source: _Source, damage: Damage) -> None:
        self.start = source.position
        self._source = source
        self._damage = damage
        self._inflate = zlib.decompressobj(_GZIP)
        self._is_over = False

    def pull(self) -> bytes:
        while not self._is_over:
            data: bytes = self._inflate.unconsumed_tail or self._source.pull()
            try:
                text: bytes = self._inflate.decompress(data, CHUNK)
            except _DAMAGED as error:
                self._end(f"the gzip member at byte {self.start:,} is damaged ({error})", data)
                return b""
            if self._inflate.eof:
                self._is_over = True
                self._source.push_back(self._inflate.unused_data)
            elif not data and not text:
                self._end(f"it ends in the middle of the gzip member at byte {self.start:,}", b"")
            if text:
                return text
        return b""

    def _end(self, what: str, rest: bytes) -> None:
        self._is_over = True
        self._damage.note(what)
        if self._source.position - len(rest) == self.start:
            rest = rest[1:]  # not the same member again
        self._source.push_back(rest)


def _unzstd(source: _Source, damage: Damage) -> Callable[[], bytes]:
    reader = ZstdReader(source)  # type: ignore[arg-type]  # read and tell are all that it asks for

    def pull() -> bytes:
        try:
            return reader.read(CHUNK)
        except OSError as error:
            damage.note(f"its compressed data is damaged or cut ({error})")
            return b""

    return pull


def next_member(file: BinaryIO, start: int) -> int | None:
    """Where the first gzip member at or after ``start`` begins that holds the beginning of a record; None where there is none.

    What looks like a member's beginning inside of another one's data is told by inflating it.
    """
    file.seek(start)
    position, data, is_all = start, b"", False
    while True:
        found = data.find(_GZIP_MAGIC)
        if found >= 0 and (is_all or len(data) - found >= _MEMBER_HEAD):
            if _begins_record(data[found:]):
                return position + found
            position, data = position + found + 1, data[found + 1 :]
        elif is_all:
            return None
        else:
            passed = max(0, len(data) - len(_GZIP_MAGIC) + 1) if found < 0 else found
            more = file.read(CHUNK)
            position, data, is_all = position + passed, data[passed:] + more, not more


def _begins_record(data: bytes) -> bool:
    try:
        return _VERSION_LINE.match(zlib.decompressobj(_GZIP).decompress(data, CHUNK)) is not None
    except _DAMAGED:
        return False
