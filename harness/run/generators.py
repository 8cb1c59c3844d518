"""The children that send requests: what they are told, that they live, and how they ended."""

from __future__ import annotations

import secrets
import signal
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.deployment.protocols import Deployment
from harness.errors import HarnessError
from harness.evidence.clock import Clock
from harness.evidence.names import Phase, Step
from harness.evidence.outcomes import LoadDown
from harness.evidence.rundir import RunDirectory
from harness.load.process import ExitSummary
from harness.load.spec import READY_DEADLINE_S, Accounts, ChildSpec, load_spec, probes_spec
from harness.procedure.stage import Stage
from harness.run.cleanup import CleanUp
from harness.run.means import Child
from harness.scenario import Scenario

STOP_SPARE_S = 20.0
"""Over the longest deadline of a request, for a generator to write its footer and end."""


@dataclass(frozen=True, slots=True)
class Task:
    """What the generators of one run are for."""

    scenario: Scenario
    users_file: Path
    run: RunDirectory
    clock: Clock
    secret: str
    """From which the passwords of users made by the load are derived."""

    def specs(self, deployment: Deployment, accounts: Accounts) -> tuple[ChildSpec, ...]:
        """Their tasks: the probes, and the load where the scenario asks for any."""
        probes = probes_spec(
            self.scenario,
            deployment.url,
            accounts,
            self.run.requests / "probes.jsonl",
            self.clock,
            self.run.writes / "probes.jsonl",
            reference_url=deployment.abilities.reference_url,
        )
        if not (self.scenario.load.users or self.scenario.load.client_users):
            return (probes,)
        load = load_spec(
            self.scenario,
            self.users_file,
            deployment.url,
            accounts,
            self.run.requests / "load.jsonl",
            self.clock,
            self.run.writes / "load.jsonl",
            self.secret,
        )
        return (probes, load)


def new_secret() -> str:
    """A secret for one run; it reaches no disk."""
    return secrets.token_hex(32)


class Generators:
    """Those of one run, once they are started."""

    def __init__(self, launch: Callable[[ChildSpec, Path], Child], logs: Path, stage: Stage) -> None:
        self._launch = launch
        self._logs = logs
        self._stage = stage
        self._children: list[tuple[str, Child]] = []

    def start(self, specs: Sequence[ChildSpec], clean_up: CleanUp) -> None:
        """Start all, then wait until each is ready; `clean_up` stops those that were started.

        Raises:
            HarnessError: one ended, or was not ready in time.
            OSError: one could not be started.
        """
        for spec in specs:
            child = self._launch(spec, self._logs / f"{spec.job}.log")
            # Beneath the journalled one, for a journal that can not be written: a second stop does nothing.
            clean_up.later(partial(child.stop, _stop_deadline_s(spec)))
            clean_up.later(partial(self._stop, spec, child))
            self._children.append((spec.job, child))
        for _, child in self._children:
            child.wait_ready(READY_DEADLINE_S)

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            HarnessError: one has ended.
        """
        for name, child in self._children:
            if not child.is_alive():
                raise HarnessError(
                    f"the {name} generator ended in the middle of the run{_how(child.exit_code)}; "
                    f"logs/{name}.log says why"
                )

    def _stop(self, spec: ChildSpec, child: Child) -> None:
        with self._stage.step(Phase.TEARDOWN, Step.LOAD_DOWN) as report, report.busy():
            summary = child.stop(_stop_deadline_s(spec))
            report.tell(_told(spec, summary))
        if not summary.in_order:
            self._stage.note(f"the {spec.job} generator did not end in order; logs/{spec.job}.log says why")


def _how(exit_code: int | None) -> str:
    """How it ended, in brackets; empty where that is not known."""
    if exit_code is None:
        return ""
    if exit_code >= 0:
        return f" (exit status {exit_code})"
    known = {each.value: each.name for each in signal.Signals}
    return f" (ended by {known.get(-exit_code, f'signal {-exit_code}')}, and nobody of this run did that)"


def _told(spec: ChildSpec, summary: ExitSummary) -> LoadDown:
    return LoadDown(
        generator=spec.job,
        exit_code=summary.exit_code,
        killed=summary.killed,
        records=summary.records,
        faults=summary.faults,
        connections=summary.connections,
    )


def _stop_deadline_s(spec: ChildSpec) -> float:
    return max([spec.deadline_s, *(lane.deadline_s for lane in spec.lanes)]) + STOP_SPARE_S
