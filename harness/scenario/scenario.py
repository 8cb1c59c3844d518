"""A scenario: what to run, and what its tables may not say together."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from harness.evidence.names import PROBE_OPERATIONS, Operation
from harness.scenario.expectation import Expectation
from harness.scenario.fault import OF_AN_UPGRADE, FaultSettings
from harness.scenario.gate import GateSettings
from harness.scenario.section import Section
from harness.scenario.sections import (
    BalancerSettings,
    ContinuitySettings,
    DeploymentSettings,
    ImpactSettings,
    IntegritySettings,
    JudgeSettings,
    LoadSettings,
    ProbeSettings,
    ProcedureSettings,
    RollSettings,
)


class Scenario(Section):
    """What to run; every default is a value that fits a machine with two cores."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
    description: str = ""
    from_: Annotated[str, Field(alias="from")] = "2025.1"
    to: str = "2026.1"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 1
    deployment: DeploymentSettings = DeploymentSettings()
    balancer: BalancerSettings = BalancerSettings()
    load: LoadSettings = LoadSettings()
    probes: Annotated[tuple[ProbeSettings, ...], Field(max_length=100)] = (
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
    faults: Annotated[tuple[FaultSettings, ...], Field(max_length=500)] = ()
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
            if fault.kind in OF_AN_UPGRADE and not self.procedure.upgrade:
                raise ValueError(f"faults: {fault.called} needs an upgrade, and procedure.upgrade is false")
        for finding in self.expect.findings if self.expect else ():
            if finding.fault is not None and finding.fault not in names:
                raise ValueError(f"expect.findings: there is no fault called {finding.fault}")

    def resolved(self) -> dict[str, Any]:
        """The scenario with every default filled in, as `run.json` stores it."""
        return self.model_dump(mode="json", by_alias=True)
