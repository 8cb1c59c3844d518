"""The scenario in `run.json`: what its readers rely on; other keys may come and go.

Each key has one default, which is what holds for runs that were made before the key existed.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

_Count = Annotated[int, Field(ge=0)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class StoredProbe(_Table):
    """An operation that was to be probed, in a lane for each kind of connection."""

    op: str | None = None
    connections: list[str] = []
    rate_hz: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """None: whatever the probes' own file says."""
    deadline_s: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """Likewise."""


class StoredLoad(_Table):
    """Users beside the probes."""

    users: _Count | None = None
    """None, as 0: there was to be none."""
    client_users: _Count | None = None
    """Likewise, of those through the client library."""
    pace_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 1.0


class StoredRoll(_Table):
    """How nodes were to be taken to the new release."""

    drained: bool = True


class StoredProcedure(_Table):
    """What was to be done."""

    upgrade: bool = True
    """False: nothing was to be upgraded, as a null control."""


class StoredDeployment(_Table):
    """What was upgraded."""

    password_hash_rounds: int | None = None
    """None where it is not known."""


class StoredIntegrity(_Table):
    """Reading back what was acknowledged."""

    enabled: bool = False
    logins_sample: _Count = 0


class StoredContinuity(_Table):
    """Checking that what one release made, the other honours."""

    enabled: bool = False
    refuse_within_s: Annotated[float, Field(allow_inf_nan=False)] | None = None
    """None: there was no bound."""
    old_data: bool = False
    """Whether old data was to be made and looked at."""


class StoredScenario(_Table):
    """The tables and values that judging, reporting and comparing read; nothing else is looked at."""

    name: str = "unnamed"
    description: str = ""
    probes: list[StoredProbe] = []
    load: StoredLoad = StoredLoad()
    roll: StoredRoll = StoredRoll()
    procedure: StoredProcedure = StoredProcedure()
    deployment: StoredDeployment = StoredDeployment()
    integrity: StoredIntegrity = StoredIntegrity()
    continuity: StoredContinuity = StoredContinuity()
    balancer: dict[str, Any] = {}
    impact: dict[str, Any] | None = None
    """Bounds that the judge checks itself, as the next two; None: the question could not be asked yet."""
    judge: dict[str, Any] = {}
    gate: dict[str, Any] = {}
    faults: list[Any] = []
    """Injected on purpose; only whether there is one is read."""

    @property
    def database_is_watched(self) -> bool:
        """Whether waits for locks in the database were to be sampled."""
        return self.judge.get("lock_wait_s_max") is not None
