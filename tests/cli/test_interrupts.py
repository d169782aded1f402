from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from ingest.cli.interrupts import comes_from_interrupt, deferred_interrupts


@pytest.fixture(autouse=True)
def python_handles_interrupts() -> Iterator[None]:
    """Whatever started the tests."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, previous)


def interrupt() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_an_interrupt_waits_for_the_check() -> None:
    reached = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupts() as check:
        check()
        interrupt()
        reached = True
        check()
    assert reached
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_second_interrupt_does_not_wait() -> None:
    after = False
    with pytest.raises(KeyboardInterrupt), deferred_interrupts():
        interrupt()
        interrupt()
        after = True
    assert not after


def test_ignored_interrupts_stay_ignored() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with deferred_interrupts() as check:
        interrupt()
        interrupt()
        check()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_an_error_that_an_interrupt_led_to_is_known_for_it() -> None:
    try:
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt:
            raise ValueError from None
    except ValueError as error:
        assert comes_from_interrupt(error)
    assert not comes_from_interrupt(ValueError())
