"""Does one release honour what was made on the other?"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import permutations

from harness.evidence.continuity import (
    COHORT_CHECKS,
    OLD_DATA_CHECKS,
    PAIR_CHECKS,
    TAIL_CHECKS,
    Cell,
    CellOutcome,
    Check,
)
from harness.evidence.names import Phase
from harness.judge.case import Case
from harness.judge.continuity import TITLES, Direction, broken_words, direction
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Question, Verdict, worst
from harness.judge.questions.continuity import old_data, refused
from harness.judge.words import counted, listed, was_were

NAME = "continuity"

_MIXED = (Direction.OLD_TO_NEW, Direction.NEW_TO_OLD)
_Variant = tuple[str, bool | None]
_VARIANTS: tuple[_Variant, ...] = (
    (Check.TOKEN_VALIDATES, True),
    (Check.TOKEN_VALIDATES, False),
    *((check, None) for check in PAIR_CHECKS if check is not Check.TOKEN_VALIDATES),
)
"""Each check between two nodes, that of tokens with the cache and without."""


def asked(case: Case) -> bool:
    """Whether the scenario asks for it; runs made before the question existed do not."""
    return case.evidence.scenario.continuity.enabled


def judge(case: Case) -> Question:
    """FAIL for each kind of broken cell, and for what was valid and refused; INCONCLUSIVE for other unknown
    cells, and for those that are missing.
    """
    evidence = replace(case.evidence, continuity=case.honoured)
    checks = (
        _file,
        _broken,
        old_data.findings,
        _late,
        refused.check,
        _unknown,
        _missing,
        _pairs,
        _cohort,
        _cut_short,
    )
    found = [finding for check in checks for finding in check(evidence)] or [_held(evidence)]
    findings = (*found, *_accepted_tails(evidence))
    return Question(NAME, worst(finding.verdict for finding in findings), findings)


def _cells(evidence: Evidence, *outcomes: CellOutcome) -> list[Cell]:
    return [cell for cell in evidence.continuity.cells if cell.outcome in outcomes]


def _decided(evidence: Evidence) -> list[Cell]:
    """Cells that tell something, one way or the other."""
    return _cells(evidence, CellOutcome.OK, CellOutcome.BROKEN)


def _open(sentence: str, phase: str | None = None, node: str | None = None) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE, phase=phase, node=node)


def _file(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.continuity.exists:
        yield _open("There is no continuity.jsonl, so what one release made was not looked for at the other.")
    if evidence.continuity.damaged:
        yield _open(f"continuity.jsonl holds {counted(evidence.continuity.damaged, 'damaged line')}.")


def _broken(evidence: Evidence) -> Iterator[Finding]:
    kinds: dict[tuple[object, ...], list[Cell]] = {}
    for cell in _cells(evidence, CellOutcome.BROKEN):
        if cell.check in OLD_DATA_CHECKS:
            continue
        kind = (cell.check, cell.cached, cell.made_at, cell.checked_at, cell.phase, cell.step)
        kinds.setdefault(kind, []).append(cell)
    for cells in kinds.values():
        yield _broken_kind(evidence, cells)


def _broken_kind(evidence: Evidence, cells: list[Cell]) -> Finding:
    first = cells[0]
    times = f", {len(cells)} times, the first" if len(cells) > 1 else ","
    because = f" ({first.detail})" if first.detail else ""
    return Finding(
        f"{broken_words(first)} in phase {first.phase}{times} {evidence.seconds(first.mono_ns)}{because}.",
        Verdict.INCONCLUSIVE if evidence.is_after_death(first.mono_ns) else Verdict.FAIL,
        phase=first.phase,
        step=first.step,
        node=first.checked_at.node,
        release=first.checked_at.release,
        error=first.check,
        start_ns=first.mono_ns,
        end_ns=cells[-1].mono_ns if len(cells) > 1 else None,
        requests=len(cells),
    )


def _late(evidence: Evidence) -> Iterator[Finding]:
    """Changes that count as honoured though they took longer than the scenario allows: what the harness
    concluded is not trusted.
    """
    within_s = evidence.scenario.continuity.refuse_within_s
    for cell in _cells(evidence, CellOutcome.OK):
        if within_s is not None and cell.took_s is not None and cell.took_s > within_s:
            yield Finding(
                f"{broken_words(cell)} in phase {cell.phase}, {evidence.seconds(cell.mono_ns)}: it took "
                f"{cell.took_s:.2f} s (allowed: {within_s:g} s).",
                Verdict.FAIL,
                phase=cell.phase,
                step=cell.step,
                node=cell.checked_at.node,
                release=cell.checked_at.release,
                error=cell.check,
                start_ns=cell.mono_ns,
                requests=1,
            )


def _unknown(evidence: Evidence) -> Iterator[Finding]:
    """One finding for all that failed to be carried out between two nodes for the same reason."""
    groups: dict[tuple[str, str, str, str], list[Cell]] = {}
    for cell in _cells(evidence, CellOutcome.UNKNOWN):
        if refused.refusal_of(cell) is not None:
            continue  # told as a refusal
        key = (cell.phase, cell.made_at.node, cell.checked_at.node, cell.detail or "no reason is on record")
        groups.setdefault(key, []).append(cell)
    for (phase, made, checked, reason), cells in groups.items():
        names = listed(dict.fromkeys(cell.check for cell in cells))
        yield Finding(
            f"In phase {phase} {counted(len(cells), 'check')} of what was made at {made} could not be "
            f"decided at {checked} ({names}): {reason}.",
            Verdict.INCONCLUSIVE,
            phase=phase,
            step=cells[0].step,
            node=checked,
            start_ns=cells[0].mono_ns,
            requests=len(cells),
        )


def _missing(evidence: Evidence) -> Iterator[Finding]:
    """Checks that were due in a direction and have no cell; those with an unknown one are told of already."""
    if not _expects_all(evidence):
        return
    if evidence.changes_release and len(evidence.manifest.nodes) == 1:
        yield _open(
            "There is one node only, so both releases never served at once and nothing made on the one could "
            "be looked for on the other."
        )
    unknown = {(cell.check, cell.cached) for cell in _cells(evidence, CellOutcome.UNKNOWN)}
    seen = _seen(evidence)
    for wanted in _directions(evidence):
        if not seen[wanted]:
            yield _open(f"Nothing was looked for in the direction {_direction_words(evidence, wanted)}.")
            continue
        left = [each for each in _VARIANTS if each not in seen[wanted] and each not in unknown]
        if left:
            yield _open(
                f"{counted(len(left), 'check')} {was_were(len(left))} never made in the direction "
                f"{_direction_words(evidence, wanted)}: {listed(_variant_words(each) for each in left)}."
            )


def _expects_all(evidence: Evidence) -> bool:
    """Whether the run came to its end and left its file; else that is told, not each thing missing."""
    return evidence.completed and evidence.continuity.exists


def _directions(evidence: Evidence) -> tuple[Direction, ...]:
    """The directions in which every check is due."""
    if not evidence.changes_release:
        return (Direction.OLD_TO_OLD,)
    mixed = _MIXED if len(evidence.manifest.nodes) > 1 else ()
    return (*mixed, Direction.NEW_TO_NEW)


def _seen(evidence: Evidence) -> dict[Direction, set[_Variant]]:
    seen: dict[Direction, set[_Variant]] = {each: set() for each in Direction}
    for cell in _decided(evidence):
        towards = direction(cell, evidence.manifest)
        if towards is not None and _is_of_a_pair(cell) and _between_two(evidence, cell):
            seen[towards].add((cell.check, cell.cached))
    return seen


def _is_of_a_pair(cell: Cell) -> bool:
    """Whether it is about something made at the one node to be looked for at the other."""
    return cell.check not in COHORT_CHECKS and cell.check not in OLD_DATA_CHECKS


def _between_two(evidence: Evidence, cell: Cell) -> bool:
    """What a node honours of its own shows nothing, except where there is no other."""
    return cell.made_at.node != cell.checked_at.node or len(evidence.manifest.nodes) == 1


def _pairs(evidence: Evidence) -> Iterator[Finding]:
    """Every two nodes must have been compared both ways while their releases differed."""
    if not _expects_all(evidence) or not evidence.changes_release:
        return
    compared = {
        (cell.made_at.node, cell.checked_at.node)
        for cell in _decided(evidence)
        if _is_of_a_pair(cell) and direction(cell, evidence.manifest) in _MIXED
    }
    left = [pair for pair in permutations(evidence.manifest.nodes, 2) if pair not in compared]
    if left:
        yield _open(
            "What was made at the one was never looked for at the other while their releases differed: "
            f"{listed(f'{made} to {checked}' for made, checked in left)}."
        )


def _cohort(evidence: Evidence) -> Iterator[Finding]:
    """The cohort at every node in every phase after the baseline."""
    if not _expects_all(evidence):
        return
    cells = [cell for cell in evidence.continuity.cells if cell.check in COHORT_CHECKS]
    members = _members(cell for cell in cells if cell.outcome == CellOutcome.OK)
    for phase in dict.fromkeys(w.phase for w in evidence.windows if w.phase != Phase.BASELINE):
        mine = [cell for cell in cells if cell.phase == phase]
        tokens = {cell.checked_at.node for cell in mine if cell.check == Check.COHORT_TOKEN}
        left = [node for node in evidence.manifest.nodes if node not in tokens]
        if left:
            yield _open(
                f"In phase {phase} the tokens made before the first phase were not validated at "
                f"{listed(left)}.",
                phase,
            )
        logins = [cell for cell in mine if cell.check == Check.COHORT_LOGIN]
        if not logins:
            yield _open(f"In phase {phase} no user made before the first phase logged in.", phase)
        yield from _members_left_out(phase, members, tokens, mine, logins)


def _members(cells: Iterable[Cell]) -> set[str]:
    """Kinds of password in the cohort, as the cells' details begin with them."""
    return {re.split("[:,]", cell.detail)[0] for cell in cells if cell.detail}


def _members_left_out(
    phase: str, members: set[str], nodes: Iterable[str], cells: Sequence[Cell], logins: Sequence[Cell]
) -> Iterator[Finding]:
    """One member validated speaks for no other: releases differ in how they hash the longer passwords."""
    for node in sorted(nodes):
        here = [cell for cell in cells if cell.check == Check.COHORT_TOKEN and cell.checked_at.node == node]
        left = sorted(members - _members(here))
        if left:
            yield _open(
                f"In phase {phase} {node} was not asked for the tokens of some users made before the first "
                f"phase: {listed(left)}.",
                phase,
                node,
            )
    left = sorted(members - _members(logins)) if logins else []
    if left:
        yield _open(
            f"In phase {phase} some users made before the first phase did not log in: {listed(left)}.", phase
        )


def _cut_short(evidence: Evidence) -> Iterator[Finding]:
    if not evidence.completed:
        yield _open("The run did not complete, so of the checks that were still to come nothing is known.")


def _accepted_tails(evidence: Evidence) -> Iterator[Finding]:
    """Told and not failed: both releases agree, and bcrypt reads no more than 72 bytes."""
    for check in TAIL_CHECKS:
        cells = [
            cell
            for cell in _cells(evidence, CellOutcome.OK)
            if cell.check == check and cell.detail == "accepted by both"
        ]
        if cells:
            byte = 54 if check == Check.PASSWORD_TAIL_60_BYTES else 72
            yield Finding(
                f"A password that is wrong only after byte {byte} was accepted by {_agreed(cells)}, so this "
                "is told and not failed.",
                Verdict.PASS,
                requests=len(cells),
            )


def _agreed(cells: Sequence[Cell]) -> str:
    """By whom, and what that shows: releases agree only where both were asked."""
    checks = counted(len(cells), "check")
    nodes = {node for cell in cells for node in (cell.made_at.node, cell.checked_at.node)}
    if all(cell.made_at.node == cell.checked_at.node for cell in cells):
        return f"{listed(sorted(map(str, nodes)))} in {checks}; no other node was there to compare"
    if all(cell.made_at.release == cell.checked_at.release for cell in cells):
        return f"both nodes in {checks}; both served one release"
    return f"both nodes in {checks}; the releases agree"


def _held(evidence: Evidence) -> Finding:
    cells = _cells(evidence, CellOutcome.OK)
    cohort = [cell for cell in cells if cell.check in COHORT_CHECKS]
    towards = Counter(direction(cell, evidence.manifest) for cell in cells if _is_of_a_pair(cell))
    parts = [
        f"{towards[each]:,} in the direction {_direction_words(evidence, each)}"
        for each in Direction
        if towards[each]
    ]
    phases = len({cell.phase for cell in cohort})
    parts.append(f"{len(cohort):,} of users and tokens of the baseline in {counted(phases, 'phase')}")
    slowest_s = max((cell.took_s for cell in cells if cell.took_s is not None), default=None)
    longest = "" if slowest_s is None else f"; every change was honoured within {slowest_s:.2f} s"
    return Finding(
        f"All {counted(len(cells), 'check')} held: {listed(parts)}{old_data.held(evidence)}{longest}.",
        Verdict.PASS,
        requests=len(cells),
    )


def _direction_words(evidence: Evidence, towards: Direction) -> str:
    """`27.1.0 -> 29.1.0`."""
    manifest = evidence.manifest
    versions = {"old": manifest.from_.version, "new": manifest.to.version}
    return " -> ".join(versions[side] for side in towards.split(" -> "))


def _variant_words(variant: _Variant) -> str:
    check, cached = variant
    title = TITLES[check][0].lower() + TITLES[check][1:]
    return title if cached is None else f"{title} ({'cached' if cached else 'not cached'})"
