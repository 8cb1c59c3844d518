"""What a load child is told to do: one JSON line on its standard input, so that no secret touches a disk."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from harness.evidence.clock import Clock
from harness.evidence.names import RENEWALS, Connection, Operation, Role
from harness.evidence.records import Lane
from harness.keystone.endpoint import Endpoint
from harness.scenario import Scenario

RENEW_S_DEFAULT = 900.0
"""A quarter of Keystone's default token lifetime: the old one stays good while renewals fail."""
READY_DEADLINE_S = 90.0
"""For a generator to issue its first tokens, and for its users to begin; 5 s is usual, imports included."""


@dataclass(frozen=True, slots=True)
class Account:
    """A Keystone user the load logs in as, with a role in one project."""

    username: str
    password: str = field(repr=False)
    user_id: str
    user_domain: str
    project: str
    project_domain: str
    project_id: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Everyone the load knows."""

    operator: Account
    """Has the admin role: its token creates and deletes users, validates tokens and lists projects."""
    probes: tuple[Account, ...]
    """Whose tokens the probes issue and validate; the first is the user that `user_get` reads."""
    users: tuple[Account, ...]
    """One per Locust user of the load."""
    clients: tuple[Account, ...]
    """One per user that goes through keystoneauth1; these have the admin role themselves."""


class ChildSpec(BaseModel):
    """The whole task of one child; holds passwords, so it is never logged nor stored."""

    # A validation error must not quote the input: it holds passwords.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    job: Literal["probes", "load"]
    base_url: str
    """Of the balancer, `http://127.0.0.1:<port>`, without `/v3`."""
    reference_url: str | None = None
    """Of the known-good target beside the balancer, likewise; None where there is none."""
    evidence: Path
    """Request file to write; it must not exist."""
    ledger: Path | None = None
    """Where writes are noted for the read-back, a JSON line before each and one after; None: nowhere."""
    ledger_secret: str = Field(default="", repr=False)
    """From which the passwords of users made by the load are derived; see `evidence.ledger`."""
    clock: Clock
    seed: int
    accounts: Accounts = Field(repr=False)
    lanes: tuple[Lane, ...] = ()
    """Probes: open-model lanes, each with a rate."""
    users_file: Path | None = None
    """Load: the Locust file."""
    users: int = Field(default=0, ge=0)
    client_users: int = Field(default=0, ge=0)
    pace_s: float = Field(default=1.0, gt=0)
    deadline_s: float = Field(default=10.0, gt=0)
    """Load: total time of one request."""
    token_renew_s: float = Field(default=RENEW_S_DEFAULT, gt=0)
    """A token older than this, or than half its lifetime, is renewed."""
    warm_up_deadline_s: float = Field(default=60.0, gt=0)
    in_flight_max: int = Field(default=0, ge=0)
    """Bound of the greenlet pool of the probes; 0: `pool_size(lanes)`."""

    @field_validator("base_url", "reference_url")
    @classmethod
    def _loopback_only(cls, url: str | None) -> str | None:
        return None if url is None else Endpoint.loopback(url).url

    @property
    def endpoint(self) -> Endpoint:
        """Where the load goes."""
        return Endpoint.loopback(self.base_url)

    @property
    def reference_endpoint(self) -> Endpoint | None:
        """Where the known-good target is."""
        return None if self.reference_url is None else Endpoint.loopback(self.reference_url)


def user_prefix(seed: int) -> str:
    """How the names of all users made for a run with this seed begin."""
    return f"kuh-{seed}-"


IN_FLIGHT_MAX = 8192
"""More greenlets than this starve each other on one core long before memory or descriptors run out."""


def pool_size(lanes: tuple[Lane, ...]) -> int:
    """Requests that can be under way when a server hangs for a whole deadline, with some spare; bounded."""
    hanging = sum((lane.rate_hz or 0) * lane.deadline_s for lane in lanes)
    return min(int(hanging * 1.2) + 16, IN_FLIGHT_MAX)


def probe_lanes(scenario: Scenario) -> tuple[Lane, ...]:
    """One open-model lane per probed operation and kind of connection, e.g. `token_issue/new`."""
    return tuple(
        Lane(f"{probe.op}/{connection}", probe.op, connection, probe.rate_hz, probe.deadline_s, Role.PROBE)
        for probe in scenario.probes
        for connection in probe.connections
    )


def reference_lanes(scenario: Scenario) -> tuple[Lane, ...]:
    """The lanes of the known-good target: each kind of connection, as dense as the densest probe."""
    densest = max(scenario.probes, key=lambda probe: probe.rate_hz)
    op, role = Operation.PING, Role.REFERENCE
    return tuple(
        Lane(f"{role}/{op}/{connection}", op, connection, densest.rate_hz, densest.deadline_s, role)
        for connection in Connection
    )


def load_lanes(deadline_s: float) -> tuple[Lane, ...]:
    """The closed-model lanes of the load: each operation, by users and by real clients."""
    return tuple(
        Lane(f"{role}/{op}/{Connection.REUSED}", op, Connection.REUSED, None, deadline_s, role)
        for role in (Role.LOAD, Role.CLIENT)
        for op in Operation
        if op is not Operation.PING
    )


def renewal_lane(job: str, deadline_s: float) -> Lane:
    """The lane of the token renewals that a child makes for itself; a login like any other, so it counts."""
    op = Operation.TOKEN_ISSUE
    return Lane(f"{RENEWALS}{job}/{op}/{Connection.NEW}", op, Connection.NEW, None, deadline_s, Role.LOAD)


def probes_spec(
    scenario: Scenario,
    url: str,
    accounts: Accounts,
    evidence: Path,
    clock: Clock,
    ledger: Path | None = None,
    reference_url: str | None = None,
) -> ChildSpec:
    """The probes' task for `scenario`; with a `reference_url` that target is probed as well.

    Raises:
        ValueError: `url` is not on loopback.
    """
    return ChildSpec(
        job="probes",
        base_url=url,
        reference_url=reference_url,
        evidence=evidence,
        ledger=ledger,
        clock=clock,
        seed=scenario.seed,
        accounts=accounts,
        lanes=(*probe_lanes(scenario), *(reference_lanes(scenario) if reference_url else ())),
    )


def load_spec(
    scenario: Scenario,
    users_file: Path,
    url: str,
    accounts: Accounts,
    evidence: Path,
    clock: Clock,
    ledger: Path | None = None,
    ledger_secret: str = "",
) -> ChildSpec:
    """The load's task for `scenario`; `users_file` is `scenario.load.users_file`, resolved.

    Raises:
        ValueError: `url` is not on loopback.
    """
    load = scenario.load
    return ChildSpec(
        job="load",
        base_url=url,
        evidence=evidence,
        ledger=ledger,
        ledger_secret=ledger_secret,
        clock=clock,
        seed=scenario.seed,
        accounts=accounts,
        users_file=users_file,
        users=load.users,
        client_users=load.client_users,
        pace_s=load.pace_s,
        deadline_s=load.deadline_s,
    )
