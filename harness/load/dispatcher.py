"""Sends each arrival of a schedule when it is due, in a greenlet of its own, whatever the server does."""

from __future__ import annotations

from collections.abc import Callable

import gevent
from gevent.event import Event

from harness.evidence.clock import now_ns
from harness.load.schedule import Schedule

_NAP_S_MAX = 0.05
"""The dispatcher looks up at least this often, so that a stop is seen soon even at one request a minute."""
_BURST = 32
"""Arrivals handed out before the greenlets get their turn: after a pause many are due at the same time."""


class Dispatcher:
    """An open model: arrivals do not wait for answers, and an arrival slept through is sent at once.

    `send(lane, due_ns)` runs in its own greenlet. Where `in_flight_max` requests are under way already,
    `refuse(lane, due_ns)` is called instead, in the dispatcher's greenlet.
    """

    def __init__(
        self,
        schedule: Schedule,
        send: Callable[[int, int], None],
        refuse: Callable[[int, int], None],
        in_flight_max: int,
    ) -> None:
        self._schedule = schedule
        self._send = send
        self._refuse = refuse
        self._in_flight_max = in_flight_max
        self._in_flight = 0
        self._stop_ns: int | None = None
        self.stopped = Event()
        """Set once `run` has sent all that was due before the stop."""

    def run(self) -> None:
        """Dispatch until `stop`; arrivals that were due before the stop are still sent."""
        while self._stop_ns is None:
            self._dispatch_due(now_ns())
            nap_s = (self._schedule.next_due_ns - now_ns()) / 1e9
            gevent.sleep(min(max(nap_s, 0.0), _NAP_S_MAX))
        self._dispatch_due(self._stop_ns)
        self.stopped.set()

    def stop(self) -> None:
        """Let `run` return soon; nothing due after this instant is sent."""
        if self._stop_ns is None:
            self._stop_ns = now_ns()

    def drain(self, deadline_s: float) -> int:
        """Wait until nothing is under way; returns how many requests still were after `deadline_s`."""
        until_ns = now_ns() + round(deadline_s * 1e9)
        while self._in_flight and now_ns() < until_ns:
            gevent.sleep(0.01)
        return self._in_flight

    def _dispatch_due(self, until_ns: int) -> None:
        handed_out = 0
        while self._schedule.next_due_ns <= until_ns:
            lane, due_ns = self._schedule.pop()
            if self._in_flight >= self._in_flight_max:
                self._refuse(lane, due_ns)
            else:
                self._in_flight += 1
                gevent.spawn_raw(self._carry, lane, due_ns)
            handed_out += 1
            if handed_out % _BURST == 0:
                gevent.sleep(0)

    def _carry(self, lane: int, due_ns: int) -> None:
        try:
            self._send(lane, due_ns)
        finally:
            self._in_flight -= 1
