"""What a verdict rests on: the files of a run directory, read once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from harness.errors import UsageError
from harness.evidence.balancer import BalancerRead, read_balancer
from harness.evidence.balancer_log import BalancerLogRead, read_balancer_log
from harness.evidence.continuity import CellsRead, read_cells
from harness.evidence.database import DatabaseRead, read_database
from harness.evidence.death import ServerDied
from harness.evidence.files import is_there
from harness.evidence.history import History, read_history
from harness.evidence.journal import JournalRead, read_journal
from harness.evidence.ledger import Ledger, read_ledger
from harness.evidence.manifest import Manifest, read_manifest
from harness.evidence.names import Edge, Error, Phase, Role, RunOutcome
from harness.evidence.node_errors import NodeError, read_node_errors
from harness.evidence.outcomes import SealDue
from harness.evidence.requests import Records, Requests, read_requests
from harness.evidence.rundir import RunDirectory
from harness.evidence.seal import SealRead, check_seal
from harness.evidence.stored_scenario import StoredScenario
from harness.judge.clock_check import check_clock
from harness.judge.codes import NO_SUCH_WORD
from harness.judge.comparable import need_comparable, settings_of_run
from harness.judge.model import Timeline
from harness.judge.overdue import fail_overdue
from harness.judge.settings import differences, impact_settings, judge_settings
from harness.judge.timeline import Window, build_timeline, windows
from harness.scenario import ImpactSettings, JudgeSettings
from harness.scenario.gate import GateSettings, stored_gate


@dataclass(frozen=True)
class Evidence:
    """A run directory in memory."""

    manifest: Manifest
    settings: JudgeSettings
    journal: JournalRead
    requests: Requests
    timeline: Timeline
    balancer: BalancerRead
    """Samples of the balancer's counters."""
    balancer_log: BalancerLogRead
    """Its own line for each request."""
    node_errors: Mapping[str, tuple[NodeError, ...]]
    """Node -> errors in its log, which is under no seal: they are told, and nothing is concluded."""
    running: bool
    """The caller knows that the harness of this run is alive."""
    ledger: Ledger
    """Every write, and what was found of it."""
    database: DatabaseRead
    overrides: tuple[str, ...]
    """Settings given when judging, `judge.<key>=<value>`, over those the run was made with."""
    other_bounds: tuple[str, ...]
    """Settings that differ from those the run was made with, as `judge.<key>=<value> instead of <value>`."""
    continuity: CellsRead
    """What one node made and another was asked to honour."""
    gate: GateSettings
    """What may fail and still be let through."""
    other_gate: bool
    """This is another gate than the run was made with."""
    history: History | None
    """Earlier runs to compare with, where some were given."""
    seal: SealRead
    """What the seal of the run says of its files."""
    impact: ImpactSettings | None
    """Bounds of the comparison with the baseline phase; None where it could not be asked for yet."""

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The probed phases on the clock, without gaps; requests outside are counted, not judged."""
        return windows(self.timeline)

    @property
    def judged_start_ns(self) -> int:
        """When the first probed phase began; the end of the run where none did."""
        return self.windows[0].start_ns if self.windows else self.timeline.end_ns

    @property
    def judged_end_ns(self) -> int:
        """When the last probed phase ended."""
        return self.windows[-1].end_ns if self.windows else self.timeline.end_ns

    @property
    def completed(self) -> bool:
        """Whether the harness says that it took every step."""
        return self.manifest.outcome is RunOutcome.COMPLETED

    @property
    def journal_whole(self) -> bool:
        """Whether no line of the journal is missing or damaged before its end."""
        numbers = [event.seq for event in self.journal.events]
        return bool(numbers) and not self.journal.malformed and numbers == list(range(len(numbers)))

    @property
    def journal_cut(self) -> bool:
        """Whether the journal of a run that completed breaks off: its last phase has no end."""
        ends = {(event.phase, event.step) for event in self.journal.events if event.edge == Edge.END}
        return self.completed and bool(self.journal.events) and (Phase.TEARDOWN, None) not in ends

    @property
    def tells_all(self) -> bool:
        """Whether the journal tells the whole run, so that what it does not tell did not happen."""
        whole = self.journal_whole and not self.journal.torn and not self.journal_cut
        return self.completed and whole

    @cached_property
    def deaths(self) -> tuple[ServerDied, ...]:
        """Servers that ended though nobody of the run ended them, in the order in which that was seen."""
        told = (ServerDied.of(event.detail) for event in self.journal.events if event.edge == Edge.NOTE)
        return tuple(died for died in told if died.server is not None and died.since_ns is not None)

    @cached_property
    def machine_died(self) -> ServerDied | None:
        """The first death that Keystone can not have done; nothing from then on is charged to it."""
        nodes = self.manifest.nodes
        return next((died for died in self.deaths if died.is_of_the_machine(nodes)), None)

    def is_after_death(self, instant_ns: int) -> bool:
        """Whether a server of the machine was dead then, or may have been."""
        died = self.machine_died
        return died is not None and died.since_ns is not None and instant_ns >= died.since_ns

    @property
    def seal_due(self) -> bool:
        """Whether the journal says that the run is sealed when it is closed."""
        return any(SealDue.of(event.detail).seals for event in self.journal.events)

    @property
    def upgrades(self) -> bool:
        """Whether the scenario asked for an upgrade; without, the run is a null control."""
        return self.manifest.stored.procedure.upgrade

    @property
    def drained(self) -> bool:
        """Whether nodes are taken out of the balancer before they are touched."""
        return self.manifest.drained

    @property
    def changes_release(self) -> bool:
        """Whether nodes end on another release than the one they began with."""
        return self.upgrades and self.manifest.from_.version != self.manifest.to.version

    @property
    def scenario(self) -> StoredScenario:
        """What the run was made with, as far as it is read."""
        return self.manifest.stored

    def error_code(self, error: Error) -> int:
        """Code of an error class in the column `error`."""
        return self.requests.errors.index(error) if error in self.requests.errors else NO_SUCH_WORD

    def release_code(self, version: str) -> int:
        """Code of a release in the column `release`."""
        return self.requests.releases.index(version) if version in self.requests.releases else NO_SUCH_WORD

    def seconds(self, instant_ns: int) -> str:
        """An instant as findings name it, e.g. `41.20 s into the run`."""
        return f"{(instant_ns - self.timeline.start_ns) / 1e9:.2f} s into the run"

    def lanes(self, *roles: Role) -> list[int]:
        """Numbers of the lanes of these roles; of every role but the reference where none is given."""
        return [
            number
            for number, lane in enumerate(self.requests.lanes)
            if (lane.role in roles if roles else lane.role != Role.REFERENCE)
        ]

    def judged(self, lane: int) -> Records:
        """Requests of a lane that were due in the probed time."""
        return due(self.requests.of(lane), self.judged_start_ns, self.judged_end_ns)

    def in_phase(self, lane: int, phase: str) -> Records:
        """Requests of a lane that were due in a phase."""
        records = self.requests.of(lane)
        parts = [due(records, w.start_ns, w.end_ns) for w in self.windows if w.phase == phase]
        return parts[0] if len(parts) == 1 else Records.joined(parts)


def due(records: Records, start_ns: int, end_ns: int) -> Records:
    """Requests due from `start_ns` to before `end_ns`; views."""
    first, last = np.searchsorted(records.intended_ns, (start_ns, end_ns))
    return records.between(int(first), int(last))


def load_evidence(
    run: RunDirectory,
    overrides: Iterable[str] = (),
    *,
    gate: GateSettings | None = None,
    history: History | None = None,
    running: bool = False,
) -> Evidence:
    """Read a run directory; `running` says that its harness is alive, `gate` and `history` stand in for
    the run's own.

    Raises:
        UsageError: a file is not of format 1 or cannot be read, or an override is no setting of the judge.
    """
    try:
        return _load(run, overrides, gate, history, running=running)
    except OSError as error:
        raise UsageError(
            f"{error.filename or run.path}: cannot be read ({error.strerror}); "
            "judge as the user who made the run, or give yourself the right to read its folder."
        ) from error


def _load(
    run: RunDirectory,
    overrides: Iterable[str],
    gate: GateSettings | None,
    history: History | None,
    *,
    running: bool,
) -> Evidence:
    manifest = read_manifest(run.manifest)
    with ThreadPoolExecutor(1, thread_name_prefix="seal") as beside:
        sealed = beside.submit(check_seal, run, manifest.seal)
        return _read(run, manifest, overrides, gate, history, sealed, running=running)


def _read(
    run: RunDirectory,
    manifest: Manifest,
    overrides: Iterable[str],
    gate: GateSettings | None,
    history: History | None,
    sealed: Future[SealRead],
    *,
    running: bool,
) -> Evidence:
    """Everything but the manifest; `sealed` is worked out meanwhile, outside the interpreter lock."""
    if history is None and is_there(run.baseline):
        history = read_history(run.baseline, links=False)
    if history is not None:
        need_comparable(history, settings_of_run(manifest), run.path)
    # Not read where another stands in for it: that is the way out for a gate that can not be read.
    made_with = None if gate is not None else stored_gate(manifest.settings, run.manifest)
    overrides = tuple(overrides)
    settings = judge_settings(manifest.settings, overrides, run.manifest)
    journal = read_journal(run.journal)
    requests = fail_overdue(read_requests(run.request_files()))
    database = read_database(run.database)
    balancer = read_balancer(run.balancer)
    check_clock(run, manifest.clock.mono_ns, journal.events, requests, database, balancer)
    ends = requests.records.end_ns
    timeline = build_timeline(
        journal.events,
        manifest.nodes,
        manifest.from_.version,
        manifest.to.version,
        int(ends.max()) if len(ends) else 0,
    )
    return Evidence(
        manifest,
        settings,
        journal,
        requests,
        timeline,
        balancer,
        read_balancer_log(run.balancer_log, _sealed_bytes(run, manifest)),
        read_node_errors(run.logs, manifest.nodes),
        running,
        ledger=read_ledger(run.writes, run.ledger),
        database=database,
        overrides=overrides,
        other_bounds=differences(judge_settings(manifest.settings, (), run.manifest), settings),
        continuity=read_cells(run.continuity),
        history=history,
        impact=impact_settings(manifest.stored.impact, run.manifest),
        gate=gate or made_with or GateSettings(),
        other_gate=gate is not None
        and _dumped(gate) != manifest.settings.get("gate", _dumped(GateSettings())),
        seal=sealed.result(),
    )


def _sealed_bytes(run: RunDirectory, manifest: Manifest) -> int | None:
    """How much of the balancer's log is under the seal; None where none of it is."""
    sealed = manifest.seal.files.get(run.name_of(run.balancer_log)) if manifest.seal else None
    return sealed.bytes if sealed else None


def _dumped(gate: GateSettings) -> dict[str, Any]:
    return gate.model_dump(mode="json")
