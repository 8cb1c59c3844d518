"""Who is being answered at one time: a bounded number, each for a bounded time."""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Condition

READERS_MAX = 64
"""A page asks one thing at a time, and who is answered leaves: only who dawdles is still here."""
ANSWER_DEADLINE_S = 15.0
"""A reader who drips or does not read is hung up on, also where nobody else wants the place."""
_LEAVE_S_MAX = 1.0
"""For a thread of somebody who was hung up on to end, where as many as may be here are leaving already."""


@dataclass(slots=True)
class _Reader:
    connection: socket.socket
    since_s: float
    known: bool = False
    """Whether he has shown the token."""


class Readers:
    """The connections under way, `most` of them and as many that are leaving; safe for several threads.

    A newcomer finds room: the one that has been here longest makes it, of those that have not shown the token
    before any that has. So nobody who does not know the address can keep out who does.
    """

    def __init__(self, most: int = READERS_MAX, monotonic_s: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._monotonic_s = monotonic_s
        self._changed = Condition()
        self._here: dict[socket.socket, _Reader] = {}
        """In the order in which they came."""
        self._leaving: set[socket.socket] = set()
        """Hung up on for a newcomer; on a busy machine their threads take their time to end."""

    def admit(self, connection: socket.socket) -> bool:
        """Take a connection in; False where nobody could be made to leave."""
        with self._changed:
            if len(self._here) >= self._most:
                self._hang_up_on_one()
            if not self._changed.wait_for(lambda: len(self._leaving) < self._most, _LEAVE_S_MAX):
                return False
            self._here[connection] = _Reader(connection, self._monotonic_s())
            return True

    def _hang_up_on_one(self) -> None:
        one = min(self._here.values(), key=lambda reader: (reader.known, reader.since_s))
        _hang_up(self._here.pop(one.connection))
        self._leaving.add(one.connection)

    def recognise(self, connection: socket.socket) -> None:
        """Note that a reader has shown the token."""
        with self._changed:
            if reader := self._here.get(connection):
                reader.known = True

    def leave(self, connection: socket.socket) -> None:
        """Give the place of a connection back; one that has left already is no matter."""
        with self._changed:
            self._here.pop(connection, None)
            self._leaving.discard(connection)
            self._changed.notify_all()

    def hang_up_on_late(self) -> None:
        """End every connection that has lasted for longer than an answer may take."""
        with self._changed:
            for reader in self._here.values():
                if self._monotonic_s() - reader.since_s > ANSWER_DEADLINE_S:
                    _hang_up(reader)


def _hang_up(reader: _Reader) -> None:
    """Whatever its thread reads or writes ends now; the thread itself closes the connection."""
    with contextlib.suppress(OSError):
        reader.connection.shutdown(socket.SHUT_RDWR)
