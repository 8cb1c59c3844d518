"""Which old data a run had, and what of it is told beside the findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.evidence.continuity import OLD_DATA_CHECKS, OLD_DATA_PHASES, Cell, CellOutcome
from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import OldDataMade
from harness.judge.evidence import Evidence
from harness.judge.old_words import kind_words
from harness.judge.words import counted, listed

_NOT_ASKED = (
    "Only data that was made for the run was asked about: what an upgrade does to older data, such as "
    "passwords that earlier releases hashed, is not known."
)


def is_asked(evidence: Evidence) -> bool:
    """Whether the scenario asks for it; runs made before there was any do not."""
    continuity = evidence.scenario.continuity
    return continuity.enabled and continuity.old_data


def made(evidence: Evidence) -> OldDataMade | None:
    """What was made of it; None where the journal does not tell."""
    steps = [step for step in evidence.timeline.steps if step.step == Step.SEED_OLD_DATA]
    ended = [OldDataMade.of(step.detail) for step in steps if step.edge == Edge.END]
    return next((told for told in ended if told.objects is not None), None)


def objects(evidence: Evidence) -> Mapping[str, int]:
    """Check -> how many objects of the kind there were."""
    told = made(evidence)
    return (told.objects if told else None) or {}


def cells(evidence: Evidence, *outcomes: CellOutcome) -> list[Cell]:
    """Looks at old data; of every outcome where none is given."""
    return [
        cell
        for cell in evidence.continuity.cells
        if cell.check in OLD_DATA_CHECKS and (not outcomes or cell.outcome in outcomes)
    ]


def phases(evidence: Evidence) -> list[str]:
    """Phases of the run in which it was due to be looked at, in their order."""
    probed = dict.fromkeys(w.phase for w in evidence.windows if w.phase in OLD_DATA_PHASES)
    return [Phase.SETUP, *probed]


def exercised(evidence: Evidence) -> str:
    """A sentence on what was seen of it and held; empty where there was none."""
    kinds = objects(evidence) if is_asked(evidence) else {}
    if not kinds or not cells(evidence, CellOutcome.OK):
        return ""
    seen = phases(evidence)
    between = any(phase not in (Phase.SETUP, Phase.COOLDOWN) for phase in seen)
    nodes = len(evidence.manifest.nodes)
    where = "the one node" if nodes == 1 else f"each of {nodes} nodes"
    return (
        f"Old data of {counted(len(kinds), 'kind')}, {counted(sum(kinds.values()), 'object')}, was seen at "
        f"{where} before{', during' if between else ''} and after."
    )


def limits(evidence: Evidence) -> Iterator[str]:
    """What of it was not asked; nothing where continuity itself was not, which is told as a whole."""
    if not evidence.scenario.continuity.enabled:
        return
    if not evidence.scenario.continuity.old_data:
        yield _NOT_ASKED
    told = made(evidence)
    reasons: dict[str, list[str]] = {}
    for check, reason in ((told.left_out if told else None) or {}).items():
        reasons.setdefault(reason, []).append(kind_words(check))
    for reason, kinds in reasons.items():
        yield f"Of old data {listed(kinds)} were not asked about: {reason}."
