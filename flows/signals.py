"""Every signal that asks for the end ends us as Ctrl-C does."""

from __future__ import annotations

import signal


def end_by_signals() -> None:
    """A service manager's SIGTERM, and a terminal that is closed; after nohup, that one does not."""
    signal.signal(signal.SIGTERM, interrupt)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_DFL:
        signal.signal(signal.SIGHUP, interrupt)


def interrupt(*_of_signal: object) -> None:
    """What Ctrl-C does, also where a script started us in the background, so that we hear none."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        raise KeyboardInterrupt
    signal.raise_signal(signal.SIGINT)
