"""How many writes there were, and how they ended."""

from __future__ import annotations

from harness.evidence.ledger import Kind, Ledger, ReadBack, Write
from harness.evidence.names import Outcome
from harness.judge.evidence import Evidence
from harness.judge.measures.sights import Fault, judgeable, sights
from harness.judge.observations import WriteCounts


def write_counts(evidence: Evidence) -> tuple[WriteCounts, ...]:
    """A row per kind of entity that was written to; none where integrity was not asked for."""
    if not was_asked(evidence):
        return ()
    ledger = evidence.ledger
    return tuple(_counts(ledger, kind) for kind in Kind if any(write.kind is kind for write in ledger.writes))


def was_asked(evidence: Evidence) -> bool:
    """Whether the run was to read its writes back; one made before that existed was not."""
    return evidence.scenario.integrity.enabled


def last(ledger: Ledger) -> ReadBack | None:
    """The last read-back that came to its end."""
    ended = [read_back for read_back in ledger.read_backs if read_back.end_ns is not None]
    return ended[-1] if ended else None


def proven(read_back: ReadBack) -> tuple[Write, ...]:
    """The writes that a read-back speaks of, each once, by the time they were invoked."""
    writes = {
        write.request_id: write
        for entity in judgeable(read_back)
        for write in entity.writes
        if write.name == entity.name
    }
    return tuple(sorted(writes.values(), key=lambda write: write.invoked_ns))


def _counts(ledger: Ledger, kind: Kind) -> WriteCounts:
    writes = [write for write in ledger.writes if write.kind is kind]
    read_back = last(ledger)
    told = [write for write in proven(read_back) if write.kind is kind] if read_back else []
    seen = [sight for each in ledger.read_backs for sight in sights(each) if sight.entity.kind is kind]
    faulty = {fault: len({s.entity.name for s in seen if s.fault is fault}) for fault in Fault}
    return WriteCounts(
        kind=kind,
        entities=len({write.name for write in writes}),
        acknowledged=sum(write.outcome == Outcome.OK for write in writes),
        failed=sum(write.known == Outcome.FAILED for write in writes),
        unknown=sum(write.known == Outcome.UNKNOWN for write in writes),
        proven=sum(write.outcome == Outcome.OK for write in told),
        lost=faulty[Fault.LOST],
        resurrected=faulty[Fault.RESURRECTED],
        wrong=faulty[Fault.WRONG],
        duplicated=faulty[Fault.DUPLICATED],
    )
