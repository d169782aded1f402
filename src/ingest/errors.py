"""Every error that the package raises on purpose.

    IngestError                    a sentence for a person; the command line prints it and exits 2
    ├── UsageError                 the caller asked for something that makes no sense
    ├── SettingError               an environment variable holds a value that cannot be used
    ├── RuleError                  a site's rule file holds a mistake
    ├── DatabaseError
    │   ├── DatabaseUnreachable    no server answers
    │   ├── DatabaseTooOld         the server is older than PostgreSQL 15
    │   ├── SchemaBehind           the schema wants `ingest db upgrade`
    │   └── SchemaAhead            a newer release of this package has migrated the schema
    └── PageError                  one page cannot be used: it becomes a row of ops.rejection and the run goes on

A `PageError` carries its stage and a stable reason code; both land in ``ops.rejection``.
"""

from __future__ import annotations

from ingest.model import Rejection, Stage


class IngestError(Exception):
    """Base of all deliberate errors; ``str(error)`` is a sentence that says what to do."""


class UsageError(IngestError):
    """The caller asked for something that makes no sense."""


class SettingError(IngestError):
    """An environment variable holds a value that cannot be used."""


class RuleError(IngestError):
    """A site's rule file holds a mistake, or cannot be read."""


class DatabaseError(IngestError):
    """The database cannot be used as it is."""


class DatabaseUnreachable(DatabaseError):
    """No server answers at the configured address."""


class DatabaseTooOld(DatabaseError):
    """The server is older than PostgreSQL 15."""


class SchemaBehind(DatabaseError):
    """The schema is at an older revision than the code."""


class SchemaAhead(DatabaseError):
    """The schema is at a newer revision than the code."""


class PageError(IngestError):
    """One page cannot be used; ``reason`` is a stable code, the message a sentence for a person."""

    def __init__(self, stage: Stage, reason: str, message: str) -> None:
        super().__init__(message)
        self.stage = stage
        self.reason = reason

    def rejection(self) -> Rejection:
        """The value that travels on in place of an article."""
        return Rejection(self.stage, self.reason, str(self))
