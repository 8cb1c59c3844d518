"""What can not be compared is refused with one sentence that says why and what to do."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.compare.answer import question_of
from harness.compare.arms import group
from harness.compare.measured import measure
from harness.compare.stored import compare_stored
from harness.errors import UsageError
from tests.compare.runs import DRAINED, UNDRAINED, run, series
from tests.judge.story import ISSUE, healthy


def _refusal(runs: Sequence[Path], *by: str, overrides: Sequence[str] = ()) -> str:
    with pytest.raises(UsageError) as caught:
        compare_stored(runs, by, overrides)
    return str(caught.value)


def _pair(folder: Path, **differing: object) -> list[Path]:
    """A drained run, and an undrained one that differs in more."""
    return series(folder, (DRAINED, [[]]), ({**UNDRAINED, **differing}, [[]]))


def test_runs_with_the_same_settings_are_one_arm(tmp_path: Path) -> None:
    assert _refusal(series(tmp_path, (DRAINED, [[], [], []]))) == (
        "all 3 runs have the same settings, so there is only one arm; "
        "give runs that differ in what you want to compare."
    )


def test_arms_probed_at_different_rates_are_refused(tmp_path: Path) -> None:
    probes = [{"op": "token_issue", "rate_hz": 9.0}]

    assert _refusal(_pair(tmp_path, probes=probes)) == (
        'drained/run-0 and undrained/run-0 differ in probes, (not set) against [{"op":"token_issue",'
        '"rate_hz":9.0}]; arms may differ in roll.drained alone, so leave out one side, or name with --by '
        "what belongs together."
    )


def test_arms_under_different_load_are_refused_with_everything_that_differs(tmp_path: Path) -> None:
    load = {"users": 9, "pace_s": 0.5, "deadline_s": 3.0}

    assert _refusal(_pair(tmp_path, load=load)) == (
        "drained/run-0 and undrained/run-0 differ in load.deadline_s, (not set) against 3 (and in "
        "load.pace_s and "
        "load.users); arms may differ in roll.drained alone, so leave out one side, or name with --by what "
        "belongs together."
    )


def test_arms_of_another_pair_are_refused(tmp_path: Path) -> None:
    other = healthy(drained=False)
    other.to = "28.0.1"
    runs = [run(tmp_path / "a" / "1", 0, **DRAINED), run(tmp_path / "b" / "1", 1, story=other, **UNDRAINED)]

    assert _refusal(runs) == (
        "a/1 and b/1 differ in to, 29.1.0 against 28.0.1; arms may differ in roll.drained alone, so "
        "leave out one "
        "side, or name with --by what belongs together."
    )


def test_arms_judged_by_other_bounds_are_refused_and_compared_by_the_same(tmp_path: Path) -> None:
    runs = _pair(tmp_path, judge={"stall_budget_s": 4.0})

    assert _refusal(runs) == (
        "drained/run-0 and undrained/run-0 differ in judge.stall_budget_s, none against 4; runs are compared "
        "by one measure, so give all of them the same bound with --set judge.stall_budget_s=VALUE."
    )
    assert len(compare_stored(runs, overrides=["judge.stall_budget_s=2"]).arms.arms) == 2


def test_several_differences_without_a_word_which_is_meant_are_refused(tmp_path: Path) -> None:
    one = {"name": "a", "balancer": {"retries": 3, "redispatch": True}}
    other = {"name": "b", "balancer": {"retries": 0, "redispatch": False}}
    runs = series(tmp_path, (one, [[]]), (other, [[]]))

    assert _refusal(runs) == (
        "the runs differ in balancer.redispatch and balancer.retries, and what is found could be due "
        "to any of "
        "them; say with --by which belong together as the thing compared, and leave out runs that differ in "
        "anything else."
    )
    by_table, by_keys = (
        compare_stored(runs, by) for by in (["balancer"], ["balancer.retries", "balancer.redispatch"])
    )
    assert by_table.arms.by == by_keys.arms.by == ("balancer.redispatch", "balancer.retries")


def test_a_key_that_no_run_has_is_refused_with_those_that_differ(tmp_path: Path) -> None:
    assert _refusal(_pair(tmp_path), "roll.drainned") == (
        "--by roll.drainned: the runs have no such setting; they differ in roll.drained "
        "(pair stands for from and to)."
    )


def test_a_key_that_does_not_differ_is_refused_with_those_that_do(tmp_path: Path) -> None:
    assert _refusal(_pair(tmp_path), "pair") == (
        "--by pair: all runs have the same there, so there is only one arm; they differ in roll.drained."
    )


def test_one_run_given_twice_counts_once(tmp_path: Path) -> None:
    runs = _pair(tmp_path)

    assert _refusal([*runs, runs[0]]) == (
        f"{runs[0]}: is the same run as {runs[0]}, and one run counts once; leave one of them out."
    )


def test_three_copies_of_one_run_are_not_three_runs(tmp_path: Path) -> None:
    runs = _pair(tmp_path)
    copies = [shutil.copytree(runs[0], tmp_path / f"copy-{number}") for number in (1, 2)]

    assert _refusal([*runs, *copies]) == (
        f"{copies[0]}: is the same run as {runs[0]}, and one run counts once; leave one of them out."
    )


def test_a_bound_alone_is_no_arm(tmp_path: Path) -> None:
    runs = series(
        tmp_path, (DRAINED, [[]]), ({**DRAINED, "name": "strict", "judge": {"unsent_max": 4}}, [[]])
    )

    assert "runs are compared by one measure" in _refusal(runs)


@pytest.mark.parametrize("asked", [{"gate": {"worse_fails": True}}, {"impact": {"floor_ms": 9.0}}])
def test_what_is_asked_of_a_run_is_not_what_is_compared(tmp_path: Path, asked: dict[str, Any]) -> None:
    """Does gate.worse_fails matter here? It was asked, of a comparison of gates."""
    alone = series(tmp_path / "alone", (DRAINED, [[]]), ({**DRAINED, "name": "asked", **asked}, [[]]))
    beside = _pair(tmp_path / "beside", **asked)

    assert _refusal(alone).startswith("all 2 runs have the same settings, so there is only one arm; ")
    assert _refusal(beside, *asked).startswith(f"--by {next(iter(asked))}: the runs have no such setting; ")
    assert group([measure(path) for path in beside]).by == ("roll.drained",)


def _with_users(path: Path, digest: str | None, called: str = "identity.py") -> Path:
    """As an earlier program left the run where there is no digest."""
    manifest = path / "run.json"
    document = orjson.loads(manifest.read_bytes())
    document["scenario"]["load"] = {"users_file": called}
    manifest.write_bytes(orjson.dumps(document | ({"users_sha256": digest} if digest else {})))
    return path


A, B = "a" * 64, "b" * 64


def test_runs_under_the_users_of_another_file_of_the_same_name_are_refused(tmp_path: Path) -> None:
    runs = [_with_users(path, digest) for path, digest in zip(_pair(tmp_path), (A, B), strict=True)]

    assert _refusal(runs).startswith(
        "drained/run-0 and undrained/run-0 differ in load.users_sha256, aaaaaaaa"
    )


def test_two_files_of_users_are_compared_by_the_key_that_names_them(tmp_path: Path) -> None:
    pair = series(tmp_path, (DRAINED, [[]]), ({**DRAINED, "name": "other"}, [[]]))
    runs = [_with_users(path, digest) for path, digest in zip(pair, (A, B), strict=True)]
    arms = group([measure(path) for path in runs], ["load.users_file"])

    assert arms.by == ("load.users_sha256",)
    assert question_of(arms.by) == "Does the file of users matter here?"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ((A, "identity.py"), (A, "renamed.py")),
        ((A, "identity.py"), (None, "identity.py")),
        ((None, "identity.py"), (None, "identity.py")),
    ],
)
def test_the_same_users_under_another_name_or_from_before_digests_are_comparable(
    tmp_path: Path, one: tuple[str, str], other: tuple[str, str]
) -> None:
    runs = [_with_users(path, *users) for path, users in zip(_pair(tmp_path), (one, other), strict=True)]

    assert compare_stored(runs).arms.by == ("roll.drained",)


def test_users_files_of_different_names_are_refused_where_nobody_knows_what_one_of_them_held(
    tmp_path: Path,
) -> None:
    one, other = _pair(tmp_path)
    runs = [_with_users(one, A, "identity.py"), _with_users(other, None, "mine.py")]

    assert "differ in load.users_file, identity.py against mine.py; " in _refusal(runs)


def test_a_run_that_was_killed_is_refused(tmp_path: Path) -> None:
    killed = healthy()
    killed.die(30)
    runs = [run(tmp_path / "a", 0, story=killed), run(tmp_path / "b", 1, **UNDRAINED)]

    assert _refusal(runs) == (
        f"{runs[0]}: this run has no end, so its harness was killed, so what it did not do can not be "
        "compared; "
        "leave it out, or run it again."
    )


def test_a_run_that_was_stopped_is_refused(tmp_path: Path) -> None:
    stopped = healthy()
    stopped.outcome = "aborted"
    runs = [run(tmp_path / "a", 0, story=stopped), run(tmp_path / "b", 1, **UNDRAINED)]

    assert _refusal(runs).startswith(f"{runs[0]}: this run was aborted, so what it did not do ")


def test_a_run_of_another_format_is_refused(tmp_path: Path) -> None:
    runs = _pair(tmp_path)
    manifest = runs[1] / "run.json"
    manifest.write_bytes(orjson.dumps(orjson.loads(manifest.read_bytes()) | {"format": 2}))

    assert _refusal(runs) == (
        f"{manifest}: format is 2, this harness reads format 1; judge it with the harness that made it."
    )


def test_a_run_on_a_machine_without_room_is_refused_with_the_judges_reason(tmp_path: Path) -> None:
    starved = healthy()
    starved.footer = {"lag_p99_ms": 900.0, "lag_max_ms": 4000.0}
    runs = [run(tmp_path / "a", 0, story=starved), run(tmp_path / "b", 1, **UNDRAINED)]

    assert _refusal(runs) == (
        f"{runs[0]}: its evidence does not cover what it would be compared by: The load generator was "
        "starved: "
        "probes left up to 4,000 ms late, p99 900 ms (allowed: 1000 and 100 ms); the machine did that, and "
        "Keystone is not charged for it. Leave it out, or run it again on a machine with room."
    )


def test_failures_of_a_starved_moment_are_charged_to_neither_arm(tmp_path: Path) -> None:
    starved = healthy(drained=False)
    # Half of the probes of one second left late, too few to make the whole run one without room.
    for row in starved.due(ISSUE, 23.0, 24.0):
        row["start_ns"] += 200_000_000
        row["end_ns"] += 200_000_000
    starved.fail(ISSUE, 23.0, 24.0, status=504)
    runs = [run(tmp_path / "a", 0, **DRAINED), run(tmp_path / "b", 1, story=starved)]

    assert _refusal(runs) == (
        f"{runs[1]}: 2 of its failed requests fell into moments in which the machine had no room, so "
        "nobody knows whom to charge with them; leave it out, or run it again."
    )


def test_machines_of_different_size_are_an_arm_of_their_own_or_refused(tmp_path: Path) -> None:
    runs = _pair(tmp_path)
    manifest = runs[1] / "run.json"
    manifest.write_bytes(orjson.dumps(orjson.loads(manifest.read_bytes()) | {"host": {"cores": 8}}))

    assert _refusal(runs).startswith("drained/run-0 and undrained/run-0 differ in host.cores, 2 against 8; ")


def test_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert _refusal([tmp_path / "nothing"]) == (
        f"{tmp_path / 'nothing'}: there is no such folder; give the folder of a run, the one that "
        "holds run.json."
    )
