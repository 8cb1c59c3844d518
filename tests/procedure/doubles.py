"""A deployment in memory that remembers what was done to it, in order, and can be told to misbehave."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from harness.deployment.abilities import Abilities, Activity
from harness.deployment.command import CommandResult
from harness.deployment.protocols import Death, Node
from harness.errors import HarnessError, StepError
from harness.evidence.ledger import Stage
from harness.keystone.credentials import Credentials
from harness.procedure.watchers import Progress
from harness.releases.catalogue import Command, Release, Serves
from harness.releases.schema import Heads
from harness.scenario import StopSignal


def release(version: str, *commands: Command) -> Release:
    return Release(
        series=version,
        version=version,
        slurp=True,
        pythons=("3.11",),
        lock="none.txt",
        lock_cut_off=date(2026, 1, 1),
        serves=Serves("module", "keystone.wsgi.api:application"),
        commands=frozenset(commands),
        version_table="alembic_version",
    )


OLD = release("27.1.0", Command.DOCTOR, Command.UPGRADE_CHECK)
NEW = release("29.1.0", Command.DOCTOR, Command.UPGRADE_CHECK)
OLD_HEADS = Heads(expand="e27", contract="c27")
NEW_HEADS = Heads(expand="e29", contract="c29")


@dataclass
class FakeNode:
    name: str
    done: list[str]
    release: Release = OLD
    stays_on: Release | None = None
    """A node whose switch does not take."""
    url: str = "http://127.0.0.1:1"
    workers: int = 1
    running: bool = True
    dies_with: str = ""
    """What it prints as it ends, which is as soon as it is started."""

    def stop(self, signal: StopSignal, deadline_s: float) -> None:
        self.running = False
        self.done.append(f"stop {self.name} {signal}")

    def switch(self, release: Release) -> None:
        self.release = self.stays_on or release
        self.done.append(f"switch {self.name} {release.version}")

    def start(self) -> None:
        self.running = not self.dies_with
        self.done.append(f"start {self.name}")

    def is_running(self) -> bool:
        return self.running

    def log_tail(self) -> str:
        return self.dies_with


@dataclass
class FakeBalancer:
    done: list[str]
    sessions_left: dict[str, list[int]] = field(default_factory=dict)
    """Answers of `sessions`, one a call; the last one stays."""
    down: set[str] = field(default_factory=set)
    out: set[str] = field(default_factory=set)
    """Nodes to which it sends nothing new."""

    def set_state(self, node: str, state: str) -> None:
        self.out = self.out - {node} if state == "ready" else self.out | {node}
        self.done.append(f"{state} {node}")

    def sessions(self, node: str) -> int:
        answers = self.sessions_left.get(node, [0])
        return answers.pop(0) if len(answers) > 1 else answers[0]

    def is_up(self, node: str) -> bool:
        return node not in self.down

    def counters(self) -> Mapping[str, Mapping[str, int | str]]:
        return {name: {"status": "DOWN"} for name in self.down} | {
            name: {"status": "MAINT"} for name in self.out
        }


@dataclass
class FakeDatabase:
    done: list[str]
    tables: dict[str, list[str]]
    trust: bool = False
    trust_breaks: bool = False

    def version_tables(self) -> dict[str, list[str]]:
        return self.tables

    def needs_trust(self) -> bool:
        return True

    def trust_function_creators(self) -> bool:
        return self.trust

    def set_trust_function_creators(self, value: bool) -> None:
        if self.trust_breaks and not value:
            raise HarnessError("the database is gone")
        self.trust = value
        self.done.append(f"trust {value:d}")

    @contextmanager
    def watch(self) -> Iterator[Callable[[], Activity]]:
        yield lambda: Activity((), 0, 0.0)

    def backup(self, target: Path, deadline_s: float) -> CommandResult:
        target.write_text("dump", encoding="utf-8")
        self.done.append("backup")
        return CommandResult(("mariadb-dump",), 0, 0.1, target.parent / "logs" / "backup.log")


@dataclass
class FakeUpgradeHost:
    done: list[str]
    database: FakeDatabase
    exit_codes: dict[str, int] = field(default_factory=dict)
    printed: dict[str, str] = field(default_factory=dict)
    moves_schema: bool = True

    def manage(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        return self._run("keystone-manage", args, log)

    def status(self, release: Release, args: tuple[str, ...], log: Path, deadline_s: float) -> CommandResult:
        return self._run("keystone-status", args, log)

    def _run(self, program: str, args: tuple[str, ...], log: Path) -> CommandResult:
        words = " ".join(args)
        self.done.append(words)
        log.write_text(self.printed.get(words, ""), encoding="utf-8")
        code = self.exit_codes.get(words, 0)
        if code == 0 and self.moves_schema:
            if words == "db_sync --expand":
                self.database.tables = {"alembic_version": ["c27", "e29"]}
            if words == "db_sync --contract":
                self.database.tables = {"alembic_version": ["c29", "e29"]}
        return CommandResult((program, *args), code, 0.5, log)


@dataclass
class FakeDeployment:
    nodes: tuple[FakeNode, ...]
    balancer: FakeBalancer
    database: FakeDatabase
    upgrade_host: FakeUpgradeHost
    done: list[str]
    url: str = "http://127.0.0.1:1"
    admin: Credentials = field(
        default_factory=lambda: Credentials("admin", "s", "Default", "admin", "Default")
    )
    software: Mapping[str, str] = field(default_factory=dict)
    fallen: list[Death] = field(default_factory=list)

    def deaths(self) -> list[Death]:
        return list(self.fallen)

    @property
    def abilities(self) -> Abilities:
        """All but faults and a known-good target."""
        database, balancer = self.database, self.balancer
        return Abilities(
            backup=database, trust=database, activity=database, drain=balancer, counters=balancer
        )

    def down(self) -> list[str]:
        self.done.append("down")
        return []

    def read_back(self, stage: Stage) -> Mapping[str, int]:
        """What a real read-back tells the journal."""
        self.done.append(f"read back {stage}")
        return {"entities": 2, "changing": 0, "requests": 9}


def deployment() -> FakeDeployment:
    """Three nodes on the old release over a database that is complete for it."""
    done: list[str] = []
    database = FakeDatabase(done, {"alembic_version": ["c27", "e27"]})
    return FakeDeployment(
        nodes=tuple(FakeNode(f"node{n}", done) for n in (1, 2, 3)),
        balancer=FakeBalancer(done),
        database=database,
        upgrade_host=FakeUpgradeHost(done, database),
        done=done,
    )


def prove(node: Node, release: Release, deadline_s: float) -> tuple[str, int]:
    """What a real proof answers: the release in the node's header."""
    assert isinstance(node, FakeNode)
    if not node.running:
        raise StepError(f"{node.name} does not answer")
    node.done.append(f"prove {node.name}")
    return node.release.version, 2


class LivingGenerator:
    def check_alive(self) -> None:
        return


class SilentWatcher:
    """Watches and says nothing."""

    def run_began(self) -> None:
        return

    def run_ended(self) -> None:
        return

    def phase_began(self, phase: str) -> None:
        return

    def phase_skipped(self, phase: str, reason: str) -> None:
        return

    def step_began(self, phase: str, step: str, node: str | None) -> None:
        return

    def step_ended(self, phase: str, step: str, node: str | None, edge: str, words: str) -> None:
        return

    def note(self, words: str) -> None:
        return

    def tick(self, progress: Progress) -> None:
        return
