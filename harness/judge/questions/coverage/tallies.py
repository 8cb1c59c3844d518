"""Whether what was counted while the run went on is still there, in files that know nothing of each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from harness.evidence.ledger import Stage
from harness.evidence.names import LEDGER_OPERATIONS, Edge, Outcome, Phase, Step
from harness.evidence.outcomes import CellsChecked, ReadBackDone
from harness.judge.codes import OK, count
from harness.judge.evidence import Evidence
from harness.judge.model import Span
from harness.judge.overdue import overdue
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted, listed

_CHECKS = frozenset({Step.CHECK_COHORT, Step.CHECK_OLD_DATA, Step.CHECK_CONTINUITY})
_Place = tuple[str, str | None]
"""Phase and step."""


def check(evidence: Evidence) -> Iterator[Gap]:
    """Lines that were lost and left no trace in their own file."""
    yield from _cells(evidence)
    yield from _entities(evidence)
    yield from _acknowledged(evidence)
    yield from _tables(evidence)


def _cells(evidence: Evidence) -> Iterator[Gap]:
    """Checks of continuity: the journal has how many came out how, per step."""
    found: dict[_Place, Counter[str]] = {}
    for cell in evidence.continuity.cells:
        found.setdefault((cell.phase, cell.step), Counter())[cell.outcome] += 1
    for place, made in _checked(evidence).items():
        left = found.get(place, Counter())
        if left != made:
            yield Gap(
                f"continuity.jsonl tells of {_outcomes(left)} in step {place[1]} of phase {place[0]}, the "
                f"journal of {_outcomes(made)}.",
                place[0],
            )


def _checked(evidence: Evidence) -> dict[_Place, Counter[str]]:
    """What the journal counted of each step that always came to its end; the others may have left some."""
    steps = [step for step in evidence.timeline.steps if step.step in _CHECKS and step.edge != Edge.SKIP]
    made: dict[_Place, Counter[str]] = {}
    unknown = set()
    for step in steps:
        place, cells = (step.phase, step.step), _told(step)
        if cells is None:
            unknown.add(place)
        else:
            made.setdefault(place, Counter()).update(cells)
    return {place: +cells for place, cells in made.items() if place not in unknown}


def _told(step: Span) -> Mapping[str, int] | None:
    return CellsChecked.of(step.detail).cells if step.edge == Edge.END else None


def _outcomes(cells: Mapping[str, int]) -> str:
    """`12 checks (11 ok and 1 broken)`."""
    words = listed(f"{number} {outcome}" for outcome, number in sorted(cells.items()))
    return counted(sum(cells.values()), "check") + (f" ({words})" if words else "")


def _entities(evidence: Evidence) -> Iterator[Gap]:
    """What was read back: the journal has of how many entities."""
    found = {each.stage: len(each.entities) for each in evidence.ledger.read_backs if each.end_ns is not None}
    for step in evidence.timeline.steps:
        if step.step != Step.READ_BACK or step.edge != Edge.END:
            continue
        stage = Stage.ROLL if step.phase == Phase.ROLL else Stage.CONTRACT
        read = ReadBackDone.of(step.detail).entities
        if read is not None and stage in found and found[stage] != read:
            yield Gap(
                f"ledger.jsonl tells of {counted(found[stage], 'entity', 'entities')} read back in phase "
                f"{step.phase}, the journal of {read:,}.",
                step.phase,
            )


def _acknowledged(evidence: Evidence) -> Iterator[Gap]:
    """Writes that were answered well: without its end in the ledger, each counts as undecided there."""
    if not evidence.scenario.integrity.enabled:
        return
    known = Counter(write.lane for write in evidence.ledger.writes if write.outcome == Outcome.OK)
    for number, lane in enumerate(evidence.requests.lanes):
        if lane.op not in LEDGER_OPERATIONS:
            continue
        records = evidence.requests.of(number)
        answered = count((records.outcome == OK) | overdue(records))
        if answered > known[lane.lane]:
            yield Gap(
                f"{counted(answered, 'write')} of lane {lane.lane} succeeded, and the ledger knows of "
                f"{known[lane.lane]:,}: what was acknowledged is not all in it.",
                lane=lane.lane,
            )


def _tables(evidence: Evidence) -> Iterator[Gap]:
    """Version tables: each step that reads them leaves a sample, in runs whose samples tell their edge."""
    sampled = {(sample.phase, sample.step, sample.edge) for sample in evidence.database.versions}
    if not any(edge for _, _, edge in sampled):
        return
    for step in evidence.timeline.steps:
        for edge in _EDGES.get(step.step or "", ()) if step.edge == Edge.END else ():
            if (step.phase, step.step, edge) not in sampled:
                yield Gap(
                    f"database.jsonl lacks the version tables that step {step.step} read in phase "
                    f"{step.phase}, at its {edge}.",
                    step.phase,
                )


_EDGES: Mapping[str, tuple[Edge, ...]] = {
    Step.VERSIONS: (Edge.END,),
    Step.DB_SYNC: (Edge.BEGIN, Edge.END),
    Step.PROVE_SCHEMA: (Edge.END,),
}
"""Steps that read the version tables, and at which of their edges."""
