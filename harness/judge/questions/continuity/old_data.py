"""The part of continuity that is about data which was there before the load began."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.evidence.continuity import Cell, CellOutcome, is_due
from harness.evidence.names import Phase, Step
from harness.judge import old_data
from harness.judge.continuity import place_words
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.old_words import KIND_WORDS, kind_words
from harness.judge.questions.continuity import refused
from harness.judge.words import REFUSED, counted, listed, was_were


def findings(evidence: Evidence) -> Iterator[Finding]:
    """FAIL for each kind that a release does not honour; INCONCLUSIVE for what was not made or looked at."""
    if old_data.is_asked(evidence):
        yield from _broken(evidence)
        yield from _not_made(evidence)
        yield from _not_looked_at(evidence)


def held(evidence: Evidence) -> str:
    """How many looks held, to end the sentence on all that did; empty where there were none."""
    looks = old_data.cells(evidence, CellOutcome.OK)
    if not looks:
        return ""
    kinds, phases = len({cell.check for cell in looks}), len({cell.phase for cell in looks})
    return f", besides {len(looks):,} of {counted(kinds, 'kind')} of old data in {counted(phases, 'phase')}"


def _broken(evidence: Evidence) -> Iterator[Finding]:
    """One for all nodes and phases in which a release did not honour a kind: that is one cause."""
    cells = old_data.cells(evidence, CellOutcome.BROKEN)
    before = {(cell.check, cell.checked_at.node) for cell in cells if cell.phase == Phase.SETUP}
    kinds: dict[tuple[str, str | None, bool], list[Cell]] = {}
    for cell in cells:
        was_so = (cell.check, cell.checked_at.node) in before and evidence.upgrades
        kinds.setdefault((cell.check, cell.checked_at.release, was_so), []).append(cell)
    for (_, _, was_so), same in kinds.items():
        yield _kind(evidence, same, was_so=was_so)


def _kind(evidence: Evidence, cells: Sequence[Cell], *, was_so: bool) -> Finding:
    first = cells[0]
    nodes = list(dict.fromkeys(cell.checked_at.node for cell in cells))
    excused = was_so or evidence.is_after_death(first.mono_ns)
    return Finding(
        f"{_words(first, nodes)} {_when(evidence, cells)}{_because(evidence, first, was_so=was_so)}.",
        Verdict.INCONCLUSIVE if excused else Verdict.FAIL,
        phase=first.phase,
        step=first.step,
        node=nodes[0] if len(nodes) == 1 else None,
        release=first.checked_at.release,
        error=first.check,
        start_ns=first.mono_ns,
        end_ns=cells[-1].mono_ns if len(cells) > 1 else None,
        requests=len(cells),
    )


def _words(first: Cell, nodes: Sequence[str]) -> str:
    words = KIND_WORDS[first.check]
    release = first.checked_at.release or "release unknown"
    made = place_words(first.made_at)
    return f"{words.subject} {made}, {words.predicate} {listed(nodes)} ({release})"


def _when(evidence: Evidence, cells: Sequence[Cell]) -> str:
    phases = list(dict.fromkeys(cell.phase for cell in cells))
    times = f", {len(cells)} times, the first" if len(cells) > 1 else ","
    word = "phase" if len(phases) == 1 else "the phases"
    return f"in {word} {listed(phases)}{times} {evidence.seconds(cells[0].mono_ns)}"


def _because(evidence: Evidence, first: Cell, *, was_so: bool) -> str:
    because = f" ({first.detail})" if first.detail else ""
    if was_so:
        return f"{because}; that was so before the upgrade began"
    outcomes = {
        (cell.checked_at.release, cell.outcome)
        for cell in old_data.cells(evidence)
        if cell.check == first.check and cell.checked_at.release is not None
    }
    honoured = [release for release, outcome in outcomes if outcome == CellOutcome.OK]
    always = [str(release) for release in honoured if (release, CellOutcome.BROKEN) not in outcomes]
    return f"{because}; {listed(sorted(always))} honoured it each time" if always else because


def _not_made(evidence: Evidence) -> Iterator[Finding]:
    told = old_data.made(evidence)
    if told is None:
        if evidence.completed:
            yield _open("No old data was made before the load began, so only fresh data was asked about.")
        return
    reasons: dict[str, list[str]] = {}
    for check, reason in (told.objections or {}).items():
        reasons.setdefault(reason, []).append(kind_words(check))
    for reason, kinds in reasons.items():
        if refused.is_refusal(reason):
            sentence = (
                f"{REFUSED}{reason}, before the load began; of old data {listed(kinds)} could not be made."
            )
            yield Finding(sentence, Verdict.FAIL, phase=Phase.SETUP, step=Step.SEED_OLD_DATA)
        else:
            yield _open(f"Of old data {listed(kinds)} could not be made: {reason}.")


def _not_looked_at(evidence: Evidence) -> Iterator[Finding]:
    """Every kind at every node in every phase in which it was due."""
    if not evidence.completed or not evidence.continuity.exists:
        return
    seen = {(cell.phase, cell.check, cell.checked_at.node) for cell in old_data.cells(evidence)}
    kinds, nodes = old_data.objects(evidence), evidence.manifest.nodes
    for phase in old_data.phases(evidence):
        due = [kind for kind in kinds if is_due(kind, phase)]
        left = [(kind, node) for node in nodes for kind in due if (phase, kind, node) not in seen]
        if left:
            words = listed(f"{kind_words(kind)} at {node}" for kind, node in left)
            number = len(left)
            yield _open(
                f"In phase {phase} {counted(number, 'look')} at old data {was_were(number)} never made: "
                f"{words}.",
                phase,
            )


def _open(sentence: str, phase: str | None = None) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE, phase=phase)
