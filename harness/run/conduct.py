"""Conducts one run: puts deployment, load and procedure together and leaves a run directory."""

from __future__ import annotations

import os
import platform
import secrets
import subprocess
import traceback
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, closing, nullcontext, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from importlib import metadata
from pathlib import Path
from typing import Protocol

import psutil

from harness import __version__
from harness.deployment.local import lab
from harness.deployment.local.deployment import LocalDeployment
from harness.deployment.local.record import Owner as LabOwner
from harness.deployment.local.requirements import missing_programs
from harness.deployment.local.settings import LocalSettings
from harness.deployment.proof import prove_node
from harness.deployment.protocols import Deployment, Node
from harness.errors import ExitCode, HarnessError, StepError, UsageError
from harness.evidence.clock import Clock
from harness.evidence.journal import Journal
from harness.evidence.jsonl import JsonLinesWriter, follow_jsonl
from harness.evidence.manifest import ClockReading, Manifest, Owner, ReleaseName, write_manifest
from harness.evidence.names import Phase, RunOutcome, Step
from harness.evidence.rundir import RunDirectory, create_run_directory
from harness.load.process import LoadProcess
from harness.load.seed import seed
from harness.load.spec import ChildSpec, load_spec, probe_lanes, probes_spec
from harness.procedure.activity import ActivitySampler
from harness.procedure.baseline import objection
from harness.procedure.context import Context, Schema
from harness.procedure.continuity import Continuity
from harness.procedure.disorder import disordered
from harness.procedure.driver import drive
from harness.procedure.faults import FaultSchedule
from harness.procedure.plan import plan
from harness.procedure.read_back import Access, ReadBack
from harness.procedure.sampler import Progress, Sampler
from harness.procedure.stage import Stage, Watcher
from harness.releases.catalogue import Release, load_catalogue
from harness.releases.migrations import heads
from harness.releases.prepare import InstalledRelease, prepare
from harness.scenario import Scenario
from harness.signals import terminable, uninterrupted

READY_DEADLINE_S = 90.0
"""For a generator to issue its first tokens; 5 s is usual, imports included."""
STOP_SPARE_S = 20.0
"""Over the longest deadline of a request, for a generator to write its footer and end."""


class View(Watcher, Protocol):
    """Somebody who watches the run."""

    def tick(self, progress: Progress) -> None:
        """Take note of how the requests go."""


@dataclass(frozen=True, slots=True)
class Order:
    """One run, as asked for."""

    scenario: Scenario
    scenario_file: Path
    home: Path
    """Where releases and labs lie."""
    out: Path
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Conducted:
    """A run that is over, however it ended."""

    run: RunDirectory
    error: BaseException | None
    """What ended it early; None where it was completed."""
    left: tuple[str, ...]
    """What could not be stopped or removed, a sentence each."""

    @property
    def exit_code(self) -> ExitCode | None:
        """Exit status that takes the place of the verdict's, where the harness itself broke.

        A step that failed is a finding, and a run that was interrupted an inconclusive one: None for both.
        """
        if self.error is None and self.left:
            return ExitCode.HARNESS_ERROR
        if self.error is None or isinstance(self.error, (StepError, KeyboardInterrupt)):
            return None
        return self.error.exit_code if isinstance(self.error, HarnessError) else ExitCode.HARNESS_ERROR

    @property
    def words(self) -> str:
        """What ended it early, for the person at the terminal."""
        match self.error:
            case None:
                return "; ".join(self.left) or "completed"
            case KeyboardInterrupt():
                stopped = "everything that was started has been stopped"
                return f"interrupted; {'; '.join(self.left) or stopped}"
            case HarnessError():
                return str(self.error)
        return f"a bug of the harness: {type(self.error).__name__}: {self.error}"


@dataclass(frozen=True, slots=True)
class Generators:
    """The children that send requests."""

    children: tuple[tuple[str, LoadProcess], ...]

    def check_alive(self) -> None:
        """Look after them.

        Raises:
            HarnessError: one has ended.
        """
        for name, child in self.children:
            if not child.is_alive():
                raise HarnessError(
                    f"the {name} generator ended in the middle of the run; logs/{name}.log says why"
                )


def conduct(
    order: Order,
    view: View,
    beside: Callable[[RunDirectory], AbstractContextManager[None]] = lambda _: nullcontext(),
) -> Conducted:
    """Run the scenario and leave its evidence; `beside` is entered once there is a folder, left at the end.

    Raises:
        UsageError: the order cannot be carried out; nothing was started and no run directory is left.
    """
    scenario = order.scenario
    catalogue = load_catalogue()
    from_, to = catalogue.find(scenario.from_), catalogue.find(scenario.to)
    catalogue.check_pair(from_, to)
    users_file = _users_file(order)
    if missing := missing_programs():
        words = "; ".join(f"{each.program} is not installed ({each.install})" for each in missing)
        raise UsageError(f"{words}; or let `harness check --install` do it.")
    installed = {release.version: prepare(release, order.home, report=view.note) for release in (from_, to)}
    run = create_run_directory(order.out, scenario.name)
    with beside(run):
        return _Run(order, view, run, installed[from_.version], installed[to.version], users_file).conduct()


class _Run:
    """One run under way."""

    def __init__(
        self,
        order: Order,
        view: View,
        run: RunDirectory,
        from_: InstalledRelease,
        to: InstalledRelease,
        users_file: Path,
    ) -> None:
        self._order = order
        self._scenario = order.scenario
        self._view = view
        self._run = run
        self._from = from_
        self._to = to
        self._users_file = users_file
        self._clock = Clock.read()
        self._journal = Journal(run.journal)
        self._faults = FaultSchedule(order.scenario.faults, self._journal, view)
        self._stage = Stage(self._journal, self._faults)
        self._manifest = _manifest(order, from_.release, to.release, self._clock)
        self._left: list[str] = []
        """What could not be cleaned up."""
        self._ledger_secret = secrets.token_hex(32)

    def conduct(self) -> Conducted:
        """Go through setup, procedure and teardown; the manifest says how it ended, on every way out."""
        write_manifest(self._run.manifest, self._manifest)
        error: BaseException | None = None
        outcome = RunOutcome.ABORTED
        try:
            with terminable():
                self._act()
            outcome = RunOutcome.COMPLETED
        except (HarnessError, KeyboardInterrupt) as caught:
            error = caught
        except OSError as caught:
            error = HarnessError(f"{_place(caught)}: {caught.strerror or caught}; the run was stopped there.")
            error.__cause__ = caught
        except Exception as caught:  # noqa: BLE001 - the evidence so far must be closed, judged and shown
            traceback.print_exc()
            error = caught
        finally:
            with uninterrupted():
                self._journal.close()
                self._close(outcome)
        return Conducted(self._run, error, tuple(self._left))

    def _close(self, outcome: RunOutcome) -> None:
        ended = {"outcome": outcome, "ended": datetime.now(UTC)}
        self._manifest = self._manifest.model_copy(update=ended)
        write_manifest(self._run.manifest, self._manifest)

    def _act(self) -> None:
        stack = ExitStack()
        try:
            with self._stage.phase(Phase.SETUP):
                self._clear_leftovers()
                deployment = self._deployment_up(stack)
                generators = self._load_up(stack, deployment)
            self._drive(deployment, generators)
        finally:
            with uninterrupted():
                self._tear_down(stack)

    def _tear_down(self, stack: ExitStack) -> None:
        """Stop everything; in the journal where that can be written, and without it on a full disk."""
        try:
            with self._stage.phase(Phase.TEARDOWN):
                stack.close()
        finally:
            stack.close()  # does nothing where the one above came to its end

    def _clear_leftovers(self) -> None:
        with self._stage.step(Phase.SETUP, Step.CLEAR_LEFTOVERS) as report, report.busy():
            report.detail["cleared"] = lab.clear_leftovers(self._order.home)

    def _deployment_up(self, stack: ExitStack) -> LocalDeployment:
        # Before it comes up, so that an interruption at any instant finds this in place.
        stack.callback(self._surely, lambda: lab.end_own(self._order.home))
        with self._stage.step(Phase.SETUP, Step.DEPLOYMENT_UP) as report, report.busy():
            deployment = lab.up(
                LocalSettings.of(self._scenario.deployment, self._scenario.balancer),
                release=self._from.release,
                to=self._to.release,
                home=self._order.home,
                logs=self._run.logs,
                owner=LabOwner.PROCESS,
                report=self._view.note,
            )
            stack.callback(self._surely, partial(self._deployment_down, deployment))
        software = {**self._manifest.host["software"], **deployment.software}
        host = {**self._manifest.host, "software": dict(sorted(software.items()))}
        nodes = tuple(node.name for node in deployment.nodes)
        self._manifest = self._manifest.model_copy(update={"host": host, "nodes": nodes})
        write_manifest(self._run.manifest, self._manifest)
        return deployment

    def _deployment_down(self, deployment: LocalDeployment) -> None:
        with self._stage.step(Phase.TEARDOWN, Step.DEPLOYMENT_DOWN) as report, report.busy():
            deployment.down()

    def _surely(self, clean_up: Callable[[], object]) -> None:
        """A clean-up that fails is remembered, lets the others go on, and never hides what came before it."""
        try:
            clean_up()
        except (HarnessError, OSError, subprocess.SubprocessError) as error:
            self._left.append(str(error))
            with suppress(OSError):
                self._stage.note(str(error))

    def _load_up(self, stack: ExitStack, deployment: Deployment) -> Generators:
        scenario, run, url = self._scenario, self._run, deployment.url
        with self._stage.step(Phase.SETUP, Step.SEED) as report, report.busy():
            accounts = seed(deployment.url, deployment.admin, scenario, scenario.seed)
        file, ledger = run.requests / "probes.jsonl", run.writes / "probes.jsonl"
        beside = deployment.reference_url
        specs = [probes_spec(scenario, url, accounts, file, self._clock, ledger, reference_url=beside)]
        if scenario.load.users or scenario.load.client_users:
            file, ledger = run.requests / "load.jsonl", run.writes / "load.jsonl"
            specs.append(
                load_spec(
                    scenario, self._users_file, url, accounts, file, self._clock, ledger, self._ledger_secret
                )
            )
        with self._stage.step(Phase.SETUP, Step.LOAD_UP) as report, report.busy():
            children = tuple((spec.job, self._start(stack, spec)) for spec in specs)
            for _, child in children:
                child.wait_ready(READY_DEADLINE_S)
        return Generators(children)

    def _start(self, stack: ExitStack, spec: ChildSpec) -> LoadProcess:
        child = LoadProcess.start(spec, self._run.logs / f"{spec.job}.log")
        # Beneath the journalled one, for a journal that can not be written: a second stop does nothing.
        stack.callback(self._surely, partial(child.stop, _stop_deadline_s(spec)))
        stack.callback(self._surely, partial(self._load_down, spec, child))
        return child

    def _load_down(self, spec: ChildSpec, child: LoadProcess) -> None:
        with self._stage.step(Phase.TEARDOWN, Step.LOAD_DOWN) as report, report.busy():
            summary = child.stop(_stop_deadline_s(spec))
            report.detail.update(
                generator=spec.job,
                exit_code=summary.exit_code,
                killed=summary.killed,
                records=summary.records,
                faults=list(summary.faults),
                connections={lane: dict(counts) for lane, counts in summary.connections.items()},
            )
        if not summary.in_order:
            self._stage.note(f"the {spec.job} generator did not end in order; logs/{spec.job}.log says why")

    def _baseline_objection(self) -> str | None:
        lanes = frozenset(lane.lane for lane in probe_lanes(self._scenario))
        began_ns = self._stage.phase_began_ns
        # The generators write 200 ms behind; what is missing then is 1 % of a baseline. What was due before
        # the phase began met a machine that was still starting generators.
        rows = (
            row
            for path in self._run.request_files()
            for row in follow_jsonl(path, 0)[0]
            if "outcome" in row and row["intended_ns"] >= began_ns
        )
        return objection(rows, lanes, self._scenario.judge)

    def _read_back(self, deployment: Deployment) -> ReadBack:
        scenario, run = self._scenario, self._run
        longest_s = max([scenario.load.deadline_s, *(probe.deadline_s for probe in scenario.probes)])
        return ReadBack(
            run.writes,
            run.ledger,
            Access(deployment, self._ledger_secret),
            logins_sample=scenario.integrity.logins_sample,
            deadline_s=longest_s,
        )

    def _drive(self, deployment: LocalDeployment, generators: Generators) -> None:
        scenario, run = self._scenario, self._run
        names = [node.name for node in deployment.nodes]
        phases = plan(
            scenario,
            self._from.release,
            self._to.release,
            names,
            needs_trust=deployment.database.needs_trust(),
        )
        phases = disordered(phases, scenario.faults)
        with (
            JsonLinesWriter(run.database) as samples,
            Sampler(deployment.balancer.counters, run.balancer, run.requests, self._stage, self._view.tick),
            self._continuity(deployment) as continuity,
            ActivitySampler(deployment.database.watch, samples, self._stage, scenario.judge.lock_wait_s_max),
            self._faults.armed(deployment.faults.prepare, run.requests / "probes.jsonl"),
        ):
            context = Context(
                scenario=scenario,
                from_=self._from.release,
                to=self._to.release,
                schema=Schema(heads(self._from), heads(self._to)),
                deployment=deployment,
                generator=generators,
                stage=self._stage,
                clock=self._clock,
                logs=run.logs,
                database_samples=samples,
                prove_node=_Prover(deployment),
                baseline_objection=self._baseline_objection,
                read_back=self._read_back(deployment),
                continuity=continuity,
            )
            drive(context, phases)

    def _continuity(self, deployment: Deployment) -> AbstractContextManager[Continuity | None]:
        settings = self._scenario.continuity
        if not settings.enabled:
            return nullcontext()
        within_s, file = settings.refuse_within_s, self._run.continuity
        return closing(Continuity(deployment.nodes, deployment.admin, within_s, file))


@dataclass(frozen=True, slots=True)
class _Prover:
    """Proves nodes of one deployment with its admin account."""

    deployment: Deployment

    def __call__(self, node: Node, release: Release, deadline_s: float) -> tuple[str, int]:
        proof = prove_node(node, self.deployment.admin, release.version, deadline_s)
        return proof.release_seen, proof.requests


def _place(error: OSError) -> str:
    return str(error.filename) if error.filename else "the run directory or the deployment"


def _users_file(order: Order) -> Path:
    beside = order.scenario_file.parent / order.scenario.load.users_file
    if not beside.is_file():
        raise UsageError(
            f"{order.scenario_file}: load.users_file: {beside} does not exist; "
            "name a Locust file that lies beside the scenario."
        )
    return beside


def _stop_deadline_s(spec: ChildSpec) -> float:
    return max([spec.deadline_s, *(lane.deadline_s for lane in spec.lanes)]) + STOP_SPARE_S


_SOFTWARE = ("locust", "gevent", "geventhttpclient", "keystoneauth1", "python-keystoneclient", "pymysql")


def _manifest(order: Order, from_: Release, to: Release, clock: Clock) -> Manifest:
    versions = {name: metadata.version(name) for name in _SOFTWARE}
    software = {"harness": __version__, "python": platform.python_version(), **versions}
    return Manifest.model_validate(
        {
            "format": 1,
            "scenario": order.scenario.resolved(),
            "from": ReleaseName(series=from_.series, version=from_.version),
            "to": ReleaseName(series=to.series, version=to.version),
            "nodes": [],
            "clock": ClockReading(wall_ns=clock.wall_ns, mono_ns=clock.mono_ns),
            "started": clock.utc(clock.mono_ns),
            "ended": None,
            "outcome": None,
            "host": {
                "cores": os.cpu_count(),
                "memory_bytes": psutil.virtual_memory().total,
                "kernel": platform.release(),
                "software": software,
            },
            "seed": order.scenario.seed,
            "owner": _owner(),
            "command": order.command,
        }
    )


def _owner() -> Owner:
    boot = Path("/proc/sys/kernel/random/boot_id")
    return Owner(
        pid=os.getpid(),
        created=psutil.Process().create_time(),
        boot_id=boot.read_text(encoding="ascii").strip() if boot.exists() else "",
    )
