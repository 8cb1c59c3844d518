from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Iterator

import pytest

from harness.signals import ENDING, terminable, uninterrupted


@pytest.fixture(autouse=True)
def heard() -> Iterator[None]:
    """The tests themselves may run under nohup."""
    before = {number: signal.signal(number, signal.SIG_DFL) for number in ENDING}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", ENDING)
def test_each_signal_that_ends_a_run_goes_through_its_clean_up(number: signal.Signals) -> None:
    with pytest.raises(KeyboardInterrupt), terminable():
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", ENDING)
def test_a_clean_up_is_finished_whoever_asks_again(number: signal.Signals) -> None:
    finished = False
    with terminable(), uninterrupted():
        os.kill(os.getpid(), number)
        finished = True
    assert finished


def test_what_the_signals_did_before_is_put_back() -> None:
    before = [signal.getsignal(number) for number in ENDING]
    with terminable(), uninterrupted():
        pass
    assert [signal.getsignal(number) for number in ENDING] == before


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT])
def test_a_signal_that_was_inherited_as_ignored_stays_ignored(number: signal.Signals) -> None:
    """As under nohup, or of a job that a script put into the background."""
    run = """
        import os, signal
        from harness.signals import terminable, uninterrupted
        with terminable():
            os.kill(os.getpid(), {number})
            with uninterrupted():
                os.kill(os.getpid(), {number})
            os.kill(os.getpid(), {number})
        assert signal.getsignal({number}) is signal.SIG_IGN
        print("went on")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(run).format(number=int(number))],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    )
    assert (done.stdout, done.returncode) == ("went on\n", 0), done.stderr


def test_a_service_manager_is_heard_also_where_its_signal_was_ignored() -> None:
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with pytest.raises(KeyboardInterrupt), terminable():
            os.kill(os.getpid(), signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
