"""Keystone cut off its database: its connections killed, its account locked."""

from __future__ import annotations

from collections.abc import Mapping

from harness.deployment.local import mariadb
from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.injection import Repeated
from harness.deployment.local.ports import LOOPBACK
from harness.evidence.clock import now_ns

_KILL_PAUSE_S = 0.02
_ACCOUNT = f"'{mariadb.ACCOUNT}'@'{LOOPBACK}'"


class CutDatabase:
    """Locks Keystone's account and kills its connections, those that come up meanwhile too; then unlocks.

    Killing alone is healed in silence: SQLAlchemy's pool notices a dead connection and opens another.
    """

    def __init__(self, database: LocalDatabase) -> None:
        self._database = database
        self._begun = False
        self._repeated = Repeated(self._kill, _KILL_PAUSE_S)
        self.detail: Mapping[str, object] = {"account": mariadb.ACCOUNT}

    def begin(self) -> int:
        """Lock, then kill; when the connections had been killed for the first time."""
        self._begun = True
        self._database.ask(f"ALTER USER {_ACCOUNT} ACCOUNT LOCK")
        self._repeated.start()
        return now_ns()

    def end(self) -> int:
        """Unlock; when that was done. Unlocks also where the killing failed."""
        try:
            self._repeated.stop()
        finally:
            if self._begun:
                self._database.ask(f"ALTER USER {_ACCOUNT} ACCOUNT UNLOCK")
                self._begun = False
        return now_ns()

    def _kill(self) -> None:
        self._database.ask(f"KILL CONNECTION USER {_ACCOUNT}")
