"""Stops the embedded server when its last user is gone, also after a `kill -9`. Run as a script: standard library only.

Users hold a shared lock on ``users.lock``; the kernel releases it however they end. This process waits for an exclusive
one: obtained means that nobody is left, and held while the server stops, it makes new users wait until it has stopped.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from pathlib import Path

_STOP_SECONDS = 20  # a fast shutdown writes a checkpoint: 1 s on a laptop, more on a slow disk


def stop_server(command: list[str]) -> None:
    """Run ``pg_ctl stop`` (given without its mode): fast, then, where that takes too long, immediate. Commits are safe in both."""
    for mode in ("fast", "immediate"):
        stop = [*command, "-m", mode, "-w", "-t", str(_STOP_SECONDS)]
        done = subprocess.run(stop, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)  # noqa: S603  # ours
        if done.returncode == 0:
            return


def watch(base: Path, command: list[str]) -> None:
    """Take the watcher's lock, say so on standard output, wait for the last user, stop the server."""
    own = os.open(base / "watcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(own, fcntl.LOCK_EX)
    os.write(1, b"ready\n")
    silent = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(silent, fd)
    users = os.open(base / "users.lock", os.O_RDWR | os.O_CREAT, 0o600)
    fcntl.flock(users, fcntl.LOCK_EX)
    if not (base / "keep").exists():
        stop_server(command)
    os.close(own)  # first: whoever gets the users' lock next must find this watcher gone
    os.close(users)


if __name__ == "__main__":
    watch(Path(sys.argv[1]), json.loads(sys.argv[2]))
