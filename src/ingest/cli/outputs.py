"""Where commands write: a file that appears when it is whole, a pipe or device as it is, or standard output."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from ingest.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def output(name: str) -> Iterator[BinaryIO]:
    """What ``--out`` names, open for writing; ``-`` is standard output.

    A file takes its place when the block has come to its end, and only then; of a link, the file that it leads to. What is there and
    no regular file, such as a pipe, is written to directly.

    Raises:
        UsageError: it cannot be written, or no more.
        typer.Exit: nobody reads it any more, and that is no fault.
    """
    if name == "-":
        with standard_output():
            yield sys.stdout.buffer
        return
    path = Path(name)
    with _faults_of(name), path.open("wb") if _is_special(path) else _whole_file(Path(os.path.realpath(path))) as file:
        yield file


@contextmanager
def standard_output() -> Iterator[None]:
    """A block that prints, and ends the command quietly once nobody reads any more: `head` has seen enough.

    Raises:
        UsageError: it cannot be written, or no more.
        typer.Exit: nobody reads it any more. Left to itself, Typer ends with 1, as where every target failed.
    """
    with _faults_of("Standard output"):
        try:
            yield
            sys.stdout.flush()
        except OSError:
            # What is in the buffer goes nowhere; else it would fail again when the process ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise


@contextmanager
def _faults_of(name: str) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise typer.Exit from None
    except OSError as error:
        where = "name a file in a folder that you may write to, on a disk with room for it"
        raise UsageError(f"{name} cannot be written ({error.strerror or error}): {where}.") from None


def _is_special(path: Path) -> bool:
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except FileNotFoundError:
        return False


@contextmanager
def _whole_file(path: Path) -> Iterator[BinaryIO]:
    # A name that nothing else has, and in the same folder: only there can it take the file's place at once.
    part = path.with_name(f"{path.name[:40]}.{os.urandom(4).hex()}.part")
    with part.open("xb") as file:
        try:
            yield file
            file.close()
            if path.exists():
                shutil.copymode(path, part)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
