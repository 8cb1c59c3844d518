"""What a read-back never looked at, though it came to its end and every answer it asked for is there."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.ledger import BALANCER, EntityRead, Kind, ReadBack
from harness.evidence.names import Outcome
from harness.judge.evidence import Evidence
from harness.judge.expected import certain_password, expected
from harness.judge.measures.sights import judgeable, known_id, where
from harness.judge.words import counted, listed, was_were


def unlooked(evidence: Evidence, read_back: ReadBack) -> Iterator[str]:
    """What it left out, each as the end of a sentence about the read-back; the read-back's own list of what
    it asked is not taken for all that was due.
    """
    missing = [view for view in (BALANCER, *evidence.manifest.nodes) if view not in read_back.views]
    if missing:
        yield f"did not look {listed(where(view) for view in missing)}"
    forgotten = _forgotten(evidence, read_back)
    if forgotten:
        yield (
            f"left out {counted(forgotten, 'write')} that {was_were(forgotten)} acknowledged before it began"
        )
    if _has_ids(read_back) and not any(_read_by_id(entity) for entity in read_back.entities):
        yield "read nothing by its id"
    if evidence.scenario.integrity.logins_sample and _has_passwords(read_back):
        untried = [view for view in read_back.views if not _logged_in(read_back, view)]
        if untried:
            yield f"tried no password {listed(where(view) for view in untried)}"


def _forgotten(evidence: Evidence, read_back: ReadBack) -> int:
    """Acknowledged before the cut-off, so that its line was in the ledger then, and in no entity's writes."""
    told = {write.request_id for entity in read_back.entities for write in entity.writes}
    return sum(
        write.request_id not in told
        for write in evidence.ledger.writes
        if write.outcome == Outcome.OK
        and write.completed_ns is not None
        and write.completed_ns < read_back.cut_off_ns
    )


def _has_ids(read_back: ReadBack) -> bool:
    return any(entity.kind is not Kind.GRANT and known_id(entity) for entity in judgeable(read_back))


def _read_by_id(entity: EntityRead) -> bool:
    found = entity.found.get(BALANCER)
    return found is not None and found.by_id is not None


def _has_passwords(read_back: ReadBack) -> bool:
    users = (entity for entity in judgeable(read_back) if entity.kind is Kind.USER and known_id(entity))
    return any(certain_password(expected(user.writes)) is not None for user in users)


def _logged_in(read_back: ReadBack, view: str) -> bool:
    return any(bool(entity.found[view].logins) for entity in read_back.entities if view in entity.found)
