"""How often nodes logged errors in each phase, against the baseline."""

from __future__ import annotations

from collections.abc import Iterator

from harness.evidence.names import Phase
from harness.evidence.node_errors import NodeError
from harness.judge.evidence import Evidence
from harness.judge.observations import LoggedErrors
from harness.judge.timeline import phase_at
from harness.redact import redacted

_TIMES_MORE = 2.0
"""Than in the baseline: a node that always complains is no news, and this is only told."""


def node_errors(evidence: Evidence) -> tuple[LoggedErrors, ...]:
    """Each node in each phase in which it logged errors over twice as often as in the baseline."""
    rows = [
        row
        for node, errors in sorted(evidence.node_errors.items())
        for row in _of_node(evidence, node, _by_phase(evidence, errors))
    ]
    phases = list(dict.fromkeys(window.phase for window in evidence.windows))
    return tuple(sorted(rows, key=lambda row: (phases.index(row.phase), row.node)))


def _by_phase(evidence: Evidence, errors: tuple[NodeError, ...]) -> dict[str, list[NodeError]]:
    """By the host's wall clock as it was at the start: one that was set meanwhile is not followed."""
    clock = evidence.manifest.clock
    told: dict[str, list[NodeError]] = {}
    for error in errors:
        phase = phase_at(evidence.windows, error.wall_ms * 1_000_000 - clock.wall_ns + clock.mono_ns)
        if phase is not None:
            told.setdefault(phase, []).append(error)
    return told


def _of_node(evidence: Evidence, node: str, told: dict[str, list[NodeError]]) -> Iterator[LoggedErrors]:
    usual = len(told.get(Phase.BASELINE, ()))
    baseline_s = _seconds(evidence, Phase.BASELINE)
    for phase, errors in told.items():
        expected = usual * _seconds(evidence, phase) / baseline_s if baseline_s else 0.0
        if phase != Phase.BASELINE and len(errors) > _TIMES_MORE * expected:
            yield LoggedErrors(phase, node, len(errors), usual, redacted(errors[0].text))


def _seconds(evidence: Evidence, phase: str) -> float:
    return sum((w.end_ns - w.start_ns) / 1e9 for w in evidence.windows if w.phase == phase)
