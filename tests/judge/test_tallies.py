"""What was counted while the run went on, held against what is still there, also in a run without a seal."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import sentences
from tests.judge.whole import WORSE, Whole, failing

Row = dict[str, Any]


def told(run: RunDirectory) -> list[str]:
    judgement = judge_run(run)
    assert judgement.verdict is Verdict.INCONCLUSIVE
    return sentences(judgement, "coverage")


def change(path: Path, rows: Callable[[list[Row]], list[Row]]) -> None:
    kept = rows([orjson.loads(line) for line in path.read_bytes().splitlines()])
    path.write_bytes(b"".join(orjson.dumps(row) + b"\n" for row in kept))


@pytest.fixture
def run(tmp_path: Path) -> RunDirectory:
    """One in which nothing failed."""
    return Whole().write(tmp_path / "run")


@pytest.mark.parametrize("instead", [b"", b"\n"], ids=["gone", "blank"])
def test_a_broken_check_that_is_lost_is_missed_by_the_journal(tmp_path: Path, instead: bytes) -> None:
    run = failing("a check of the cohort is broken", tmp_path / "run")
    lines = run.continuity.read_bytes().splitlines(keepends=True)
    run.continuity.write_bytes(b"".join(instead if b"broken" in line else line for line in lines))

    assert told(run)[0] == (
        "INCONCLUSIVE: continuity.jsonl tells of 2 checks (2 ok) in step check_cohort of phase contract, the "
        "journal of 3 checks (1 broken and 2 ok)."
    )


def test_a_check_that_was_made_good_afterwards_is_missed_as_well(tmp_path: Path) -> None:
    run = failing("a check of the cohort is broken", tmp_path / "run")
    run.continuity.write_bytes(run.continuity.read_bytes().replace(b'"broken"', b'"ok"'))

    assert told(run)[0] == (
        "INCONCLUSIVE: continuity.jsonl tells of 3 checks (3 ok) in step check_cohort of phase contract, the "
        "journal of 3 checks (1 broken and 2 ok)."
    )


def test_an_entity_that_is_lost_from_what_was_read_back_is_missed_by_the_journal(run: RunDirectory) -> None:
    def is_bob(row: Row) -> bool:
        return bool(row["stage"] == "contract" and row.get("entity", {}).get("name") == "bob")

    change(run.ledger, lambda rows: [row for row in rows if not is_bob(row)])

    assert told(run)[0] == (
        "INCONCLUSIVE: ledger.jsonl tells of 1 entity read back in phase cooldown, the journal of 2."
    )


def test_the_end_of_an_acknowledged_write_that_is_lost_is_missed_by_the_requests(run: RunDirectory) -> None:
    change(run.writes / "load.jsonl", lambda rows: rows[:-1])

    assert told(run)[0] == (
        "INCONCLUSIVE: 4 writes of lane load/user_create/reused succeeded, and the ledger knows of 3: what "
        "was acknowledged is not all in it."
    )


def test_version_tables_that_are_lost_are_missed_by_the_journal(run: RunDirectory) -> None:
    change(run.database, lambda rows: [row for row in rows if row["phase"] != "preflight"])

    assert told(run)[0] == (
        "INCONCLUSIVE: database.jsonl lacks the version tables that step versions read in phase preflight, "
        "at its end."
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "balancer.jsonl is missing: what the balancer counted is not known."),
        (b"", "balancer.jsonl holds no sample, though the balancer could be asked: what the balancer counted "
              "is not known."),
        (b"\x00\x01\x02\n", "balancer.jsonl holds 1 damaged line: what the balancer counted is not known "
                            "there."),
    ],
    ids=["gone", "empty", "garbage"],
)  # fmt: skip
def test_a_balancer_that_tells_nothing_any_more_is_a_gap(
    run: RunDirectory, content: bytes | None, sentence: str
) -> None:
    run.balancer.unlink() if content is None else run.balancer.write_bytes(content)

    assert told(run) == [f"INCONCLUSIVE: {sentence}"]


def test_a_section_of_the_stored_scenario_that_is_lost_is_a_gap(tmp_path: Path) -> None:
    run = failing("a check of continuity is broken", tmp_path / "run")
    document = orjson.loads(run.manifest.read_bytes())
    del document["scenario"]["continuity"], document["scenario"]["judge"]["lag_p99_ms_max"]
    run.manifest.write_bytes(orjson.dumps(document))

    assert told(run) == [
        f"INCONCLUSIVE: The scenario in run.json has no {name}, which every run of its time has: what it "
        "asked of this run is not known."
        for name in ("continuity", "judge.lag_p99_ms_max")
    ] + [
        "INCONCLUSIVE: The journal has the step check_continuity, and the scenario in run.json does not ask "
        "for continuity: one of the two was changed."
    ]


def test_a_baseline_that_is_gone_is_missed_where_being_worse_was_to_fail(tmp_path: Path) -> None:
    run = failing(WORSE, tmp_path / "run")
    run.baseline.unlink()

    assert told(run) == [
        "INCONCLUSIVE: The run was given earlier runs to compare with, and to fail where it is worse; "
        "baseline.json is gone, so whether it is worse is not known."
    ]


def test_a_run_of_the_first_programs_had_fewer_sections(tmp_path: Path) -> None:
    run = Whole(compared=False).write(tmp_path / "run")
    document = orjson.loads(run.manifest.read_bytes())
    for section in ("gate", "impact"):
        del document["scenario"][section]
    run.manifest.write_bytes(orjson.dumps(document))

    assert judge_run(run).verdict is Verdict.PASS
