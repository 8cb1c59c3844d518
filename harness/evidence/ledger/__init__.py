"""The ledger: every write that was asked of Keystone, how it ended, and what was found of it afterwards.

Generators note a write in `ledger/<generator>.jsonl` before they send it (`invoked`) and again when it has
ended (`completed`), as Jepsen's histories do: what a killed generator leaves open may have happened, and is
`unknown`. The read-back adds `ledger.jsonl`: per stage a line `begin`, one line per entity with its writes
and what each view showed of it, and a line `end`. Passwords never stand here, only their version: see
`derived_password`.
"""

from __future__ import annotations

from harness.evidence.ledger.passwords import derived_password
from harness.evidence.ledger.read_back_log import ReadBackLog
from harness.evidence.ledger.sightings import (
    BALANCER,
    COMPARED,
    ById,
    EntityRead,
    Found,
    Login,
    ReadBack,
    Sighting,
    Stage,
)
from harness.evidence.ledger.whole import Ledger, read_ledger, read_writes
from harness.evidence.ledger.write_log import WriteLog, noted_writes
from harness.evidence.ledger.writes import KIND_OF, PASSWORD, Change, Kind, Value, Write

__all__ = [
    "BALANCER",
    "COMPARED",
    "KIND_OF",
    "PASSWORD",
    "ById",
    "Change",
    "EntityRead",
    "Found",
    "Kind",
    "Ledger",
    "Login",
    "ReadBack",
    "ReadBackLog",
    "Sighting",
    "Stage",
    "Value",
    "Write",
    "WriteLog",
    "derived_password",
    "noted_writes",
    "read_ledger",
    "read_writes",
]
