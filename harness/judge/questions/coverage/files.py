"""Whether the request files are whole."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.requests import RequestFile
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap
from harness.judge.words import counted


def check(evidence: Evidence) -> Iterator[Gap]:
    """What their header, lines and footer say of what was lost."""
    files = evidence.requests.files
    if not files:
        yield Gap("There are no request files: no request of this run is known.")
    for file in files:
        yield from (Gap(f"{file.name} {sentence}.") for sentence in _damage(file))


def _damage(file: RequestFile) -> Iterator[str]:
    """What is wrong with a file, as the end of a sentence about it."""
    if not file.lanes:
        yield "holds no whole header: its writer was killed before the first request"
    elif file.footer is None:
        yield "has no footer: its writer was killed, and requests it had not written yet are lost"
    elif file.footer.records != file.records:
        yield (
            f"holds {counted(file.records, 'whole record')}, but its writer counted {file.footer.records:,}"
        )
    if file.torn:
        yield "ends in a torn line"
    if file.malformed:
        yield f"holds {counted(file.malformed, 'damaged line')}"
    if file.seq_missing:
        yield f"lacks {counted(file.seq_missing, 'record')}: numbers are missing in their sequence"
    if file.seq_repeated:
        yield f"holds {counted(file.seq_repeated, 'record')} with a number that another record has"
    for lane, number in file.strangers:
        yield f"holds {counted(number, 'record')} of the lane {lane}, which its header does not name"
    for fault in file.footer.faults if file.footer else ():
        yield f"tells of a fault in the load generator: {fault.rstrip('.')}"
