"""What each kind of step leaves in the journal: a frozen type each, with its reader.

Keys of a line's `detail` are the names of the fields here. A step tells as many of these as it has to tell,
as soon as it knows; readers take from a detail what they are about. A reader never raises: a key that is
missing, or holds something of another type, reads as None, which is neither a good answer nor a bad one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Self

from harness.evidence import told

READ = "read"
"""Key in the metadata of a field: what makes of a journalled value one of its type."""


def _read_by(read: Callable[[object], Any]) -> Any:
    """A field that is not known unless it is given; `read` makes of a journalled value one of its type."""
    return field(default=None, metadata={READ: read})


@dataclass(frozen=True, slots=True)
class Result:
    """Base of them all."""

    def detail(self) -> dict[str, Any]:
        """What is journalled: every field that is known."""
        return {
            each.name: _plain(value)
            for each in fields(self)
            if (value := getattr(self, each.name)) is not None
        }

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Self:
        """What a journalled detail tells of it."""
        return cls(**{each.name: each.metadata[READ](detail.get(each.name)) for each in fields(cls)})


def _plain(value: Any) -> Any:
    if isinstance(value, Result):
        return value.detail()
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value


@dataclass(frozen=True, slots=True)
class Ending(Result):
    """How any step or phase ended."""

    busy_s: float | None = _read_by(told.seconds)
    """Spent in commands and waits, as opposed to the harness's own work."""
    reason: str | None = _read_by(told.text)
    """Why it failed, was skipped or broke off."""
    refused: int | None = _read_by(told.natural)
    """Status of Keystone's answer, where it failed because a valid request was refused."""


@dataclass(frozen=True, slots=True)
class Remark(Result):
    """A note that belongs to no step's result."""

    words: str | None = _read_by(told.text)


@dataclass(frozen=True, slots=True)
class SealDue(Result):
    """A note before anything else: the run is sealed when it is closed."""

    seals: bool | None = _read_by(told.flag)


@dataclass(frozen=True, slots=True)
class Cleared(Result):
    """`clear_leftovers`."""

    cleared: tuple[str, ...] | None = _read_by(told.texts)
    """What an earlier run had left."""


@dataclass(frozen=True, slots=True)
class CommandRun(Result):
    """A command of Keystone or of the database that ran to its end."""

    command: tuple[str, ...] | None = _read_by(told.texts)
    """Its arguments, secrets never among them."""
    exit_code: int | None = _read_by(told.whole)
    duration_s: float | None = _read_by(told.seconds)
    log: str | None = _read_by(told.text)
    """Of its output, relative to the run directory."""


@dataclass(frozen=True, slots=True)
class Advice(Result):
    """`doctor`, `upgrade_check`: of a command that only advises."""

    advisory: bool | None = _read_by(told.flag)
    """False where the scenario requires it to succeed."""


@dataclass(frozen=True, slots=True)
class DatabaseCheck(Result):
    """`db_check`: what `keystone-manage db_sync --check` says, on which nothing rests."""

    answer: str | None = _read_by(told.text)
    advisory: bool | None = _read_by(told.flag)
    trusted: bool | None = _read_by(told.flag)
    """Whether this release is known to answer truly."""


@dataclass(frozen=True, slots=True)
class BaselineJudged(Result):
    """`judge_baseline`."""

    objection: str | None = _read_by(told.text)
    """Why the baseline is no ground to compare with."""

    def detail(self) -> dict[str, Any]:
        """None is an answer here: there is no objection."""
        return {"objection": self.objection}


@dataclass(frozen=True, slots=True)
class Backup(Result):
    """`backup`, beside its command."""

    bytes: int | None = _read_by(told.natural)


@dataclass(frozen=True, slots=True)
class Tables(Result):
    """`versions`, `prove_schema`: table -> its rows."""

    expected: Mapping[str, Sequence[str]] | None = _read_by(told.tables)
    seen: Mapping[str, Sequence[str]] | None = _read_by(told.tables)


@dataclass(frozen=True, slots=True)
class Migration(Result):
    """One migration that a command applied, timed by its log to the millisecond."""

    branch: str | None = _read_by(told.text)
    revision: str | None = _read_by(told.text)
    title: str | None = _read_by(told.text)
    started_ns: int | None = _read_by(told.instant_ns)
    """CLOCK_MONOTONIC, from the log line's wall time and the run's clock."""
    duration_s: float | None = _read_by(told.seconds)
    """Until the next line of the log, or the end of the command."""
    to_end: bool | None = _read_by(told.flag)
    """Until the end of the command, so that this is the most it can have taken; None where not noted."""


def _migrations(value: object) -> tuple[Migration, ...] | None:
    if not isinstance(value, list | tuple):
        return None
    return tuple(Migration.of(each) for each in value if isinstance(each, Mapping))


@dataclass(frozen=True, slots=True)
class DatabaseSynced(Result):
    """`db_sync`, beside its command."""

    migrations: tuple[Migration, ...] | None = _read_by(_migrations)
    """In the order in which they were applied."""
    log_errors: tuple[str, ...] | None = _read_by(told.texts)
    """Lines of its log that tell of an error."""


@dataclass(frozen=True, slots=True)
class TrustSet(Result):
    """`set_trust`: the flag `log_bin_trust_function_creators`."""

    binlog: bool | None = _read_by(told.flag)
    before: bool | None = _read_by(told.flag)
    after: bool | None = _read_by(told.flag)


@dataclass(frozen=True, slots=True)
class TrustRestored(Result):
    """`restore_trust`: the same flag."""

    before: bool | None = _read_by(told.flag)
    """What it was put back to."""
    seen: bool | None = _read_by(told.flag)


@dataclass(frozen=True, slots=True)
class NodesProven(Result):
    """`prove_nodes`, before contract."""

    expected: str | None = _read_by(told.text)
    """Version."""
    seen: Mapping[str, str | None] | None = _read_by(told.releases)
    """Node -> the version that it serves, None where it was not asked or did not say."""


@dataclass(frozen=True, slots=True)
class Drained(Result):
    """`wait_drained`."""

    sessions_left: int | None = _read_by(told.natural)
    deadline_s: float | None = _read_by(told.seconds)


@dataclass(frozen=True, slots=True)
class Stopped(Result):
    """`stop`."""

    signal: str | None = _read_by(told.text)


@dataclass(frozen=True, slots=True)
class Switched(Result):
    """`switch`."""

    release: str | None = _read_by(told.text)
    """Version that the node will serve."""


@dataclass(frozen=True, slots=True)
class NodeProven(Result):
    """`prove`: what the node itself has answered."""

    release_expected: str | None = _read_by(told.text)
    release_seen: str | None = _read_by(told.text)
    requests: int | None = _read_by(told.natural)
    """How many it took until every worker of the node had answered."""


@dataclass(frozen=True, slots=True)
class ReadBackDone(Result):
    """`read_back`."""

    entities: int | None = _read_by(told.natural)
    changing: int | None = _read_by(told.natural)
    """Those that were written to meanwhile."""
    requests: int | None = _read_by(told.natural)


@dataclass(frozen=True, slots=True)
class CohortMade(Result):
    """`make_cohort`."""

    made: int | None = _read_by(told.natural)
    objections: tuple[str, ...] | None = _read_by(told.texts)
    """What could not be made, and why."""


@dataclass(frozen=True, slots=True)
class OldDataMade(Result):
    """`seed_old_data`: by kind, which is the name of its check."""

    objects: Mapping[str, int] | None = _read_by(told.counts)
    """How many of each kind every later look is due for."""
    left_out: Mapping[str, str] | None = _read_by(told.words)
    """Why a kind is not looked at: no such deployment, or no such release, has it."""
    objections: Mapping[str, str] | None = _read_by(told.words)
    """Why a kind that was due could not be made."""


@dataclass(frozen=True, slots=True)
class CellsChecked(Result):
    """`check_cohort`, `check_old_data`, `check_continuity`."""

    cells: Mapping[str, int] | None = _read_by(told.counts)
    """Outcome of a check -> how many had it."""


@dataclass(frozen=True, slots=True)
class LoadDown(Result):
    """`load_down`: what a generator said at its end."""

    generator: str | None = _read_by(told.text)
    exit_code: int | None = _read_by(told.whole)
    killed: bool | None = _read_by(told.flag)
    records: int | None = _read_by(told.natural)
    faults: tuple[str, ...] | None = _read_by(told.texts)
    """Of the generator itself."""
    connections: Mapping[str, Mapping[str, int]] | None = _read_by(told.counts_by_lane)


@dataclass(frozen=True, slots=True)
class FaultNote(Result):
    """A note of `inject`: a fault that was made ready, or, with its times, one that is over."""

    fault: str | None = _read_by(told.text)
    """What the scenario calls it."""
    kind: str | None = _read_by(told.text)
    number: int | None = _read_by(told.natural)
    """Counts the times that it was in force."""
    node: str | None = _read_by(told.text)
    duration_s_asked: float | None = _read_by(told.seconds)
    begin_ns: int | None = _read_by(told.instant_ns)
    end_ns: int | None = _read_by(told.instant_ns)

    def detail(self) -> dict[str, Any]:
        """That it is on no node, or for no time, is said as well."""
        asked = {"node": self.node, "duration_s_asked": self.duration_s_asked}
        return {**Result.detail(self), **asked}

    @property
    def is_over(self) -> bool:
        """Whether it was in force, and when."""
        return self.begin_ns is not None and self.end_ns is not None


@dataclass(frozen=True, slots=True)
class FaultBroken(Result):
    """A note of `inject`: a fault that could not be injected or undone."""

    error: str | None = _read_by(told.text)
