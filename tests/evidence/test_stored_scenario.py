"""The scenario of a stored run: each key has its type, and one default where the run is older than it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.manifest import Manifest, read_manifest
from harness.evidence.stored_scenario import StoredScenario
from harness.scenario import Scenario

MANIFEST: dict[str, Any] = {
    "format": 1,
    "from": {"series": "2025.1", "version": "27.1.0"},
    "to": {"series": "2026.1", "version": "29.1.0"},
    "nodes": [],
    "clock": {"wall_ns": 1, "mono_ns": 1},
    "started": "2026-01-01T00:00:00Z",
    "ended": None,
    "outcome": None,
    "host": {},
    "seed": 1,
}


def _manifest(tmp_path: Path, scenario: dict[str, Any]) -> Manifest:
    path = tmp_path / "run.json"
    path.write_bytes(orjson.dumps({**MANIFEST, "scenario": scenario}))
    return read_manifest(path)


def test_a_scenario_of_today_is_stored_and_read_with_its_values(tmp_path: Path) -> None:
    scenario = Scenario.model_validate(
        {
            "name": "slow",
            "description": "a slow roll",
            "roll": {"drained": False},
            "load": {"users": 2, "client_users": 3, "pace_s": 4},
            "integrity": {"logins_sample": 5},
            "deployment": {"password_hash_rounds": 6},
            "probes": [{"op": "token_issue", "rate_hz": 2, "deadline_s": 3, "connections": ["new"]}],
        }
    )
    stored = _manifest(tmp_path, scenario.resolved()).stored
    assert (stored.name, stored.description) == ("slow", "a slow roll")
    assert (stored.roll.drained, stored.procedure.upgrade) == (False, True)
    assert (stored.load.users, stored.load.client_users, stored.load.pace_s) == (2, 3, 4.0)
    assert (stored.integrity.enabled, stored.integrity.logins_sample) == (True, 5)
    assert (stored.continuity.enabled, stored.continuity.refuse_within_s) == (True, 5.0)
    assert stored.deployment.password_hash_rounds == 6
    (probe,) = stored.probes
    assert (probe.op, probe.connections, probe.rate_hz, probe.deadline_s) == ("token_issue", ["new"], 2, 3)
    assert stored.database_is_watched
    assert stored.impact is not None


def test_a_run_made_before_any_of_the_keys_was_asked_for_none_of_it(tmp_path: Path) -> None:
    stored = _manifest(tmp_path, {}).stored
    assert stored == StoredScenario()
    assert (stored.integrity.enabled, stored.continuity.enabled, stored.impact) == (False, False, None)
    assert not stored.database_is_watched
    assert stored.roll.drained
    assert stored.procedure.upgrade


def test_keys_that_are_not_read_are_kept_for_comparing(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, {"roll": {"weather": "fair"}})
    assert manifest.settings == {"roll": {"weather": "fair"}}
    assert manifest.model_dump(by_alias=True)["scenario"] == manifest.settings


@pytest.mark.parametrize(
    ("scenario", "key"),
    [
        ({"name": 7}, "scenario.name"),
        ({"load": {"users": "four"}}, "scenario.load.users"),
        ({"load": {"client_users": -1}}, "scenario.load.client_users"),
        ({"roll": {"drained": "yes"}}, "scenario.roll.drained"),
        ({"probes": [{"rate_hz": "often"}]}, "scenario.probes.0.rate_hz"),
        ({"integrity": {"enabled": 1}}, "scenario.integrity.enabled"),
        ({"integrity": {"logins_sample": 0.5}}, "scenario.integrity.logins_sample"),
        ({"continuity": {"refuse_within_s": "soon"}}, "scenario.continuity.refuse_within_s"),
        ({"deployment": {"password_hash_rounds": "four"}}, "scenario.deployment.password_hash_rounds"),
        ({"faults": "none"}, "scenario.faults"),
    ],
)
def test_a_value_of_another_type_is_refused_by_its_key(
    scenario: dict[str, Any], key: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=rf"run\.json: {key}: .*restore the file from"):
        _manifest(tmp_path, scenario)
