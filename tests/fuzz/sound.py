"""Documents with every key that there is, which the harness accepts as they are."""

from __future__ import annotations

from datetime import date
from typing import Any

from harness.scenario import parse_scenario

BUDGETS: list[dict[str, Any]] = [
    {"phase": "roll", "lane": "token_issue/*", "failed_max": 2, "outage_s_max": 1.5, "stall_s_max": 30},
    {"question": "integrity", "failed_max": 1},
]
ACCEPTED: list[dict[str, Any]] = [
    {
        "question": "coverage",
        "inconclusive": True,
        "phase": "roll",
        "step": "stop",
        "node": "node-1",
        "lane": "token_issue/*",
        "error": "closed",
        "pattern": "reference * target",
        "requests_max": 5,
        "reason": "The runner's disk stutters.",
        "link": "https://bugs.example.org/1",
        "until": date(2030, 1, 1),
    }
]
GATE: dict[str, Any] = {"gate": {"budgets": BUDGETS, "accepted": ACCEPTED, "worse_fails": True}}
FAULTS: list[dict[str, Any]] = [
    {
        "kind": "freeze_node",
        "name": "held",
        "phase": "roll",
        "step": "drain",
        "edge": "begin",
        "node": "node-1",
        "duration_s": 0.3,
        "count": 2,
        "every_s": 1.0,
        "align": True,
    },
    {"kind": "skip_step", "phase": "contract", "step": "prove_nodes"},
    {"kind": "flush_cache", "phase": "cooldown", "after_s": 2},
]
EXPECT: dict[str, Any] = {
    "verdict": "FAIL",
    "findings": [
        {
            "question": "availability",
            "fault": "held",
            "reason": "had no success",
            "phase": "roll",
            "step": "drain",
            "node": "node-1",
            "error": "timeout",
            "measure": "stall",
            "shorter_by_s": 0.1,
            "tolerance_intervals": 2,
        }
    ],
}


def scenario() -> dict[str, Any]:
    """A scenario with each table whole, as `run.json` would have it."""
    probes = [
        {"op": "token_issue", "rate_hz": 3},
        {"op": "user_create", "rate_hz": 1, "connections": ["new"]},
    ]
    asked = {"name": "mine", "description": "All of it.", "probes": probes, **GATE, "faults": FAULTS}
    resolved = parse_scenario({**asked, "expect": EXPECT}, "mine.toml").resolved()
    return _without_nothing(resolved)


def _without_nothing(table: dict[str, Any]) -> dict[str, Any]:
    """What TOML can say: it has no word for nothing."""
    return {
        key: _without_nothing(value) if isinstance(value, dict) else _each(value)
        for key, value in table.items()
        if value is not None
    }


def _each(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nothing(each) if isinstance(each, dict) else each for each in value]
    return value


ARMS: dict[str, Any] = {
    "description": "Drained against undrained.",
    "scenario": "mine.toml",
    "runs": 3,
    "arms": [
        {"name": "drained", "description": "Each node is drained.", "set": ["roll.drained=true"]},
        {"name": "undrained", "set": ["roll.drained=false", "roll.settle_s=2"]},
    ],
}
_FIGURES = {"requests": 100, "failed": 1, "outage_s": 0.5, "stall_s": 1.0, "p50_ms": 20.0, "p99_ms": 80.0}
HISTORY: dict[str, Any] = {
    "format": 1,
    "kind": "keystone-upgrade-baseline",
    "harness": "0.1.0",
    "settings": {"from": '"27.1.0"', "to": '"29.1.0"'},
    "runs": [
        {
            "name": f"drained/{number}",
            "started": "2026-11-22T14:33:14Z",
            "availability": "PASS",
            "figures": {
                **_FIGURES,
                "roll_s": 60.0,
                "cells": [{**_FIGURES, "phase": "roll", "lane": "token_issue/new"}],
            },
        }
        for number in range(3)
    ],
}
