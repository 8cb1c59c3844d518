"""Turns are given out at a rate, and who is alone waits for none."""

from __future__ import annotations

import threading
import time

from harness.procedure.continuity.pace import Pace


def test_who_is_alone_waits_for_no_turn_and_takes_some_from_the_others() -> None:
    pace = Pace(rate_hz=0.001)  # the second turn is due in a quarter of an hour

    with pace.alone():
        for _ in range(3):
            with pace.turn():
                pass

    assert pace._take() > time.monotonic() + 2_000


def test_one_at_a_time_is_alone() -> None:
    pace, inside, most = Pace(10_000, 6), [0], [0]

    def work() -> None:
        for _ in range(50):
            with pace.alone():
                inside[0] += 1
                most[0] = max(most[0], inside[0])
                inside[0] -= 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert most == [1]


def test_the_next_to_be_alone_waits_for_the_turns_that_the_last_one_took() -> None:
    pace = Pace(rate_hz=20.0)
    with pace.alone(), pace.turn():
        due_s = pace._next_s

    with pace.alone():
        assert time.monotonic() >= due_s


def test_who_is_alone_no_more_waits_for_a_turn_again() -> None:
    pace = Pace()
    with pace.alone():
        pass

    assert not pace._hurry.is_on
