"""Files of a wrong shape: refused with file, key and the way out, never with a traceback or a FAIL."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import ISSUE, T0_NS, Story, healthy, judged, ns

RESTORE = "restore the file from where the run was made."


def refusal(story: Story, path: Path) -> str:
    """The sentence with which the run is refused, without the folder."""
    with pytest.raises(UsageError) as refused:
        judged(story, path)
    return str(refused.value).replace(f"{path}/", "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"judge": "strict"}, "scenario.judge: 'strict' is not possible; expected a table"),
        ({"judge": ["x"]}, "scenario.judge: expected a table"),
        ({"probes": "all"}, "scenario.probes: 'all' is not possible; expected a list"),
        ({"probes": [7]}, "scenario.probes.0: 7 is not possible; expected a table"),
        (
            {"probes": [{"connections": 3}]},
            "scenario.probes.0.connections: 3 is not possible; expected a list",
        ),
        ({"roll": True}, "scenario.roll: true is not possible; expected a table"),
        ({"roll": {"drained": "no"}}, "scenario.roll.drained: 'no' is not possible; expected true or false"),
        ({"load": 4}, "scenario.load: 4 is not possible; expected a table"),
        ({"load": {"users": "four"}}, "scenario.load.users: 'four' is not possible; expected a whole number"),
        ({"load": {"pace_s": 0}}, "scenario.load.pace_s: 0 is not possible; expected more than 0"),
        ({"deployment": "local"}, "scenario.deployment: 'local' is not possible; expected a table"),
        ({"balancer": []}, "scenario.balancer: expected a table"),
    ],
)
def test_a_scenario_of_a_wrong_shape_is_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    story = healthy()
    story.scenario = changes

    assert refusal(story, tmp_path) == f"run.json: {sentence}; {RESTORE}"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"host": {"software": "all of it"}}, "host.software: 'all of it' is not possible; expected a table"),
        (
            {"clock": {"wall_ns": 0, "mono_ns": -1}},
            "clock.mono_ns: -1 is not possible; expected at least 0",
        ),
        (
            {"clock": {"wall_ns": 2**63, "mono_ns": 0}},
            "clock.wall_ns: 9223372036854775808 is not possible; expected less than 922337203685477580",
        ),
    ],
)
def test_a_manifest_of_a_wrong_shape_is_refused(
    tmp_path: Path, changes: dict[str, Any], sentence: str
) -> None:
    run = healthy().write(tmp_path)
    manifest = orjson.loads(run.manifest.read_bytes())
    run.manifest.write_bytes(orjson.dumps({**manifest, **changes}))

    with pytest.raises(UsageError) as refused:
        judge_run(run)

    assert str(refused.value).startswith(f"{run.manifest}: {sentence}")
    assert str(refused.value).endswith(RESTORE)


@pytest.mark.parametrize(
    ("detail", "sentence"),
    [
        ({"migrations": 7}, "detail: migrations: 7 is not possible; expected a list"),
        ({"log_errors": "ERROR"}, "detail: log_errors: 'ERROR' is not possible; expected a list"),
        (
            {"migrations": [{"started_ns": "soon"}]},
            "detail: migrations.0.started_ns: 'soon' is not possible; expected a number",
        ),
        (
            {"migrations": [{"duration_s": "long"}]},
            "detail: migrations.0.duration_s: 'long' is not possible; expected a number",
        ),
    ],
)
def test_journal_details_that_are_walked_through_must_be_what_they_are_said_to_be(
    tmp_path: Path, detail: dict[str, Any], sentence: str
) -> None:
    story = healthy()
    story.detail("expand", "db_sync").update(detail)

    told = refusal(story, tmp_path)

    assert told.startswith("journal.jsonl, line ")
    assert told.endswith(f": {sentence}; {RESTORE}")


@pytest.mark.parametrize(
    ("sample", "sentence"),
    [
        (
            {"mono_ns": "now"},
            "database.jsonl, line 1: mono_ns: 'now' is not possible; expected a whole number",
        ),
        ({"mono_ns": 1.5}, "database.jsonl, line 1: mono_ns: 1.5 is not possible; expected a whole number"),
        ({"tables": 3}, "database.jsonl, line 1: tables: 3 is not possible; expected a table"),
        ({"tables": {"a": 1}}, "database.jsonl, line 1: tables.a: 1 is not possible; expected a list"),
    ],
)
def test_samples_of_the_database_of_a_wrong_shape_are_refused(
    tmp_path: Path, sample: dict[str, Any], sentence: str
) -> None:
    story = healthy()
    story.versions[0].update(sample)

    assert refusal(story, tmp_path) == f"{sentence}; {RESTORE}"


@pytest.mark.parametrize(
    ("lane", "sentence"),
    [
        ({"rate_hz": 0}, "0.rate_hz: 0 is not possible; expected more than 0"),
        ({"rate_hz": -2.0}, "0.rate_hz: -2.0 is not possible; expected more than 0"),
        ({"rate_hz": 1e9}, "0.rate_hz: 1000000000.0 is not possible; expected at most 100000"),
        ({"deadline_s": 0}, "0.deadline_s: 0 is not possible; expected more than 0"),
        ({"deadline_s": 1e9}, "0.deadline_s: 1000000000.0 is not possible; expected at most 86400"),
    ],
)
def test_a_lane_with_an_impossible_rate_or_deadline_is_refused(
    tmp_path: Path, lane: dict[str, Any], sentence: str
) -> None:
    story = healthy()
    story.lanes[0].update(lane)

    assert refusal(story, tmp_path) == f"requests/probes.jsonl, line 1: header.lanes: {sentence}; {RESTORE}"


FAR_NS = T0_NS + 31 * 86_400 * 10**9
AWAY = f"is {FAR_NS:,}, more than 30 days from the run's clock ({T0_NS:,} in run.json); {RESTORE}"


@pytest.mark.parametrize("key", ["intended_ns", "end_ns"])
def test_a_request_of_another_time_is_refused_before_it_costs_any_memory(tmp_path: Path, key: str) -> None:
    story = healthy()
    row = story.records[ISSUE][-1]
    row.update({"end_ns": FAR_NS, key: FAR_NS})
    if key == "end_ns":
        row["intended_ns"] = row["start_ns"] = ns(55)

    told = refusal(story, tmp_path)

    assert told.startswith(f"requests/probes.jsonl, lane {ISSUE}: {key} is ")
    assert told.endswith(AWAY)


def test_journal_lines_migrations_and_samples_of_another_time_are_refused(tmp_path: Path) -> None:
    story = healthy()
    story.find("teardown", None)["mono_ns"] = FAR_NS
    assert refusal(story, tmp_path / "journal").startswith("journal.jsonl, seq ")

    story = healthy()
    story.detail("expand", "db_sync")["migrations"][0]["started_ns"] = FAR_NS
    assert refusal(story, tmp_path / "migration").endswith(f": detail.migrations.started_ns {AWAY}")

    story = healthy()
    story.versions[0]["mono_ns"] = FAR_NS
    assert refusal(story, tmp_path / "sample") == f"database.jsonl, line 1: mono_ns {AWAY}"


def test_a_migration_that_is_no_table_is_left_out_and_harms_nothing(tmp_path: Path) -> None:
    story = healthy()
    story.detail("expand", "db_sync")["migrations"].append("an index")

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert len(judgement.migrations) == 1
