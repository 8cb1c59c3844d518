from __future__ import annotations

import os
import signal

import pytest

from harness.signals import ENDING, terminable, uninterrupted


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
