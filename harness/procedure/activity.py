"""Looks at what waits in the database while the run goes on: often where the database is changed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict
from typing import Self

from harness.deployment.abilities import Activity
from harness.evidence.clock import now_ns
from harness.evidence.jsonl import JsonLinesWriter
from harness.evidence.names import DATABASE_PHASES, Edge
from harness.procedure.stage import Stage

INTERVAL_S = 1.0
INTERVAL_DATABASE_S = 0.25
"""In phases that change the database: a look takes 1 ms, and a wait of a second is to be seen four times."""
_BOUND_PARTS = 4
"""Looks within the shortest wait that matters."""
_INTERVAL_S_MIN = 0.05

Watch = Callable[[], AbstractContextManager[Callable[[], Activity]]]


class ActivitySampler:
    """A thread of its own; what cannot be seen is noted once, tried again, and missing from the evidence."""

    def __init__(self, watch: Watch, samples: JsonLinesWriter, stage: Stage, lock_wait_s_max: float) -> None:
        """`samples` may be written by others at the same time: each line goes out in one piece."""
        self._watch = watch
        self._samples = samples
        self._stage = stage
        self._database_s = max(_INTERVAL_S_MIN, min(INTERVAL_DATABASE_S, lock_wait_s_max / _BOUND_PARTS))
        self._noted = False
        self._stopping = False
        self._wake = threading.Event()
        self._thread = threading.Thread(target=self._run, name="activity", daemon=True)

    def __enter__(self) -> Self:
        self._stage.on_edge.append(self._on_edge)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stage.on_edge.remove(self._on_edge)
        self._stopping = True
        self._wake.set()
        self._thread.join(timeout=10 * INTERVAL_S)

    def _on_edge(self, _phase: str, step: str | None, _edge: Edge) -> None:
        """A phase begins or ends: look now, and then as often as it asks for."""
        if step is None:
            self._wake.set()

    def _run(self) -> None:
        while not self._stopping:
            try:
                with self._watch() as look:
                    self._look_on(look)
            except Exception as error:  # noqa: BLE001 - a thread that dies in silence takes its evidence with it
                if not self._noted:
                    self._noted = True
                    self._stage.note(f"what waits in the database cannot be seen: {error}")
                self._pause()

    def _look_on(self, look: Callable[[], Activity]) -> None:
        while not self._stopping:
            self._append(look())
            self._pause()

    def _pause(self) -> None:
        often = self._stage.phase_now in DATABASE_PHASES
        self._wake.wait(self._database_s if often else INTERVAL_S)
        self._wake.clear()

    def _append(self, activity: Activity) -> None:
        self._samples.append(
            {
                "mono_ns": now_ns(),
                "kind": "activity",
                "phase": self._stage.phase_now,
                "step": self._stage.step_now,
                "waiting": [
                    {
                        "thread": each.thread,
                        "account": each.account,
                        "seconds": round(each.waited_s, 3),
                        "state": each.state,
                        "statement": each.statement,
                        "program": each.program,
                        "holders": [asdict(holder) for holder in each.holders],
                    }
                    for each in activity.waiting
                ],
                "transactions": activity.transactions,
                "oldest_transaction_s": round(activity.oldest_transaction_s, 3),
            }
        )
