"""How many writes there were, how they ended, and what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.evidence.ledger import EntityRead, Kind, Ledger, ReadBack, Write
from harness.evidence.names import Outcome
from harness.judge.evidence import Evidence
from harness.judge.expected import expected, fits
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


def resolutions(read_back: ReadBack) -> dict[str, int]:
    """How the writes of unknown outcome turned out: `carried_out`, `not_carried_out`, `in_doubt`."""
    found = {"carried_out": 0, "not_carried_out": 0, "in_doubt": 0}
    for entity in judgeable(read_back):
        for write in entity.writes:
            if write.name == entity.name and write.outcome == Outcome.UNKNOWN:
                found[_resolution(entity, write)] += 1
    return found


def _resolution(entity: EntityRead, write: Write) -> str:
    """Whether what was seen can be explained only with the write, only without it, or both ways."""
    seen = [found.listed for found in entity.found.values() if found.listed is not None]
    if not seen:
        return "in_doubt"
    sighting = seen[0][0] if seen[0] else None
    with_it, without = (
        any(fits(sighting, state) for state in expected(_as_if(entity.writes, write, outcome)))
        for outcome in (Outcome.OK, Outcome.FAILED)
    )
    if with_it == without:
        return "in_doubt"
    return "carried_out" if with_it else "not_carried_out"


def _as_if(writes: Iterable[Write], write: Write, outcome: Outcome) -> list[Write]:
    return [replace(each, outcome=outcome) if each is write else each for each in writes]


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
        failed=sum(write.outcome == Outcome.FAILED for write in writes),
        unknown=sum(write.outcome == Outcome.UNKNOWN for write in writes),
        proven=sum(write.outcome == Outcome.OK for write in told),
        lost=faulty[Fault.LOST],
        resurrected=faulty[Fault.RESURRECTED],
        wrong=faulty[Fault.WRONG],
        duplicated=faulty[Fault.DUPLICATED],
    )
