"""What is missing of the ledger or of its read-backs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from harness.evidence.ledger import ReadBack, Stage
from harness.evidence.names import LEDGER_OPERATIONS, Edge, Phase, Step
from harness.judge.codes import UNSENT, count
from harness.judge.evidence import Evidence
from harness.judge.measures.sights import unread
from harness.judge.measures.writes import proven
from harness.judge.model import Finding, Verdict
from harness.judge.questions.integrity.reach import unlooked
from harness.judge.words import REFUSED, counted, listed

_STATUS = re.compile(r": status [45][0-9][0-9]\b")
"""In what a read-back could not read: an answer came, and it refused what was asked."""
_AFTER = {Stage.ROLL: "after the roll", Stage.CONTRACT: "at the end"}


def check(evidence: Evidence) -> Iterator[Finding]:
    """INCONCLUSIVE for each thing without which the writes are not proven."""
    ledger = evidence.ledger
    if not ledger.files:
        yield _gap("There is no ledger: nothing is known of what was written.")
        return
    if ledger.damaged:
        yield _gap(f"The ledger holds {counted(ledger.damaged, 'damaged line')}.")
    yield from _unnoted(evidence)
    yield from _stages(evidence)
    for read_back in ledger.read_backs:
        yield from _refused(evidence, read_back)
        yield from _unread(read_back)
        for left_out in unlooked(evidence, read_back) if read_back.end_ns is not None else ():
            yield _gap(f"The read-back {_AFTER[read_back.stage]} {left_out}, so that is not proven.")


def _unnoted(evidence: Evidence) -> Iterator[Finding]:
    """Writes of the request files that the ledger does not know: then it can not vouch for anything."""
    noted = Counter(write.lane for write in evidence.ledger.writes)
    for number, lane in enumerate(evidence.requests.lanes):
        if lane.op not in LEDGER_OPERATIONS:
            continue
        sent = count(evidence.requests.of(number).outcome != UNSENT)
        if sent > noted[lane.lane]:
            yield _gap(
                f"The ledger lacks {sent - noted[lane.lane]:,} of the {counted(sent, 'write')} that lane "
                f"{lane.lane} sent."
            )


def _stages(evidence: Evidence) -> Iterator[Finding]:
    rolled = any(span.phase == Phase.ROLL and span.edge != Edge.SKIP for span in evidence.timeline.phases)
    due = [Stage.ROLL, Stage.CONTRACT] if rolled else [Stage.CONTRACT]
    by_stage = {read_back.stage: read_back for read_back in evidence.ledger.read_backs}
    for stage in due:
        read_back = by_stage.get(stage)
        if read_back is None:
            yield _gap(
                f"Nothing was read back {_AFTER[stage]}, so of the writes until then nothing is known."
            )
        elif read_back.end_ns is None:
            yield _gap(f"The read-back {_AFTER[stage]} broke off, so it proves nothing.")
        elif not any(write.outcome == "ok" for write in proven(read_back)):
            yield _gap(
                f"The read-back {_AFTER[stage]} had no acknowledged write to look for, so it proves nothing."
            )


def _refused(evidence: Evidence, read_back: ReadBack) -> Iterator[Finding]:
    """FAIL: each read was sent three times, and a user's would have been answered alike."""
    refused = [error for error in read_back.errors if _STATUS.search(error)]
    if refused:
        died = read_back.end_ns is None or evidence.is_after_death(read_back.end_ns)
        yield Finding(
            f"{REFUSED}in the read-back {_AFTER[read_back.stage]}, {listed(refused)}.",
            Verdict.INCONCLUSIVE if died else Verdict.FAIL,
            phase=Phase.ROLL if read_back.stage is Stage.ROLL else Phase.COOLDOWN,
            step=Step.READ_BACK,
        )


def _unread(read_back: ReadBack) -> Iterator[Finding]:
    missing = unread(read_back)
    if missing:
        why = f" ({listed(read_back.errors)})" if read_back.errors else ""
        yield _gap(
            f"{counted(missing, 'answer')} of the read-back {_AFTER[read_back.stage]} "
            f"{'is' if missing == 1 else 'are'} missing{why}, so what should be in there is not proven."
        )


def _gap(sentence: str) -> Finding:
    return Finding(sentence, Verdict.INCONCLUSIVE)
