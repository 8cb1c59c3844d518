"""Whether the database went where the release pair says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.evidence.names import Edge, Phase, Step
from harness.evidence.outcomes import CommandRun, DatabaseSynced, Tables
from harness.judge.evidence import Evidence
from harness.judge.model import Finding, Span, Verdict
from harness.judge.words import counted

_SYNCED = (Phase.EXPAND, Phase.MIGRATE, Phase.CONTRACT)


def check(evidence: Evidence) -> Iterator[Finding]:
    """FAIL where `db_sync` failed or the version tables hold something else than was expected.

    What the driver concluded is not trusted: expected and seen are compared here again.
    """
    steps = [step for step in evidence.timeline.steps if step.edge == Edge.END]
    for step in steps:
        if step.step == Step.DB_SYNC:
            yield from _synced(step)
        elif step.step in (Step.PROVE_SCHEMA, Step.VERSIONS):
            yield from _compared(step)
    if evidence.tells_all and evidence.upgrades:
        yield from _left_out(evidence, steps)
        yield from _final(evidence, steps)


def _synced(step: Span) -> Iterator[Finding]:
    command = f"keystone-manage db_sync --{step.phase}"
    code = CommandRun.of(step.detail).exit_code
    if code is None:
        yield _finding(f"The exit code of {command} is not journalled.", Verdict.INCONCLUSIVE, step)
    elif code != 0:
        yield _finding(f"{command} exited with {code}.", Verdict.FAIL, step)
    errors = DatabaseSynced.of(step.detail).log_errors
    if errors:
        yield _finding(
            f"{command} logged {counted(len(errors), 'error')}, the first: {errors[0].rstrip('.')}.",
            Verdict.FAIL,
            step,
        )


def _compared(step: Span) -> Iterator[Finding]:
    told = Tables.of(step.detail)
    expected, seen = told.expected, told.seen
    if expected is None or seen is None:
        yield _finding(
            f"The version tables of phase {step.phase} are not journalled, so its schema is not proven.",
            Verdict.INCONCLUSIVE,
            step,
        )
    elif not any(expected.values()):
        yield _finding(
            f"Nothing was expected of the version tables in phase {step.phase}, so its schema is not proven.",
            Verdict.INCONCLUSIVE,
            step,
        )
    elif _tables(expected) != _tables(seen):
        yield _finding(
            f"In phase {step.phase} the version tables hold {_words(seen)}, expected {_words(expected)}.",
            Verdict.FAIL,
            step,
        )


def _left_out(evidence: Evidence, ended: Sequence[Span]) -> Iterator[Finding]:
    """Schema phases that were gone through without their steps."""
    done = {(step.phase, step.step) for step in ended}
    for phase in evidence.timeline.phases:
        if phase.phase not in _SYNCED or phase.edge != Edge.END:
            continue
        for step in (Step.DB_SYNC, Step.PROVE_SCHEMA):
            if (phase.phase, step) not in done:
                yield Finding(
                    f"The phase {phase.phase} ended without its step {step}.",
                    Verdict.FAIL,
                    phase=phase.phase,
                    step=step,
                )


def _final(evidence: Evidence, ended: Sequence[Span]) -> Iterator[Finding]:
    """The last sample of the version tables against the last that was expected of them."""
    proofs = [step for step in ended if step.step == Step.PROVE_SCHEMA]
    expected = Tables.of(proofs[-1].detail).expected if proofs else None
    samples = [sample for sample in evidence.database.versions if sample.tables is not None]
    if not samples or not expected:
        return
    last = max(samples, key=lambda sample: sample.mono_ns)
    changed = max((s for s in ended if s.step == Step.DB_SYNC), key=lambda s: s.end_ns, default=None)
    if changed and last.mono_ns < changed.end_ns:
        yield Finding(
            f"The version tables were last sampled {evidence.seconds(last.mono_ns)}, before db_sync "
            f"of phase {changed.phase} had ended: what they held after it is the harness's word alone.",
            Verdict.INCONCLUSIVE,
            phase=changed.phase,
        )
    elif _tables(last.tables or {}) != _tables(expected):
        yield Finding(
            f"The last sample of the version tables holds {_words(last.tables or {})}, expected "
            f"{_words(expected)}.",
            Verdict.FAIL,
        )


def _tables(tables: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    return {name: sorted(rows) for name, rows in tables.items()}


def _words(tables: Mapping[str, Sequence[str]]) -> str:
    parts = (f"{name} {', '.join(rows) or 'nothing'}" for name, rows in sorted(_tables(tables).items()))
    return "; ".join(parts) or "nothing"


def _finding(sentence: str, verdict: Verdict, step: Span) -> Finding:
    return Finding(
        sentence, verdict, phase=step.phase, step=step.step, start_ns=step.start_ns, end_ns=step.end_ns
    )
