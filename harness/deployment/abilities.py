"""What not every deployment can do or tell: optional protocols, and which of them one has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

from harness.deployment.command import CommandResult
from harness.errors import HarnessError
from harness.evidence.names import Ability
from harness.scenario.fault import FaultSettings


@dataclass(frozen=True, slots=True)
class LockHolder:
    """A database thread that holds a lock for which another waits."""

    thread: int
    account: str
    program: str | None
    """As that of who waits."""
    lock: str
    """The database's own word for its mode, such as `MDL_SHARED_READ`."""
    statement: str
    """What it runs, without its literals; empty where it is idle."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A database thread that waits for a lock."""

    thread: int
    account: str
    state: str
    """The database's own words, such as `Waiting for table metadata lock`."""
    waited_s: float
    """Since its statement began, so the wait is no longer than this."""
    statement: str
    """What it wants to run, without its literals: `harness.deployment.statement`."""
    program: str | None = None
    """Whose connection it is: a node or the command of a step. Empty: of neither. None: that is not known."""
    holders: tuple[LockHolder, ...] = ()
    """Who holds the lock, as far as that can be seen; who only waits for it as well is left out."""


@dataclass(frozen=True, slots=True)
class Activity:
    """What goes on in the database at one instant."""

    waiting: tuple[Waiting, ...]
    """Longest wait first."""
    transactions: int
    oldest_transaction_s: float
    """0 where there is none."""


class Drain(Protocol):
    """Takes nodes out of the balancer and puts them back; not every deployment has it."""

    def set_state(self, node: str, state: str) -> None:
        """Put a node's server into `drain`, `maint` or `ready`."""

    def sessions(self, node: str) -> int:
        """Sessions that the balancer still has with the node, queued ones included."""


class BalancerCounters(Protocol):
    """What the balancer tells of its servers; not every deployment has it."""

    def is_up(self, node: str) -> bool:
        """Whether the balancer now sends new sessions to the node."""

    def counters(self) -> Mapping[str, Mapping[str, int | str]]:
        """Counters per server and for `FRONTEND` and `BACKEND`: `scur`, `stot`, `econ`, `eresp`, `wretr`,
        `wredis`, `hrsp_5xx`, `status`, ...
        """


class Trust(Protocol):
    """The trust flag of the database server; not every deployment lets it be set."""

    def needs_trust(self) -> bool:
        """Whether it writes a binary log, so that creating triggers needs the trust flag."""

    def trust_function_creators(self) -> bool:
        """Current global value of `log_bin_trust_function_creators`."""

    def set_trust_function_creators(self, value: bool) -> None:
        """Set the global `log_bin_trust_function_creators`."""


class DatabaseActivity(Protocol):
    """What waits in the database; not every deployment lets it be seen."""

    def watch(self) -> AbstractContextManager[Callable[[], Activity]]:
        """A connection kept open to look often at what goes on; the look itself waits for no lock.

        Raises:
            StepError: the database does not answer; so does each look.
        """


class Backup(Protocol):
    """Dumps the database; not every deployment has it."""

    def backup(self, target: Path, deadline_s: float) -> CommandResult:
        """Dump the Keystone database to `target`, readable by its owner only."""


class OldRows(Protocol):
    """Writes rows behind the API, as an earlier release left them; not every deployment lets that be done.

    Each raises HarnessError where the database does not answer, refuses, or has no such row.
    """

    def set_password_hash(self, user_id: str, hashed: str) -> None:
        """Let this be what is kept of the user's password."""

    def expire_password(self, user_id: str) -> None:
        """Let the user's password have expired long ago."""

    def multiply_project(self, project_id: str, others: Mapping[str, str]) -> None:
        """Make a project of each id and name in `others` that is in everything else as this one is."""


class Injection(Protocol):
    """One fault, made ready but not begun."""

    def begin(self) -> int:
        """Do it and return at once; CLOCK_MONOTONIC nanoseconds at which it was in force.

        Raises:
            HarnessError: it could not be done; `end` undoes what was done of it.
        """

    def end(self) -> int:
        """Undo it; CLOCK_MONOTONIC nanoseconds until which it was in force.

        Harmless where nothing was begun, and when called again.

        Raises:
            HarnessError: it could not be undone.
        """

    @property
    def detail(self) -> Mapping[str, object]:
        """For the journal: what was hit. No secrets."""


class Faults(Protocol):
    """Does harm on purpose, to one deployment and to nothing else; not every back-end has it."""

    def prepare(self, fault: FaultSettings) -> Injection:
        """Make a fault ready, so that beginning it takes no time.

        Raises:
            HarnessError: it is not possible now, e.g. there is nothing to hit.
        """


@dataclass(frozen=True, slots=True)
class Abilities:
    """What not every deployment can do; what is None is left out of the plan, with that for its reason."""

    faults: Faults | None = None
    backup: Backup | None = None
    trust: Trust | None = None
    drain: Drain | None = None
    reference_url: str | None = None
    """Base URL of a target on the same machine that has nothing to do but answer `REFERENCE_BODY`."""
    activity: DatabaseActivity | None = None
    counters: BalancerCounters | None = None
    rows: OldRows | None = None

    @property
    def names(self) -> frozenset[Ability]:
        """Those it has."""
        every: Mapping[Ability, object | None] = {
            Ability.FAULTS: self.faults,
            Ability.BACKUP: self.backup,
            Ability.TRUST: self.trust,
            Ability.DRAIN: self.drain,
            Ability.REFERENCE: self.reference_url,
            Ability.DATABASE_ACTIVITY: self.activity,
            Ability.BALANCER_COUNTERS: self.counters,
            Ability.OLD_ROWS: self.rows,
        }
        return frozenset(ability for ability, has in every.items() if has is not None)


_T = TypeVar("_T")


def need(ability: _T | None, name: Ability) -> _T:
    """An ability that the plan counts on.

    Raises:
        HarnessError: the deployment has it not, so the plan should have left the step out.
    """
    if ability is None:
        raise HarnessError(f"the plan asks for the ability {name}, which this deployment has not")
    return ability
