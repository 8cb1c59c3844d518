"""The tables of a scenario, each with its keys, their bounds and their defaults."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator

from harness.evidence.names import Connection, Operation
from harness.scenario.section import Section

Seconds = Annotated[float, Field(ge=0, le=86_400)]
Deadline = Annotated[float, Field(gt=0, le=3_600)]
Milliseconds = Annotated[float, Field(gt=0, le=86_400_000)]
Requests = Annotated[int, Field(ge=0, le=1_000_000_000)]
"""A thousand times what a day of the fastest probes makes."""
Port = Annotated[int, Field(ge=0, le=65_535)]


class StopSignal(StrEnum):
    """How a node's server is told to end."""

    GRACEFUL = "graceful"  # uWSGI finishes the requests it has, then ends
    TERM = "term"  # as a service manager does: uWSGI ends at once
    KILL = "kill"


class Importance(StrEnum):
    """What a failing advisory tool means to the procedure."""

    ADVISORY = "advisory"
    REQUIRED = "required"


class DeploymentSettings(Section):
    """What is upgraded."""

    backend: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*$", max_length=64)] = "local"
    """Which there are, `harness.deployment.backends` says."""
    nodes: Annotated[int, Field(ge=1, le=9)] = 3
    processes: Annotated[int, Field(ge=1, le=64)] = 2
    """uWSGI worker processes per node; each must serve before the node is taken for proven."""
    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """uWSGI threads per process. Keystone 23 to 30 keeps the token of the request at hand in an attribute
    that its threads share (`AuthContextMiddleware.token`), so that more than one mixes up who asks."""
    password_hash_rounds: Annotated[int, Field(ge=4, le=31)] = 4
    """bcrypt rounds. 4 fits two cores; a production cloud has 12 or more."""
    port: Port = 0
    """Port of the balancer on loopback; 0 takes a free one."""


class BalancerSettings(Section):
    """HAProxy in front of the nodes. Health check and retry defaults are those of kolla-ansible."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    redispatch: bool = True
    check_interval_s: Annotated[float, Field(ge=0.1, le=60)] = 2.0
    rise: Annotated[int, Field(ge=1, le=20)] = 2
    fall: Annotated[int, Field(ge=1, le=20)] = 5


class ProbeSettings(Section):
    """One operation probed on a fixed schedule, in one lane per kind of connection."""

    op: Operation
    rate_hz: Annotated[float, Field(gt=0, le=5_000)]
    """Arrivals a second in each lane."""
    connections: Annotated[tuple[Connection, ...], Field(min_length=1)] = (Connection.NEW, Connection.REUSED)
    deadline_s: Deadline = 10.0

    @field_validator("connections")
    @classmethod
    def _each_once(cls, connections: tuple[Connection, ...]) -> tuple[Connection, ...]:
        if len(set(connections)) < len(connections):
            raise ValueError("one of them stands twice, and would be one lane twice; give each once")
        return connections


class LoadSettings(Section):
    """The closed-model load: Locust users with credentials of their own."""

    users_file: str = "identity.py"
    """Locust file with the users, beside the scenario."""
    users: Annotated[int, Field(ge=0, le=10_000)] = 4
    pace_s: Annotated[float, Field(gt=0, le=3_600)] = 1.0
    """Mean time between the starts of two tasks of one user; each user jitters its own."""
    client_users: Annotated[int, Field(ge=0, le=100)] = 1
    """Users that go through keystoneauth1 and python-keystoneclient: what a real client sees."""
    deadline_s: Deadline = 10.0


class RollSettings(Section):
    """How each node is taken to the new release."""

    drained: bool = True
    stop_signal: StopSignal = StopSignal.TERM
    drain_deadline_s: Deadline = 30.0
    stop_deadline_s: Deadline = 30.0
    start_deadline_s: Deadline = 60.0
    """From the start of the server until the node itself has answered the proving request."""
    wait_up_deadline_s: Deadline = 60.0
    settle_s: Seconds = 3.0
    """Load goes on for this long before the next node is touched."""


class ProcedureSettings(Section):
    """Lengths and limits of the phases round the roll."""

    upgrade: bool = True
    """False: the same load and phases with nothing upgraded, as a null control."""
    baseline_s: Seconds = 20.0
    stop_on_bad_baseline: bool = True
    """Upgrade nothing where the baseline already fails, is slow, or could not be sent; see `judge`."""
    cooldown_s: Seconds = 10.0
    phase_s_min: Seconds = 2.0
    """A probed phase that ends sooner is held open until then, so that it has probes to judge."""
    command_deadline_s: Deadline = 600.0
    """For each keystone-manage command."""
    backup: bool = True
    doctor: Importance = Importance.ADVISORY
    upgrade_check: Importance = Importance.ADVISORY


class IntegritySettings(Section):
    """Reading back what was acknowledged."""

    enabled: bool = True
    logins_sample: Annotated[int, Field(ge=0, le=10_000)] = 10
    """Users that are also logged in, through the balancer and at each node."""


class ContinuitySettings(Section):
    """Checking that what one release made, the other honours."""

    enabled: bool = True
    refuse_within_s: Deadline = 5.0
    """What was revoked, disabled or deleted at one node must be refused by every other within this."""
    old_data: bool = True
    """Make old data before the load begins, and look at it at every node before, during and after."""
    old_projects: Annotated[int, Field(ge=0, le=10_000)] = 1_010
    """How many projects old data has; lists have no more than 1,000 from 27.0.0 on. 0 leaves them out."""


class ImpactSettings(Section):
    """The test of latency against the baseline of the same run."""

    advisory: bool = True
    """Shown, and not counted in the verdict."""
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance of one false alarm or more in the whole run, after correction for the number of comparisons."""
    floor_ms: Annotated[float, Field(ge=0, le=86_400_000)] = 20.0
    """A shift of the median smaller than this is of no practical matter, however sure."""
    floor_ratio: Annotated[float, Field(ge=1, le=1_000_000)] = 1.5
    """Likewise for a ratio of the medians below this."""
    samples_min: Annotated[int, Field(ge=2, le=1_000_000_000)] = 20
    """Per lane and phase; fewer is low power, which is told and never called a pass."""


class JudgeSettings(Section):
    """Bounds of the verdict."""

    stall_budget_s: Deadline | None = None
    """Longest allowed time without a success though requests were due; None: the deadline."""
    silence_s_max: Deadline | None = None
    """Longest time in which nobody at all may be answered though requests were due; None: three intervals of
    the densest probe lane, 1 s at least."""
    lag_p99_ms_max: Milliseconds = 100.0
    """Generator lag over which the probes' times are not to be trusted."""
    lag_max_ms_max: Milliseconds = 1_000.0
    unsent_max: Requests = 0
    probes_per_phase_min: Annotated[int, Field(ge=1, le=1_000_000_000)] = 2
    """Per lane and phase; fewer is too few to say anything."""
    lock_wait_s_max: Deadline = 1.0
    """A statement that waits longer for a metadata lock in a database phase is a finding."""
    baseline_s_min: Seconds = 5.0
    baseline_p99_ms_max: Milliseconds = 1_000.0
    """A baseline slower than this means the machine has no room for the load."""
