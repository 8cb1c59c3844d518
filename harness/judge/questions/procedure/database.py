"""Whether the samples of the database are there: the journal alone would be the driver's word."""

from __future__ import annotations

from collections.abc import Iterator

from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Verdict
from harness.judge.words import counted

_FILE = "database.jsonl"


def check(evidence: Evidence) -> Iterator[Finding]:
    """INCONCLUSIVE where an upgrade was asked for and what the database held is missing or damaged."""
    if not evidence.upgrades:
        return
    read = evidence.database
    if not read.exists:
        yield _unknown(f"{_FILE} is missing: what the version tables held is not known.")
    elif evidence.completed and not read.versions:
        yield _unknown(f"{_FILE} holds no sample of the version tables: what they held is not known.")
    if read.torn:
        yield _unknown(f"{_FILE} ends in a torn line.")
    if read.malformed:
        yield _unknown(f"{_FILE} holds {counted(read.malformed, 'damaged line')}.")


def _unknown(sentence: str) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE)
