"""A fault that a scenario asks for: what is done to deployment or procedure, where, and for how long."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from harness.evidence.names import PROBED_PHASES, Edge, Phase, Step
from harness.scenario.section import Section

FAULT_S_MAX = 600.0
"""Longer than any phase of a control; a fault that lasts longer is a mistake in a scenario."""

FaultSeconds = Annotated[float, Field(ge=0, le=FAULT_S_MAX)]


class FaultKind(StrEnum):
    """What is done."""

    FREEZE_ALL = "freeze_all"  # every process of every node stopped (SIGSTOP), then continued
    FREEZE_NODE = "freeze_node"
    KILL_NODE = "kill_node"  # SIGKILL; started again on the release it had
    STOP_NODE = "stop_node"  # SIGTERM, as a roll does; started again on the release it had
    BALANCER_503 = "balancer_503"  # the balancer has no server left and answers 503 itself
    RESET_CONNECTIONS = "reset_connections"  # what the balancer has under way with the nodes is cut
    FORGET_MAINTENANCE = "forget_maintenance"  # the balancer serves by a node that was put into maintenance
    CUT_DATABASE = "cut_database"  # Keystone's database connections killed, its account locked out
    READ_LOCK = "read_lock"  # FLUSH TABLES WITH READ LOCK, as a backup takes it, from a connection of its own
    OPEN_TRANSACTION = "open_transaction"  # one that has read every table is left open: a change of one waits
    DELETE_USER = "delete_user"  # an acknowledged user's row deleted behind the API's back
    ALTER_ROW = "alter_row"  # an acknowledged user's name changed in the database
    SPOIL_HASH = "spoil_hash"  # the hash of an old password damaged in the database
    STRANGER_HURT = "stranger_hurt"  # a user of nobody's logs in and is answered 5xx: its hash is too old
    FLUSH_CACHE = "flush_cache"
    FREEZE_CACHE = "freeze_cache"  # one of the shared caches stopped (SIGSTOP), then continued
    DIFFERENT_KEYS = "different_keys"  # a node is switched to Fernet keys that no other node has
    SKIP_STEP = "skip_step"  # a step of the plan is left out, without a word in the journal of steps
    CONTRACT_EARLY = "contract_early"  # contract before the roll, without asking the nodes first


LASTING = frozenset(
    {
        FaultKind.FREEZE_ALL, FaultKind.FREEZE_NODE, FaultKind.KILL_NODE, FaultKind.STOP_NODE,
        FaultKind.BALANCER_503, FaultKind.RESET_CONNECTIONS, FaultKind.CUT_DATABASE, FaultKind.FREEZE_CACHE,
        FaultKind.READ_LOCK, FaultKind.STRANGER_HURT, FaultKind.OPEN_TRANSACTION,
    }
)  # fmt: skip
"""Kinds that go on for a time and are then undone."""
OF_A_NODE = frozenset(
    {
        FaultKind.FREEZE_NODE,
        FaultKind.KILL_NODE,
        FaultKind.STOP_NODE,
        FaultKind.DIFFERENT_KEYS,
        FaultKind.FORGET_MAINTENANCE,
    }
)
"""Kinds that need to be told which node."""
OF_THE_PLAN = frozenset({FaultKind.SKIP_STEP, FaultKind.CONTRACT_EARLY})
"""Kinds that change what the driver does, not the deployment."""
OF_AN_UPGRADE = OF_THE_PLAN | {FaultKind.DIFFERENT_KEYS, FaultKind.FORGET_MAINTENANCE}
"""Kinds for which something must be upgraded."""


class FaultSettings(Section):
    """One entry of `[[faults]]`.

    When: `after_s` after the phase began, or at an edge of a step. `different_keys` is always just after its
    node's `switch`, and kinds that change the plan have no time of their own.
    """

    kind: FaultKind
    name: str = ""
    """What expectations call it; by default its kind."""
    phase: Phase | None = None
    after_s: FaultSeconds | None = None
    step: Step | None = None
    edge: Edge = Edge.END
    """Of the step: `begin` or `end`."""
    node: str | None = None
    duration_s: Annotated[float, Field(gt=0, le=FAULT_S_MAX)] | None = None
    count: Annotated[int, Field(ge=1, le=1_000)] = 1
    every_s: FaultSeconds = 0.0
    """Between the beginnings of repeats."""
    align: bool = False
    """Begin just before the next probe is due: a fault shorter than the probes' interval is seen only by a
    probe that falls into it."""

    @property
    def called(self) -> str:
        """Its name, or its kind where it has none."""
        return self.name or self.kind

    @model_validator(mode="after")
    def _check(self) -> FaultSettings:
        for objection in (_objection_to_what(self), _objection_to_when(self), _objection_to_repeats(self)):
            if objection:
                raise ValueError(f"{self.called} {objection}")
        return self


def _objection_to_what(fault: FaultSettings) -> str | None:
    if fault.kind in LASTING and fault.duration_s is None:
        return "needs duration_s"
    if fault.kind not in LASTING and fault.duration_s is not None:
        return "happens in an instant; leave duration_s out"
    if fault.kind in OF_A_NODE and fault.node is None:
        return "needs node, such as node-1"
    if fault.kind is FaultKind.SKIP_STEP and (fault.phase is None or fault.step is None):
        return "needs phase and step: which step is left out"
    return None


def _objection_to_when(fault: FaultSettings) -> str | None:
    if fault.phase is not None and fault.phase not in PROBED_PHASES:
        return f"can not be in phase {fault.phase}: no probes run in it"
    if fault.kind in OF_THE_PLAN or fault.kind is FaultKind.DIFFERENT_KEYS:
        timed = fault.after_s is not None or fault.align or fault.count > 1
        return "has no time of its own; leave after_s, align and count out" if timed else None
    if fault.phase is None:
        return "needs phase: in which it happens"
    if (fault.after_s is None) == (fault.step is None):
        return "needs one of after_s (since the phase began) and step"
    if fault.step is not None and fault.edge not in (Edge.BEGIN, Edge.END):
        return f"can not be at the edge {fault.edge} of a step; expected begin or end"
    return None


def _objection_to_repeats(fault: FaultSettings) -> str | None:
    if fault.count > 1 and fault.every_s <= (fault.duration_s or 0.0):
        return "repeats before it is over; make every_s longer than duration_s"
    return None
