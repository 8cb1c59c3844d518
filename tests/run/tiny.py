"""A tiny back-end in memory, and everything else that a whole run needs, in a few tenths of a second."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.deployment.abilities import Abilities, OldRows
from harness.deployment.backend import Missing, Report
from harness.deployment.protocols import Node
from harness.errors import HarnessError, UsageError
from harness.evidence.clock import now_ns
from harness.evidence.continuity import Check
from harness.evidence.journal import Journal
from harness.evidence.names import Outcome
from harness.evidence.records import Lane, Record, RecordWriter
from harness.keystone.credentials import Credentials
from harness.load.process import ExitSummary
from harness.load.spec import Account, Accounts, ChildSpec
from harness.procedure.continuity import OldData
from harness.releases.catalogue import Release
from harness.releases.schema import Heads
from harness.run.means import Means
from harness.run.order import Order
from harness.scenario import Scenario, parse_scenario
from tests.procedure.doubles import (
    FakeBalancer,
    FakeDatabase,
    FakeDeployment,
    FakeNode,
    FakeUpgradeHost,
    deployment,
    prove,
)

QUICK: dict[str, Any] = {
    "name": "tiny",
    "probes": [{"op": "token_issue", "rate_hz": 300}, {"op": "token_validate", "rate_hz": 300}],
    "load": {"users": 0, "client_users": 0},
    "roll": {"settle_s": 0.015},
    "procedure": {"baseline_s": 0.12, "cooldown_s": 0.03, "phase_s_min": 0.02},
    "judge": {"baseline_s_min": 0.1},
    # Both ask the nodes over HTTP, and these have no ears.
    "integrity": {"enabled": False},
    "continuity": {"enabled": False},
}


class Done(list[str]):
    """What was done, in order; `then` is called once, right after its word."""

    def __init__(self) -> None:
        super().__init__()
        self.then: dict[str, Callable[[], None]] = {}

    def append(self, word: str) -> None:
        super().append(word)
        self.then.pop(word, lambda: None)()


@dataclass
class TinyDeployment(FakeDeployment):
    able: Abilities | None = None

    @property
    def abilities(self) -> Abilities:
        return self.able or super().abilities


class TinyBackend:
    """Satisfies `harness.deployment.backend.Backend`."""

    def __init__(self, done: Done, brought_up: TinyDeployment) -> None:
        self.done = done
        self._deployment = brought_up

    def missing(self) -> Sequence[Missing]:
        return ()

    def need_fit(self) -> None:
        """It always is."""

    def clear_leftovers(self) -> Sequence[str]:
        self.done.append("clear")
        return ()

    def up(self, release: Release, to: Release, logs: Path, report: Report) -> TinyDeployment:
        report("half of it is up")
        self.done.append("up")
        return self._deployment

    def end_own(self) -> Sequence[str]:
        self.done.append("end own")
        return ()


class TinyGenerator:
    """Writes real request files: what was due since it was last looked at, answered by nodes that serve."""

    def __init__(self, spec: ChildSpec, lab: FakeDeployment, done: Done) -> None:
        self._spec = spec
        self._lab = lab
        self._done = done
        self._writer = RecordWriter(spec.evidence, spec.lanes, spec.clock)
        self._next_ns = {lane.lane: now_ns() for lane in spec.lanes}
        self._looks = [(now_ns(), self._serving())]
        self._stopped: ExitSummary | None = None
        self.dies_after: str | None = None
        self.dies_of: int | None = None
        self.exit_code: int | None = None

    def wait_ready(self, deadline_s: float) -> None:
        self._done.append(f"{self._spec.job} ready")

    def is_alive(self) -> bool:
        if self.dies_after in self._done:
            self.exit_code = self.dies_of
            return False
        self._write()
        return True

    def stop(self, deadline_s: float) -> ExitSummary:
        if self._stopped is None:
            self._write()
            self._writer.close(1.0, 1.0)
            self._stopped = ExitSummary(0, False, self._writer.records, 0, 1.0, 1.0)
            self._done.append(f"{self._spec.job} stopped")
        return self._stopped

    def _serving(self) -> set[tuple[str, str]]:
        out = self._lab.balancer.out
        return {(n.name, n.release.version) for n in self._lab.nodes if n.running and n.name not in out}

    def _write(self) -> None:
        """A node that was stopped or switched since the last look may not have served all the time."""
        serving, until_ns = self._serving(), now_ns()
        self._looks.append((until_ns, serving))
        for lane in self._spec.lanes:
            while (due_ns := self._next_ns[lane.lane]) < until_ns - 3_000_000:
                steady = sorted(self._steady(due_ns)) or sorted(serving)
                node, version = steady[self._writer.records % len(steady)]
                self._writer.write(self._record(lane, due_ns, node, version))
                self._next_ns[lane.lane] += round(1e9 / (lane.rate_hz or 1.0))
        self._writer.flush()

    def _steady(self, since_ns: int) -> set[tuple[str, str]]:
        """Who served at the last look before an instant, and at every one since."""
        before = [at for at, (at_ns, _) in enumerate(self._looks) if at_ns <= since_ns]
        return set.intersection(*(served for _, served in self._looks[before[-1] if before else 0 :]))

    def _record(self, lane: Lane, due_ns: int, node: str, version: str) -> Record:
        return Record(
            seq=self._writer.records,
            lane=lane.lane,
            op=lane.op,
            connection=lane.connection,
            intended_ns=due_ns,
            start_ns=due_ns + 1_000_000,
            end_ns=due_ns + 2_000_000,
            status=201,
            outcome=Outcome.OK,
            error=None,
            detail=None,
            node=node,
            release=version,
            request_id=f"req-{lane.lane}-{self._writer.records}",
        )


@dataclass
class World:
    """Everything outside a run, and what was done to it."""

    folder: Path
    done: Done = field(default_factory=Done)
    lab: TinyDeployment = field(init=False)
    generators: list[TinyGenerator] = field(default_factory=list)
    dies_after: str | None = None
    """Deed after which the generator is found dead."""
    dies_of: int | None = None
    """With which exit code."""
    journal: Callable[[Path], Journal] = Journal
    users_objection: str | None = None
    """What is wrong with the users' file, where users are asked for."""

    def __post_init__(self) -> None:
        fake = deployment()
        self.lab = TinyDeployment(fake.nodes, fake.balancer, fake.database, fake.upgrade_host, self.done)
        parts: tuple[FakeNode | FakeBalancer | FakeDatabase | FakeUpgradeHost, ...] = (
            *fake.nodes,
            fake.balancer,
            fake.database,
            fake.upgrade_host,
        )
        for part in parts:
            part.done = self.done

    @property
    def means(self) -> Means:
        return Means(
            backend=lambda scenario, home: TinyBackend(self.done, self.lab),
            need_users=self._need_users,
            heads=_heads,
            seed=_seed,
            seed_old_data=self._seed_old_data,
            launch=self._launch,
            prove=_prove,
            journal=self.journal,
        )

    def order(self, **scenario: Any) -> Order:
        (self.folder / "identity.py").touch()
        return Order(
            scenario=parse_scenario(QUICK | scenario, "tiny.toml"),
            scenario_file=self.folder / "tiny.toml",
            home=self.folder / "home",
            out=self.folder / "reports",
            command=("harness", "run", "tiny"),
        )

    def without(self, *names: str) -> None:
        """Take abilities away."""
        self.lab.able = replace(self.lab.abilities, **dict.fromkeys(names))

    def _need_users(self, path: Path, users: int, client_users: int) -> None:
        if self.users_objection and users + client_users:
            raise UsageError(self.users_objection)

    def _seed_old_data(self, node: Node, admin: Credentials, projects: int, able: OldRows | None) -> OldData:
        self.done.append(f"old data at {node.name} with {projects} projects, {able and 'rows'}")
        return OldData(node.name, left_out={Check.OLD_EC2: "none here"})

    def _launch(self, spec: ChildSpec, log: Path) -> TinyGenerator:
        log.touch()
        self.done.append(f"{spec.job} started")
        made = TinyGenerator(spec, self.lab, self.done)
        made.dies_after, made.dies_of = self.dies_after, self.dies_of
        self.generators.append(made)
        return made


def _heads(release: Release, home: Path, report: Report) -> Heads:
    known = {"27.1.0": Heads("e27", "c27"), "29.1.0": Heads("e29", "c29")}
    if release.version not in known:
        raise HarnessError(f"{release} is none of this world")
    return known[release.version]


def _seed(url: str, admin: Credentials, scenario: Scenario, seed: int) -> Accounts:
    one = Account("probe-0", "secret", "id", "Default", "project", "Default", "id")
    return Accounts(one, (one,), (), ())


def _prove(node: Node, admin: Credentials, release: Release, deadline_s: float) -> tuple[str, int]:
    return prove(node, release, deadline_s)
