"""Makes `verdict.json` of a judgement."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.evidence.room import need_room
from harness.evidence.verdict_file import VerdictFile, verdict_file_bytes, write_verdict_file
from harness.judge.downtime import Downtime
from harness.judge.model import Finding, Judgement, LaneStats, Question

_DECIMALS = 6
"""Kept of a float: microseconds and nanoseconds of latency, far below what was measured."""


def write_verdict(judgement: Judgement, path: Path) -> None:
    """Write the verdict, whole or not at all; the same judgement gives the same bytes.

    Raises:
        UsageError: the folder cannot be written.
        HarnessError: the disk is full or broken.
    """
    try:
        write_verdict_file(verdict_file(judgement), path)
    except OSError as error:
        need_room(error, path)
        raise UsageError(
            f"{path}: the verdict cannot be written ({error.strerror}); make its folder writable."
        ) from error


def verdict_bytes(judgement: Judgement) -> bytes:
    """`verdict.json` of format 1."""
    return verdict_file_bytes(verdict_file(judgement))


def verdict_file(judgement: Judgement) -> VerdictFile:
    """What is stored of a judgement."""
    return VerdictFile.told(_document(judgement))


def _document(judgement: Judgement) -> dict[str, Any]:
    return {
        "verdict": str(judgement.verdict),
        "exit_code": int(judgement.verdict.exit_code),
        "headline": judgement.headline,
        "questions": {question.name: _question(question) for question in judgement.questions},
        "counts": asdict(judgement.counts),
        "downtime": _downtime(judgement.downtime),
        "longest_stall_s": _rounded(judgement.longest_stall_s),
        "reference": asdict(judgement.reference),
        "minimum_detectable_outage_s": _rounded(judgement.minimum_detectable_outage_s),
        "detectable_whole_outage_s": _rounded(judgement.detectable_whole_outage_s),
        "phases": _phases(judgement),
        "lanes": {stats.lane: _stats(stats) for stats in judgement.lanes if stats.phase is None},
        "overhead": {name: _rounded(value) for name, value in judgement.overhead.items()},
        "limits": list(judgement.limits),
        "impact": [_plain(asdict(row)) for row in judgement.impacts],
        "masked": [asdict(row) for row in judgement.masked.rows],
        "releases_in_roll": [
            {**asdict(share), "answered": dict(share.answered)} for share in judgement.shares
        ],
        "lock_waits": [_plain(asdict(wait)) for wait in judgement.database.waits],
        "reference_stutters": [asdict(stutter) for stutter in judgement.stutters.listed],
        "judge": judgement.settings.model_dump(mode="json"),
        "overrides": list(judgement.overrides),
        "gate": {**_plain(asdict(judgement.gate)), "budgets": _budgets(judgement)},
        "earlier": [_plain(asdict(row)) for row in judgement.regressions],
        "writes": [asdict(row) for row in judgement.writes],
    }


def _downtime(downtime: Downtime) -> dict[str, Any]:
    return {
        "total": downtime.total,
        "charged": downtime.charged,
        "longest_s": _rounded(downtime.longest_s),
        "charged_s": _rounded(downtime.charged_s),
        "inner_s": _rounded(downtime.inner_s),
        "due": downtime.due,
        "down": len(downtime.down),
        "failed": downtime.failed,
        "failed_charged": downtime.failed_charged,
    }


def _budgets(judgement: Judgement) -> list[dict[str, Any]]:
    return [{**_plain(asdict(use)), "kept": use.kept} for use in judgement.gate.budgets]


def _question(question: Question) -> dict[str, Any]:
    return {
        "verdict": str(question.verdict),
        "advisory": question.advisory,
        "findings": [_finding(finding) for finding in question.findings],
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {**asdict(finding), "verdict": str(finding.verdict)}


def _phases(judgement: Judgement) -> dict[str, Any]:
    """Name -> counts of its requests, and the counts and latency of each lane, the reference among them."""
    return {
        phase: {
            **asdict(counts),
            "lanes": {stats.lane: _stats(stats) for stats in judgement.lanes if stats.phase == phase},
        }
        for phase, counts in judgement.phase_counts.items()
    }


def _stats(stats: LaneStats) -> dict[str, Any]:
    row = asdict(stats)
    del row["phase"], row["lane"]
    return {key: _rounded(value) if isinstance(value, float) else value for key, value in row.items()}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """Floats rounded, also those of an interval."""
    plain: dict[str, Any] = {}
    for key, value in row.items():
        if isinstance(value, dict):
            plain[key] = _plain(value)
        else:
            plain[key] = _rounded(value) if isinstance(value, float) else value
    return plain


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
