"""Valid requests, on which checks rest, that a node answered with 4xx or 5xx."""

from __future__ import annotations

import re
from collections.abc import Iterator

from harness.evidence.continuity import Cell, CellOutcome, Refusal
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.words import REFUSED, counted, listed

_OLD_WORDS = re.compile(r"(?:.*[:,] (?:and )?)?(\S+) answered ([45]\d\d) when asked to (.+)")
"""What stands in the detail of an unknown cell, also where an earlier program kept nothing besides."""
_NOT_VALID = "log in with a wrong password"
_SAID_CHARS_MAX = 200

_Kind = tuple[str, str | None, str, int, str]


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL for each thing that a node refused in a phase: who asks again may be lucky, a user is not."""
    kinds: dict[_Kind, list[tuple[Refusal, Cell]]] = {}
    for cell in evidence.continuity.cells:
        refusal = refusal_of(cell)
        if refusal is not None:
            phase = _phase(evidence, refusal, cell)
            kind = refusal.node, refusal.release, refusal.asked, refusal.status, phase
            kinds.setdefault(kind, []).append((refusal, cell))
    for (_, _, _, _, phase), found in kinds.items():
        yield _finding(evidence, phase, found)


def refusal_of(cell: Cell) -> Refusal | None:
    """What was refused, so that a cell could not be decided; None where no answer came, or another reason."""
    if cell.outcome != CellOutcome.UNKNOWN:
        return None
    if cell.refused is not None:
        return cell.refused
    told = _OLD_WORDS.fullmatch(cell.detail or "")
    if told is None or told[3] == _NOT_VALID:
        return None
    return Refusal(cell.mono_ns, told[1], None, told[3], int(told[2]), "", None)


def is_refusal(words: str) -> bool:
    """Whether words on why something could not be made tell of a valid request that was refused."""
    told = _OLD_WORDS.fullmatch(words)
    return told is not None and told[3] != _NOT_VALID


def _phase(evidence: Evidence, refusal: Refusal, cell: Cell) -> str:
    """In which it was refused: what the cohort lacks is missed in every later one."""
    return next(
        (each.phase for each in evidence.windows if each.start_ns <= refusal.mono_ns < each.end_ns),
        cell.phase,
    )


def _finding(evidence: Evidence, phase: str, found: list[tuple[Refusal, Cell]]) -> Finding:
    first, cell = min(found, key=lambda each: each[0].mono_ns)
    requests = len({(each.mono_ns, each.request_id) for each, _ in found})
    times = f", {requests} times, the first" if requests > 1 else ","
    release = f" ({first.release})" if first.release else ""
    checks = listed(dict.fromkeys(cell.check for _, cell in found))
    return Finding(
        f"{REFUSED}{first.node}{release} answered {first.status} when asked to {first.asked}, "
        f"in phase {phase}{times} {evidence.seconds(first.mono_ns)}{_said(first)}; "
        f"{counted(len(found), 'check')} could not be decided for it ({checks}).",
        Verdict.INCONCLUSIVE if evidence.is_after_death(first.mono_ns) else Verdict.FAIL,
        phase=phase,
        step=cell.step,
        node=first.node,
        release=first.release,
        error="http_4xx" if first.status < 500 else "http_5xx",
        start_ns=first.mono_ns,
        requests=requests,
    )


def _said(refusal: Refusal) -> str:
    text = refusal.said
    if len(text) > _SAID_CHARS_MAX:
        text = f"{text[:_SAID_CHARS_MAX]}\N{HORIZONTAL ELLIPSIS}"
    return f' ("{text.rstrip(".")}")' if text else ""
