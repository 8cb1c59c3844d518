"""`compare.json`: the comparison for machines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson

from harness.compare.answer import Answered
from harness.compare.comparison import Against, ArmsComparison, Compared, ComparedLatency
from harness.compare.figures import METRICS
from harness.compare.measured import Measured
from harness.statistics.few_runs import Difference, Summary
from harness.statistics.twosample import Interval

FORMAT = 1
_DECIMALS = 6


def document_bytes(comparison: ArmsComparison, answered: Answered, notes: tuple[str, ...]) -> bytes:
    """Sorted keys, indented, a newline at the end; the same runs give the same bytes."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(_document(comparison, answered, notes), option=options)


def _document(comparison: ArmsComparison, answered: Answered, notes: tuple[str, ...]) -> dict[str, Any]:
    names = [arm.name for arm in comparison.arms.arms]
    return {
        "format": FORMAT,
        "question": answered.question,
        "answer": str(answered.answer),
        "sentence": answered.sentence,
        "by": list(comparison.arms.by),
        "arms": [
            {
                "name": arm.name,
                "description": arm.description,
                "settings": dict(arm.settings),
                "runs": [_run(run) for run in arm.runs],
                "typical": typical.name,
            }
            for arm, typical in zip(comparison.arms.arms, comparison.typical, strict=True)
        ],
        "figures": [_figure(each, names) for each in comparison.compared],
        "latency": [_latency(each, names) for each in comparison.latency],
        "notes": list(notes),
    }


def _run(run: Measured) -> dict[str, Any]:
    """By its name: where its folder lies is nobody's business who gets the file."""
    return {
        "run": run.name,
        "started": run.judgement.manifest.started.isoformat(),
        "verdict": str(run.judgement.verdict),
        "requests": run.judgement.counts.requests,
        "figures": {metric.key: _rounded(metric.of(run.figures)) for metric in METRICS},
        "latency": {
            row.phase: {"probes": row.probes, "p50_ms": _rounded(row.p50_ms), "p99_ms": _rounded(row.p99_ms)}
            for row in run.figures.latency
        },
    }


def _figure(compared: Compared, names: list[str]) -> dict[str, Any]:
    return {
        "key": compared.metric.key,
        "title": compared.metric.title,
        "unit": compared.metric.unit.value,
        "decides": compared.is_primary,
        "arms": {name: _summary(each) for name, each in zip(names, compared.summaries, strict=True)},
        "against_first": {
            name: _against(each) for name, each in zip(names[1:], compared.against, strict=True)
        },
    }


def _latency(compared: ComparedLatency, names: list[str]) -> dict[str, Any]:
    return {
        "phase": compared.phase,
        "percentile": compared.percentile,
        "probes_min": dict(zip(names, compared.probes, strict=True)),
        "arms_ms": {name: _summary(each) for name, each in zip(names, compared.summaries, strict=True)},
        "against_first_ms": {
            name: _difference(each) for name, each in zip(names[1:], compared.differences, strict=True)
        },
    }


def _summary(summary: Summary | None) -> dict[str, Any] | None:
    if summary is None:
        return None
    return {
        "values": [_rounded(value) for value in summary.values],
        "mean": _rounded(summary.mean),
        "interval_95": _interval(summary.interval),
    }


def _against(against: Against | None) -> dict[str, Any] | None:
    if against is None:
        return None
    told = _difference(against.difference) or {}
    return {**told, "p_value_corrected": _rounded(against.corrected_p)}


def _difference(difference: Difference | None) -> dict[str, Any] | None:
    if difference is None:
        return None
    return {
        "difference": _rounded(difference.estimate),
        "interval_95": _interval(difference.interval),
        "p_value": _rounded(difference.p_value),
    }


def _interval(interval: Interval | None) -> list[float | None] | None:
    if interval is None:
        return None
    told = asdict(interval)
    return [_rounded(told["low"]), _rounded(told["high"])]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, _DECIMALS)
