"""Holds a run against an independent prober that sent requests to the same balancer meanwhile.

    python -m tools.witness RUN LINES

LINES has a JSON object a line for each request of the prober: `start_ns` and `end_ns` by CLOCK_MONOTONIC of
the same machine, and `ok`. Exit status 0: every failure of the prober lies in a disruption of the run and
every disruption has one, both edges within one interval of the slower of the two; 1 where that is not so; 2
for what can not be read.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

from pydantic import BaseModel, ValidationError

from harness.command.streams import outlive_readers
from harness.errors import UsageError
from harness.evidence.names import PROBED_PHASES, Edge, Step
from harness.evidence.requests import read_requests
from harness.evidence.rundir import RunDirectory
from harness.judge.downtime import Outage
from harness.judge.timeline import windows
from harness.judge.verdict import judge_run
from harness.refusal import problem


class Probe(BaseModel):
    """One request of the prober."""

    start_ns: int
    end_ns: int
    ok: bool


@dataclass(frozen=True, slots=True)
class Held:
    """One disruption of the run, and what the prober has of it."""

    ours: Outage
    begin_ns: tuple[int, int]
    """Prober: its last success before was sent then, and the first that failed, or the stop that hit it."""
    end_ns: tuple[int, int]
    """Prober: the last that failed was sent then, and its first success after."""
    failed: int
    interval_ns: int
    """Between two requests of the slower of the two."""

    @property
    def apart_ns(self) -> tuple[int, int]:
        """Between the two bounds of each edge of ours and those of the prober; 0 where they overlap."""
        begin = _apart((self.ours.start_ns, self.ours.inner_start_ns), self.begin_ns)
        return begin, _apart((self.ours.inner_end_ns, self.ours.end_ns), self.end_ns)

    @property
    def agrees(self) -> bool:
        """Whether both edges are within one interval of the slower."""
        return max(self.apart_ns) <= self.interval_ns


@dataclass(frozen=True, slots=True)
class Comparison:
    """All disruptions, and what belongs to none."""

    held: tuple[Held, ...]
    unseen: tuple[Outage, ...]
    """Disruptions in which no request of the prober failed."""
    outside: tuple[Probe, ...]
    """Failures of the prober in no disruption."""
    probes: int

    @property
    def agrees(self) -> bool:
        """Whether nothing stands alone and every edge is where the other has it."""
        return not self.unseen and not self.outside and all(each.agrees for each in self.held)


def compare(
    outages: Sequence[Outage], interval_ns: int, probes: Iterable[Probe], stops_ns: Sequence[int]
) -> Comparison:
    """Lay each failure of the prober to the disruptions during which it was under way, or an interval beside.

    Args:
        outages: of the run.
        interval_ns: between two requests of its densest lane.
        probes: of the prober, those of the judged time.
        stops_ns: when nodes began to be stopped. A request that was under way then may have waited on a sound
            service before, as with the run's own.
    """
    sent = sorted(probes, key=lambda probe: probe.start_ns)
    gaps = [later.start_ns - earlier.start_ns for earlier, later in pairwise(sent)]
    slower_ns = max(interval_ns, round(median(gaps)) if gaps else 0)
    bad = [probe for probe in sent if not probe.ok]
    held: list[Held] = []
    unseen: list[Outage] = []
    laid: set[int] = set()
    for outage in outages:
        inside = [
            probe
            for probe in bad
            if probe.end_ns >= outage.start_ns - slower_ns and probe.start_ns <= outage.end_ns + slower_ns
        ]
        laid.update(id(probe) for probe in inside)
        if inside:
            held.append(_held(outage, inside, sent, slower_ns, stops_ns))
        else:
            unseen.append(outage)
    outside = tuple(probe for probe in bad if id(probe) not in laid)
    return Comparison(tuple(held), tuple(unseen), outside, len(sent))


def _held(
    outage: Outage, inside: Sequence[Probe], sent: Sequence[Probe], slower_ns: int, stops_ns: Sequence[int]
) -> Held:
    hurt_ns = min(_hurt_ns(probe, stops_ns) for probe in inside)
    last_ns = max(hurt_ns, *(probe.start_ns for probe in inside))
    before = [probe.start_ns for probe in sent if probe.ok and probe.end_ns <= hurt_ns]
    after = [probe.start_ns for probe in sent if probe.ok and probe.start_ns > last_ns]
    begin_ns = (max(before, default=hurt_ns), hurt_ns)
    return Held(outage, begin_ns, (last_ns, min(after, default=last_ns)), len(inside), slower_ns)


def _hurt_ns(probe: Probe, stops_ns: Sequence[int]) -> int:
    return next((stop for stop in sorted(stops_ns) if probe.start_ns < stop <= probe.end_ns), probe.start_ns)


def _apart(one: tuple[int, int], other: tuple[int, int]) -> int:
    return max(0, max(one[0], other[0]) - min(one[1], other[1]))


def table(comparison: Comparison, zero_ns: int) -> str:
    """A line for each disruption; seconds since `zero_ns`."""

    def seconds(times: tuple[int, int]) -> str:
        return " to ".join(f"{(each - zero_ns) / 1e9:.3f}" for each in times)

    head = (
        "ours failed",
        "begins",
        "ends",
        "prober failed",
        "begins",
        "ends",
        "apart s",
        "within s",
        "agrees",
    )
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    for each in comparison.held:
        ours = each.ours
        cells = [
            str(ours.requests),
            seconds((ours.start_ns, ours.inner_start_ns)),
            seconds((ours.inner_end_ns, ours.end_ns)),
            str(each.failed),
            seconds(each.begin_ns),
            seconds(each.end_ns),
            ", ".join(f"{apart / 1e9:.3f}" for apart in each.apart_ns),
            f"{each.interval_ns / 1e9:.3f}",
            "yes" if each.agrees else "NO",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    lines += [
        f"Not seen by the prober: {seconds((each.start_ns, each.end_ns))}" for each in comparison.unseen
    ]
    lines += [f"Prober alone: {seconds((each.start_ns, each.end_ns))}" for each in comparison.outside]
    return "\n".join(lines)


def main(arguments: Sequence[str]) -> int:
    """Print the table of one run; the exit status says whether the two agree."""
    if len(arguments) != 2:
        print("Usage: python -m tools.witness RUN LINES", file=sys.stderr)
        return 2
    try:
        comparison, zero_ns, failed = _of_run(RunDirectory(Path(arguments[0])), Path(arguments[1]))
    except (UsageError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{failed:,} requests of the run failed; {comparison.probes:,} of the prober were sent meanwhile, of "
        f"which {sum(each.failed for each in comparison.held) + len(comparison.outside):,} failed."
    )
    print(table(comparison, zero_ns))
    return 0 if comparison.agrees else 1


def _of_run(run: RunDirectory, lines: Path) -> tuple[Comparison, int, int]:
    judgement = judge_run(run)
    judged = [window for window in windows(judgement.timeline) if window.phase in PROBED_PHASES]
    if not judged:
        raise UsageError(f"{run.path}: no phase of it was probed.")
    begin_ns, end_ns = judged[0].start_ns, judged[-1].end_ns
    probes = [probe for probe in read_probes(lines) if begin_ns <= probe.start_ns < end_ns]
    rates = [
        lane.rate_hz for lane in read_requests(sorted(run.requests.glob("*.jsonl"))).lanes if lane.rate_hz
    ]
    stops = [s.start_ns for s in judgement.timeline.steps if s.step == Step.STOP and s.edge != Edge.SKIP]
    comparison = compare(judgement.downtime.outages, round(1e9 / max(rates)), probes, stops)
    return comparison, judgement.timeline.start_ns, judgement.downtime.failed


def read_probes(path: Path) -> list[Probe]:
    """The prober's requests.

    Raises:
        UsageError: a line is none; names it.
        OSError: the file can not be read.
    """
    probes = []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
        try:
            probes.append(Probe.model_validate_json(line))
        except ValidationError as error:
            raise UsageError(f"{path}, line {number}: {problem(error)}") from None
    return probes


if __name__ == "__main__":
    outlive_readers()
    sys.exit(main(sys.argv[1:]))
