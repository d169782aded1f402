"""What a fault of the database means to the person who runs a command."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import psycopg
from psycopg import errors
from sqlalchemy.exc import DBAPIError

from ingest.errors import DatabaseUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator

_CANNOT_WRITE = re.compile("could not (?:extend|write)")  # a limit on the size of files has no SQLSTATE of its own
_FULL = ("53", "58")  # SQLSTATE classes: insufficient resources, system error


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """Raise what the loss of a connection raises in the block, wherever it shows first, as one error with one sentence.

    Raises:
        DatabaseUnreachable: the connection was lost, or the server cannot go on.
    """
    try:
        yield
    except (psycopg.Error, DBAPIError) as error:
        if (sentence := _loss(error)) is None:
            raise
        raise DatabaseUnreachable(sentence) from error


def sentence_of(error: BaseException) -> str | None:
    """What happened, and what to do, where an error comes from the database and not from what was asked of it; else None."""
    for seen in _chain(error):
        if isinstance(seen, errors.InsufficientPrivilege):
            owner = "let INGEST_DATABASE_URL connect as the owner of the schemas news and ops"
            return f"The database refuses this to its user ({_cause(seen)}): {owner}."
    return _loss(error)


def _loss(error: BaseException) -> str | None:
    """The same, where a connection was lost or a server cannot go on: what may work when it is done again."""
    for seen in _chain(error):
        if isinstance(seen, (psycopg.OperationalError, psycopg.InterfaceError)) and not isinstance(seen, errors.ProgramLimitExceeded):
            return _sentence(seen)
        if isinstance(seen, errors.InternalError_) and _CANNOT_WRITE.match(str(seen)):
            return _sentence(seen)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: BaseException | None = error
    while seen is not None:
        yield seen
        seen = seen.__cause__ or seen.__context__


def _cause(error: psycopg.Error) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _sentence(error: psycopg.Error) -> str:
    cause = _cause(error)
    if (error.sqlstate or "").startswith(_FULL) or _CANNOT_WRITE.match(cause):
        return f"The database cannot write ({cause}): see that its disk has room, then run the same command again."
    return f"The database connection was lost ({cause}): run the same command again."
