"""Looks after the deployment's servers while the run goes on: one that ends by itself ends the run."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Sequence
from typing import Self

from harness.deployment.protocols import Death
from harness.errors import HarnessError, ServerDiedError
from harness.evidence.clock import now_ns
from harness.evidence.death import ServerDied
from harness.procedure.stage import Stage

INTERVAL_S = 0.25
"""Failures of this long before a death is seen are not charged either, and a look takes a millisecond."""


class ServerWatch:
    """A thread of its own, and the driver at each edge: whoever sees a death first journals it."""

    def __init__(self, deaths: Callable[[], Sequence[Death]], nodes: Collection[str], stage: Stage) -> None:
        """`deaths` tells all there were so far, in the order in which it saw them."""
        self._deaths = deaths
        self._nodes = nodes
        self._stage = stage
        self._lock = threading.Lock()
        self._alive_ns = now_ns()
        self._seen = 0
        self._died: ServerDied | None = None
        self._noted = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="servers", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(timeout=10.0)

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            ServerDiedError: one has ended, which Keystone can not have done.
        """
        self._look()
        if self._died is not None:
            raise ServerDiedError(_sentence(self._died))

    def cause(self, error: HarnessError) -> HarnessError:
        """What ended the run: a server that ended by itself, or where there is none the error itself."""
        try:
            self.check_alive()
        except ServerDiedError as died:
            return died
        return error

    def _run(self) -> None:
        while not self._stop.wait(INTERVAL_S):
            try:
                self._look()
            except Exception as error:  # noqa: BLE001 - a thread that dies in silence takes its evidence with it
                if not self._noted:
                    self._noted = True
                    self._stage.note(f"the servers can not be looked after: {type(error).__name__}: {error}")

    def _look(self) -> None:
        with self._lock:
            looked_ns = now_ns()
            for death in self._deaths()[self._seen :]:
                self._seen += 1
                self._take_down(death)
            self._alive_ns = looked_ns

    def _take_down(self, death: Death) -> None:
        died = ServerDied(
            server=death.server,
            signal=death.signal,
            exit_code=death.exit_code,
            worker=death.is_worker or None,
            alive_ns=self._alive_ns,
            dead_ns=now_ns(),
        )
        if self._died is None and died.is_of_the_machine(self._nodes):
            self._died = died
        self._stage.note(f"{died.words}, and nobody of this run ended it", died)


def _sentence(died: ServerDied) -> str:
    return (
        f"{died.words}, and nobody of this run ended it: the machine did, not Keystone, so the run was "
        f"stopped there (see logs/{died.server}.log)"
    )
