"""Conducts one run: puts deployment, load and procedure together and leaves a run directory."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from harness.deployment.abilities import Abilities, OldRows
from harness.deployment.backend import Backend
from harness.deployment.protocols import Deployment, Node
from harness.errors import HarnessError, UsageError
from harness.evidence.clock import Clock
from harness.evidence.history import write_history
from harness.evidence.jsonl import JsonLinesWriter, follow_jsonl
from harness.evidence.names import Edge, Phase, RunOutcome, Step
from harness.evidence.outcomes import CellsChecked, Cleared, SealDue
from harness.evidence.rundir import RunDirectory, create_run_directory, discard
from harness.evidence.seal import SealedFile, sealed_files
from harness.keystone.credentials import Credentials
from harness.load.spec import probe_lanes
from harness.procedure.activity import ActivitySampler
from harness.procedure.baseline import objection
from harness.procedure.context import Context
from harness.procedure.continuity import Continuity, OldData, OthersDrops
from harness.procedure.disorder import disordered
from harness.procedure.driver import drive
from harness.procedure.faults import FaultSchedule
from harness.procedure.plan import PlannedPhase, plan
from harness.procedure.read_back import Access, ReadBack
from harness.procedure.sampler import Sampler
from harness.procedure.server_watch import ServerWatch
from harness.procedure.stage import Stage
from harness.procedure.watchers import Watcher, Watchers, guarded
from harness.releases.catalogue import Release
from harness.releases.schema import Schema
from harness.run.beforehand import need_fit, need_sound, pair
from harness.run.cleanup import CleanUp, Once
from harness.run.conducted import Conducted
from harness.run.generators import Generators, Task, new_secret
from harness.run.manifest import RunManifest
from harness.run.means import REAL, Means
from harness.run.open_files import need_open_files
from harness.run.order import Order
from harness.signals import terminable, uninterrupted

Beside = Callable[[RunDirectory], AbstractContextManager[None]]


def conduct(
    order: Order,
    watchers: Sequence[Watcher] = (),
    beside: Beside = lambda _: nullcontext(),
    means: Means = REAL,
) -> Conducted:
    """Run the scenario and leave its evidence; `beside` is entered once there is a folder, left at the end.

    Raises:
        UsageError: the order cannot be carried out; nothing was started and no run directory is left.
        HarnessError: likewise where the harness itself broke before anything was started.
        OSError: likewise where the first lines could not be written.
    """
    with Watchers(watchers) as watching:
        prepared = _prepared(order, means, watching)
        run = create_run_directory(order.out, order.scenario.name)
        try:
            return _Run(prepared, run, watching).conduct(beside)
        except (HarnessError, OSError):
            discard(run)
            raise


@dataclass(frozen=True, slots=True)
class _Prepared:
    """An order that can be carried out."""

    order: Order
    means: Means
    backend: Backend
    from_: Release
    to: Release
    schema: Schema
    users_file: Path


def _prepared(order: Order, means: Means, watchers: Watchers) -> _Prepared:
    """Look at everything that can be looked at before anything is started."""
    need_sound(order)
    need_open_files()
    backend = means.backend(order.scenario, order.home)
    need_fit(order, backend)
    load, users_file = order.scenario.load, order.users_file()
    means.need_users(users_file, load.users, load.client_users)
    from_, to = pair(order.scenario, order.source)
    heads = {each.version: means.heads(each, order.home, watchers.note) for each in (from_, to)}
    return _Prepared(order, means, backend, from_, to, Schema(heads), users_file)


class _Run:
    """One run under way."""

    def __init__(self, prepared: _Prepared, run: RunDirectory, watchers: Watchers) -> None:
        self._prepared = prepared
        self._means = prepared.means
        self._scenario = prepared.order.scenario
        self._run = run
        self._watchers = watchers
        self._clock = Clock.read()
        if prepared.order.earlier is not None:
            # With the run, so that whoever judges it again compares it with the same.
            write_history(prepared.order.earlier, run.baseline)
        self._journal = self._means.journal(run.journal)
        self._faults = FaultSchedule(self._scenario.faults, self._journal, watchers.note)
        self._stage = Stage(self._journal, watchers, [self._faults])
        self._clean_up = CleanUp(self._stage.note)
        self._ledger_secret = new_secret()
        self._is_run = False
        """Whether anything of the deployment may have been started."""
        self._manifest = RunManifest(run.manifest, prepared.order, prepared.from_, prepared.to, self._clock)

    def conduct(self, beside: Beside) -> Conducted:
        """Go through setup, procedure and teardown; the manifest says how it ended, on every way out.

        Raises:
            HarnessError: nothing was run, so there is nothing to judge.
        """
        error: BaseException | None = None
        outcome = RunOutcome.ABORTED
        try:
            with terminable(), guarded(lambda: beside(self._run), self._stage.note):
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
                self._close(outcome)
        if isinstance(error, HarnessError) and self._nothing_is_to_be_told(error):
            raise error
        return Conducted(self._run, error, self._clean_up.left)

    def _nothing_is_to_be_told(self, error: HarnessError) -> bool:
        """Nothing was started, and nothing is left but what a full disk has left unsaid."""
        return not self._is_run and (not self._clean_up.left or isinstance(error.__cause__, OSError))

    def _close(self, outcome: RunOutcome) -> None:
        """Let go of everything; who watches goes before the journal, which has to say where that broke.

        The seal comes last, when nobody writes any more. A run whose evidence cannot be read has an end, and
        no seal.
        """
        sealed: dict[str, SealedFile] = {}
        take = partial(self._seal_into, sealed)
        for last in (self._clean_up.all, self._watchers.end, self._journal.close, take):
            self._clean_up.surely(last)
        self._clean_up.surely(partial(self._manifest.ended, outcome, sealed or None))

    def _seal_into(self, sealed: dict[str, SealedFile]) -> None:
        sealed.update(sealed_files(self._run))

    def _act(self) -> None:
        try:
            # In the journal, so that a seal that is taken out of the manifest is missed.
            self._journal.write(Edge.NOTE, Phase.SETUP, detail=SealDue(True).detail())
            with self._stage.phase(Phase.SETUP):
                self._clear_leftovers()
                deployment = self._deployment_up()
                continuity = self._continuity(deployment)
                generators = self._load_up(deployment)
            self._drive(deployment, generators, continuity)
        except BaseException:
            with uninterrupted():
                self._clean_up.surely(self._tear_down)  # hides nothing of what came before it
            raise
        with uninterrupted():
            self._tear_down()

    def _tear_down(self) -> None:
        """Stop everything; in the journal where that can be written, and without it on a full disk."""
        self._stage.dismiss()
        try:
            with self._stage.phase(Phase.TEARDOWN):
                self._clean_up.all()
        finally:
            self._clean_up.all()  # does nothing where the one above came to its end

    def _clear_leftovers(self) -> None:
        with self._stage.step(Phase.SETUP, Step.CLEAR_LEFTOVERS) as report, report.busy():
            report.tell(Cleared(tuple(self._prepared.backend.clear_leftovers())))

    def _deployment_up(self) -> Deployment:
        prepared = self._prepared
        # Before it comes up, so that an interruption at any instant finds this in place.
        self._clean_up.later(prepared.backend.end_own)
        with self._stage.step(Phase.SETUP, Step.DEPLOYMENT_UP) as report, report.busy():
            deployment = self._brought_up()
            self._clean_up.later(partial(self._deployment_down, deployment))
        self._manifest.deployed(deployment)
        return deployment

    def _brought_up(self) -> Deployment:
        prepared = self._prepared
        self._is_run = True
        try:
            return prepared.backend.up(prepared.from_, prepared.to, self._run.logs, self._watchers.note)
        except UsageError:  # it is not fit to be started, and nothing was
            self._is_run = False
            raise

    def _deployment_down(self, deployment: Deployment) -> None:
        down = Once(deployment.down)
        try:
            with self._stage.step(Phase.TEARDOWN, Step.DEPLOYMENT_DOWN) as report, report.busy():
                down()
        finally:
            down()  # where the journal can not be written, without a word

    def _load_up(self, deployment: Deployment) -> Generators:
        scenario = self._scenario
        with self._stage.step(Phase.SETUP, Step.SEED) as report, report.busy():
            accounts = self._means.seed(deployment.url, deployment.admin, scenario, scenario.seed)
        task = Task(scenario, self._prepared.users_file, self._run, self._clock, self._ledger_secret)
        generators = Generators(self._means.launch, self._run.logs, self._stage)
        with self._stage.step(Phase.SETUP, Step.LOAD_UP) as report, report.busy():
            generators.start(task.specs(deployment, accounts), self._clean_up)
        return generators

    def _continuity(self, deployment: Deployment) -> Continuity | None:
        """With old data, which is made and seen before there is any load: it disturbs none, and is older."""
        settings, able = self._scenario.continuity, deployment.abilities.rows
        if not settings.enabled:
            return None
        old_data = self._seed_old_data(deployment, settings.old_projects, able) if settings.old_data else None
        within_s, file = settings.refuse_within_s, self._run.continuity
        dropped = OthersDrops(self._run.writes)
        continuity = Continuity(
            deployment.nodes, deployment.admin, within_s, file, dropped=dropped, old_data=old_data
        )
        self._clean_up.later(continuity.close)
        if old_data is not None:
            with self._stage.step(Phase.SETUP, Step.CHECK_OLD_DATA) as report, report.busy():
                report.tell(CellsChecked(continuity.check_old_data(Phase.SETUP)))
        return continuity

    def _seed_old_data(self, deployment: Deployment, projects: int, able: OldRows | None) -> OldData:
        with self._stage.step(Phase.SETUP, Step.SEED_OLD_DATA) as report, report.busy():
            old_data = self._means.seed_old_data(deployment.nodes[0], deployment.admin, projects, able)
            report.tell(old_data.made)
        return old_data

    def _drive(self, deployment: Deployment, generators: Generators, continuity: Continuity | None) -> None:
        phases = self._planned(deployment)
        able, run = deployment.abilities, self._run
        counters = able.counters.counters if able.counters else None
        with (
            JsonLinesWriter(run.database) as samples,
            Sampler(counters, run.balancer, run.requests, self._stage, self._watchers.tick),
            self._activity(able, samples),
            self._faults.armed(able.faults, run.requests / "probes.jsonl"),
            ServerWatch(deployment.deaths, [node.name for node in deployment.nodes], self._stage) as servers,
        ):
            context = Context(
                scenario=self._scenario,
                schema=self._prepared.schema,
                deployment=deployment,
                generator=generators,
                servers=servers,
                stage=self._stage,
                logs=run.logs,
                database_samples=samples,
                prove_node=_Prover(deployment, self._means.prove),
                baseline_objection=self._baseline_objection,
                read_back=self._read_back(deployment),
                continuity=continuity,
            )
            drive(context, phases)

    def _planned(self, deployment: Deployment) -> tuple[PlannedPhase, ...]:
        able, prepared = deployment.abilities, self._prepared
        phases = plan(
            self._scenario,
            prepared.from_,
            prepared.to,
            [node.name for node in deployment.nodes],
            # Where nobody can tell, the ability that is missing is the better reason to leave it out.
            needs_trust=able.trust is None or able.trust.needs_trust(),
            abilities=able.names,
        )
        return disordered(phases, self._scenario.faults)

    def _activity(self, able: Abilities, samples: JsonLinesWriter) -> AbstractContextManager[object]:
        if able.activity is None:
            return nullcontext()
        return ActivitySampler(
            able.activity.watch, samples, self._stage, self._scenario.judge.lock_wait_s_max
        )

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


@dataclass(frozen=True, slots=True)
class _Prover:
    """Proves nodes of one deployment with its admin account."""

    deployment: Deployment
    prove: Callable[[Node, Credentials, Release, float], tuple[str, int]]

    def __call__(self, node: Node, release: Release, deadline_s: float) -> tuple[str, int]:
        return self.prove(node, self.deployment.admin, release, deadline_s)


def _place(error: OSError) -> str:
    return str(error.filename) if error.filename else "the run directory or the deployment"
