"""Whether the instants of the evidence can belong to the run at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.evidence.balancer import BalancerRead
from harness.evidence.database import DatabaseRead
from harness.evidence.journal import Event
from harness.evidence.outcomes import DatabaseSynced
from harness.evidence.requests import Requests
from harness.evidence.rundir import RunDirectory

AWAY_NS_MAX = 30 * 86_400 * 1_000_000_000
"""Of an instant from the run's clock: longer than any run, and short enough to count its seconds."""


def check_clock(
    run: RunDirectory,
    mono_ns: int,
    events: Iterable[Event],
    requests: Requests,
    database: DatabaseRead,
    balancer: BalancerRead,
) -> None:
    """Refuse instants more than 30 days from the run's clock reading: they are of another boot, or damaged.

    Raises:
        UsageError: names the file, the key, the value and the way out.
    """
    for place, key, instant_ns in (
        *_of_journal(run.journal, events),
        *_of_requests(run.requests, requests),
        *_of_database(run.database, database),
        *_of_balancer(run.balancer, balancer),
    ):
        if abs(instant_ns - mono_ns) > AWAY_NS_MAX:
            raise UsageError(
                f"{place}: {key} is {instant_ns:,}, more than 30 days from the run's clock "
                f"({mono_ns:,} in {run.manifest.name}); restore the file from where the run was made."
            )


def _of_journal(path: Path, events: Iterable[Event]) -> Iterator[tuple[str, str, float]]:
    for event in events:
        place = f"{path}, seq {event.seq}"
        yield place, "mono_ns", event.mono_ns
        for migration in DatabaseSynced.of(event.detail).migrations or ():
            if migration.started_ns is not None:
                yield place, "detail.migrations.started_ns", migration.started_ns


def _of_requests(folder: Path, requests: Requests) -> Iterator[tuple[str, str, int]]:
    files = {lane.lane: file.name for file in requests.files for lane in file.lanes}
    for number, lane in enumerate(requests.lanes):
        records = requests.of(number)
        if len(records):
            place = f"{folder / files[lane.lane]}, lane {lane.lane}"
            yield place, "intended_ns", int(records.intended_ns[0])
            yield place, "intended_ns", int(records.intended_ns[-1])
            yield place, "start_ns", int(records.start_ns.min())
            yield place, "end_ns", int(records.end_ns.max())


def _of_database(path: Path, database: DatabaseRead) -> Iterator[tuple[str, str, int]]:
    for number, sample in database.samples.items():
        if sample.mono_ns is not None:
            yield f"{path}, line {number}", "mono_ns", sample.mono_ns


def _of_balancer(path: Path, balancer: BalancerRead) -> Iterator[tuple[str, str, int]]:
    for number, sample in enumerate(balancer.samples, start=1):
        yield f"{path}, sample {number}", "mono_ns", sample.mono_ns
