"""Whether the evidence is what it was when the run was closed."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.seal import Difference
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted, was_were


def check(evidence: Evidence) -> Iterator[Gap]:
    """A gap for each file that differs; what it says now may be anything, so nothing is proven by it."""
    if not evidence.seal.exists:
        yield from _taken_out(evidence)
    if evidence.seal.manifest_changed:
        yield Gap(
            "run.json is not what was sealed when the run was closed: a value in it was changed, added or "
            "taken out."
        )
    yield from (Gap(_sentence(difference)) for difference in evidence.seal.differences)


def _taken_out(evidence: Evidence) -> Iterator[Gap]:
    """A run that was killed could not be sealed; one that was closed said beforehand that it would be."""
    if evidence.seal_due and evidence.manifest.outcome is not None:
        yield Gap(
            "run.json has no seal, though the journal says that the run gets one when it is closed: what its "
            "files held then is not known."
        )


def _sentence(difference: Difference) -> str:
    name, sealed, found = difference.name, difference.sealed, difference.found
    if sealed is None:
        return f"{name} was not there when the run was closed and sealed: it was added later."
    if found is None:
        return f"{name} is gone: it held {counted(sealed.lines, 'line')} when the run was closed and sealed."
    how = _how(sealed.lines, found.lines, grown=difference.grown)
    return f"{name} is not what was sealed when the run was closed: {how}."


def _how(sealed: int, found: int, *, grown: bool) -> str:
    more = found - sealed
    if more < 0:
        return f"{-more:,} of its {counted(sealed, 'line')} {was_were(-more)} taken out"
    if grown and more:
        return f"{counted(more, 'line')} {was_were(more)} added at its end"
    return "its end was changed" if grown else "its lines were changed"
