"""File locks of the embedded server's users: the kernel lets go of them when a process ends, however it ends."""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Locks of this process. A forked child closes its copies, or it would keep the server up after its parent.
_held: set[int] = set()


def _forget_locks() -> None:
    for fd in _held:
        with suppress(OSError):
            os.close(fd)
    _held.clear()


os.register_at_fork(after_in_child=_forget_locks)


@contextmanager
def locked(path: Path, how: int) -> Iterator[None]:
    """Hold a lock on a file for the duration of the block; ``how`` is as for `fcntl.flock`."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # not inherited by programs that are started meanwhile
    _held.add(fd)
    try:
        fcntl.flock(fd, how)
        yield
    finally:
        if fd in _held:  # else this is a forked child, which has closed it already
            _held.discard(fd)
            os.close(fd)
