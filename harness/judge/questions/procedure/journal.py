"""Whether the journal is whole."""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.words import counted


def check(evidence: Evidence) -> Iterator[Finding]:
    """INCONCLUSIVE where lines are missing or damaged: what they said is not known."""
    read = evidence.journal
    if not read.events:
        yield _unknown("The journal is empty: nothing is known of the procedure.")
        return
    if read.torn:
        yield _unknown("The journal ends in a torn line.")
    if read.malformed:
        yield _unknown(f"The journal holds {counted(read.malformed, 'damaged line')}.")
    elif not evidence.journal_whole:
        yield _unknown(
            "The journal's numbers do not count from 0 without gaps: lines are missing or repeated."
        )
    if evidence.journal_cut:
        yield _unknown(
            "The journal breaks off before the end of its last phase, though the run completed: its last "
            "lines are missing."
        )


def _unknown(sentence: str) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE)
