"""A scenario: what to run, read from TOML and refused with one sentence where it is wrong."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from harness.errors import UsageError
from harness.evidence.names import PROBE_OPERATIONS, Connection, Operation
from harness.scenario.expectation import Expectation, ExpectedFinding
from harness.scenario.fault import FaultKind, FaultSettings
from harness.scenario.gate import Acceptance, Budget, GateSettings, read_gate_table


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=False)


Seconds = Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
Deadline = Annotated[float, Field(gt=0, le=3_600, allow_inf_nan=False)]
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


class DeploymentSettings(_Section):
    """What is upgraded."""

    backend: Literal["local"] = "local"
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


class BalancerSettings(_Section):
    """HAProxy in front of the nodes. Health check and retry defaults are those of kolla-ansible."""

    retries: Annotated[int, Field(ge=0, le=20)] = 3
    redispatch: bool = True
    check_interval_s: Annotated[float, Field(ge=0.1, le=60)] = 2.0
    rise: Annotated[int, Field(ge=1, le=20)] = 2
    fall: Annotated[int, Field(ge=1, le=20)] = 5


class ProbeSettings(_Section):
    """One operation probed on a fixed schedule, in one lane per kind of connection."""

    op: Operation
    rate_hz: Annotated[float, Field(gt=0, le=5_000)]
    """Arrivals a second in each lane."""
    connections: Annotated[tuple[Connection, ...], Field(min_length=1)] = (Connection.NEW, Connection.REUSED)
    deadline_s: Deadline = 10.0


class LoadSettings(_Section):
    """The closed-model load: Locust users with credentials of their own."""

    users_file: str = "identity.py"
    """Locust file with the users, beside the scenario."""
    users: Annotated[int, Field(ge=0, le=10_000)] = 4
    pace_s: Annotated[float, Field(gt=0, le=3_600)] = 1.0
    """Mean time between the starts of two tasks of one user; each user jitters its own."""
    client_users: Annotated[int, Field(ge=0, le=100)] = 1
    """Users that go through keystoneauth1 and python-keystoneclient: what a real client sees."""
    deadline_s: Deadline = 10.0


class RollSettings(_Section):
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


class ProcedureSettings(_Section):
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


class IntegritySettings(_Section):
    """Reading back what was acknowledged."""

    enabled: bool = True
    logins_sample: Annotated[int, Field(ge=0, le=10_000)] = 10
    """Users that are also logged in, through the balancer and at each node."""


class ContinuitySettings(_Section):
    """Checking that what one release made, the other honours."""

    enabled: bool = True
    refuse_within_s: Deadline = 5.0
    """What was revoked, disabled or deleted at one node must be refused by every other within this."""


class ImpactSettings(_Section):
    """The test of latency against the baseline of the same run."""

    advisory: bool = True
    """Shown, and not counted in the verdict."""
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.05
    """Chance of one false alarm or more in the whole run, after correction for the number of comparisons."""
    floor_ms: Annotated[float, Field(ge=0)] = 20.0
    """A shift of the median smaller than this is of no practical matter, however sure."""
    floor_ratio: Annotated[float, Field(ge=1)] = 1.5
    """Likewise for a ratio of the medians below this."""
    samples_min: Annotated[int, Field(ge=2)] = 20
    """Per lane and phase; fewer is low power, which is told and never called a pass."""


class JudgeSettings(_Section):
    """Bounds of the verdict."""

    stall_budget_s: Deadline | None = None
    """Longest allowed time without a success though requests were due; None: the deadline."""
    lag_p99_ms_max: Annotated[float, Field(gt=0)] = 100.0
    """Generator lag over which the probes' times are not to be trusted."""
    lag_max_ms_max: Annotated[float, Field(gt=0)] = 1_000.0
    unsent_max: Annotated[int, Field(ge=0)] = 0
    probes_per_phase_min: Annotated[int, Field(ge=1)] = 2
    """Per lane and phase; fewer is too few to say anything."""
    lock_wait_s_max: Deadline = 1.0
    """A statement that waits longer for a metadata lock in a database phase is a finding."""
    baseline_s_min: Seconds = 5.0
    baseline_p99_ms_max: Annotated[float, Field(gt=0)] = 1_000.0
    """A baseline slower than this means the machine has no room for the load."""


class Scenario(_Section):
    """What to run; every default is a value that fits a machine with two cores."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    from_: Annotated[str, Field(alias="from")] = "2025.1"
    to: str = "2026.1"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    deployment: DeploymentSettings = DeploymentSettings()
    balancer: BalancerSettings = BalancerSettings()
    load: LoadSettings = LoadSettings()
    probes: tuple[ProbeSettings, ...] = (
        ProbeSettings(op=Operation.TOKEN_ISSUE, rate_hz=3),
        ProbeSettings(op=Operation.TOKEN_VALIDATE, rate_hz=3),
        ProbeSettings(op=Operation.USER_CREATE, rate_hz=1),
        ProbeSettings(op=Operation.PROJECT_LIST, rate_hz=1),
    )
    roll: RollSettings = RollSettings()
    procedure: ProcedureSettings = ProcedureSettings()
    integrity: IntegritySettings = IntegritySettings()
    continuity: ContinuitySettings = ContinuitySettings()
    impact: ImpactSettings = ImpactSettings()
    judge: JudgeSettings = JudgeSettings()
    gate: GateSettings = GateSettings()
    faults: tuple[FaultSettings, ...] = ()
    """Injected on purpose: the run is a control."""
    expect: Expectation | None = None
    """What a control must come out as; the judge does not read it."""

    @model_validator(mode="after")
    def _check(self) -> Scenario:
        ops = [probe.op for probe in self.probes]
        if not ops:
            raise ValueError(
                "probes: there is none; a run without probes proves nothing, so name at least one"
            )
        steps = sorted(set(ops) - PROBE_OPERATIONS)
        if steps:
            known = ", ".join(sorted(PROBE_OPERATIONS))
            raise ValueError(
                f"probes: op {steps[0]} needs what an earlier write made, so no schedule can demand it; "
                f"the users of the load do it. Possible here: {known}"
            )
        if Operation.PING in ops:
            raise ValueError(
                "probes: op ping is for the known-good target, which every run probes anyway; leave it out"
            )
        twice = sorted({op for op in ops if ops.count(op) > 1})
        if twice:
            raise ValueError(f"probes: op {twice[0]} stands twice; give it once, with the rate you want")
        if Operation.USER_DELETE in ops and Operation.USER_CREATE not in ops:
            raise ValueError("probes: user_delete deletes what user_create made; add a probe of user_create")
        self._check_faults()
        return self

    def _check_faults(self) -> None:
        nodes = {f"node-{number}" for number in range(1, self.deployment.nodes + 1)}
        names = [fault.called for fault in self.faults]
        for fault in self.faults:
            if names.count(fault.called) > 1:
                raise ValueError(f"faults: two are called {fault.called}; give each a name of its own")
            if fault.node is not None and fault.node not in nodes:
                raise ValueError(
                    f"faults: {fault.called} is for {fault.node}; nodes here: {', '.join(sorted(nodes))}"
                )
            if fault.kind in _UPGRADING_FAULTS and not self.procedure.upgrade:
                raise ValueError(f"faults: {fault.called} needs an upgrade, and procedure.upgrade is false")
        for finding in self.expect.findings if self.expect else ():
            if finding.fault is not None and finding.fault not in names:
                raise ValueError(f"expect.findings: there is no fault called {finding.fault}")

    def resolved(self) -> dict[str, Any]:
        """The scenario with every default filled in, as `run.json` stores it."""
        return self.model_dump(mode="json", by_alias=True)


_UPGRADING_FAULTS = frozenset({FaultKind.DIFFERENT_KEYS, FaultKind.SKIP_STEP, FaultKind.CONTRACT_EARLY})


def load_scenario(path: Path, overrides: Iterable[str] = ()) -> Scenario:
    """Read a scenario and apply `key=value` overrides, e.g. `roll.settle_s=5` or `to="2026.2"`.

    Raises:
        UsageError: the file cannot be read, is not TOML, or holds an unknown key or an impossible value.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: the scenario cannot be read ({error.strerror}).") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not valid TOML: {error}.") from error
    document.setdefault("name", path.stem)
    for override in overrides:
        _apply(document, override)
    return parse_scenario(document, str(path))


def parse_scenario(document: dict[str, Any], source: str) -> Scenario:
    """Check a scenario that is already a mapping; `source` is what errors name.

    Raises:
        UsageError: an unknown key or an impossible value.
    """
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        raise UsageError(f"{source}: {_sentence(error)}") from error


def load_gate(path: Path) -> GateSettings:
    """Read the table `[gate]` of a file; other tables that a scenario may have are checked and left alone.

    Raises:
        UsageError: the file cannot be read, has no such table, or holds an unknown key or impossible value.
    """
    return parse_scenario({**read_gate_table(path), "name": "gate"}, str(path)).gate


def _apply(document: dict[str, Any], override: str) -> None:
    key, separator, text = override.partition("=")
    if not separator or not key.strip():
        raise UsageError(f"--set {override}: expected key=value, e.g. --set roll.settle_s=5.")
    *parents, last = key.strip().split(".")
    table = document
    for parent in parents:
        below = table.setdefault(parent, {})
        if not isinstance(below, dict):
            raise UsageError(f"--set {override}: {parent} is not a table; edit the scenario file instead.")
        table = below
    table[last] = text.strip() if key.strip() in _TEXT_KEYS else _toml_value(text.strip())


_TEXT_KEYS = frozenset({"from", "to", "name", "description"})
"""Keys whose value is text even where it looks like a number: `--set to=2026.2`."""


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text  # a bare word is a string


def _sentence(error: ValidationError) -> str:
    """The first problem in words: the key, what is wrong, what was expected."""
    first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys_beside(first["loc"]))
        return f"{key}: unknown key; known here: {known}."
    if first["type"] == "missing":
        return f"{key}: is missing; add it."
    message = first["msg"].removeprefix("Value error, ")
    if not key:
        return f"{message}."
    if isinstance(first["input"], dict):  # the table as a whole is at fault, and it is long
        return f"{key}: {message}."
    return f"{key}: {first['input']!r} is not possible; {message[0].lower()}{message[1:]}."


_LISTED: dict[int | str, type[BaseModel]] = {
    "probes": ProbeSettings,
    "faults": FaultSettings,
    "findings": ExpectedFinding,
    "budgets": Budget,
    "accepted": Acceptance,
}
"""Keys whose value is a list of tables."""


def _keys_beside(loc: tuple[int | str, ...]) -> list[str]:
    """Names of the keys allowed where the unknown one stood."""
    model: type[BaseModel] = Scenario
    for part in loc[:-1]:
        if part in _LISTED:
            model = _LISTED[part]
            continue
        if part == "expect":
            model = Expectation
        annotation = next((f.annotation for n, f in model.model_fields.items() if part in (n, f.alias)), None)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            model = annotation
    return sorted(field.alias or name for name, field in model.model_fields.items())
