"""The scenario in `run.json`: what its readers rely on; other keys may come and go."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class _Probe(_Table):
    op: str | None = None
    connections: list[str] = []


class _Load(_Table):
    users: Annotated[int, Field(ge=0)] = 0
    client_users: Annotated[int, Field(ge=0)] = 0
    pace_s: Annotated[float, Field(gt=0, le=86_400, allow_inf_nan=False)] = 1.0


class _Roll(_Table):
    drained: bool = True


class _Procedure(_Table):
    upgrade: bool = True


class StoredScenario(_Table):
    """Types of the tables and values that judging and reporting read; nothing else is looked at."""

    probes: list[_Probe] = []
    load: _Load = _Load()
    roll: _Roll = _Roll()
    procedure: _Procedure = _Procedure()
    deployment: dict[str, Any] = {}
    balancer: dict[str, Any] = {}
    integrity: dict[str, Any] = {}
    continuity: dict[str, Any] = {}
    impact: dict[str, Any] = {}
    judge: dict[str, Any] = {}
    gate: dict[str, Any] = {}
