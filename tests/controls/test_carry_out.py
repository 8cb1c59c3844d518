"""Controls are run in turn and held against what they declare; one that breaks does not end the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import orjson
import pytest

from harness.campaign.turns import Run
from harness.controls.carry_out import RESULTS, carry_out_controls
from harness.controls.matching import Result
from harness.controls.run import Control, ControlRun
from harness.errors import UsageError
from harness.scenario import parse_scenario


def _control(name: str, verdict: str = "PASS") -> Control:
    scenario = parse_scenario(
        {"name": name, "description": f"What {name} does.", "expect": {"verdict": verdict}}, name
    )
    return Control.of(Path("scenarios") / "controls" / f"{name}.toml", scenario)


def _command(out: Path, *verdicts: str | None) -> Run:
    """Stands for `harness run`: leaves a run with such a verdict, breaks where it is None, or is ended."""
    left = list(verdicts)

    def run(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        verdict = left.pop(0)
        if verdict == "ended":
            raise KeyboardInterrupt
        if verdict is None:
            return 4
        made = out / Path(arguments[0]).stem / "stamp"
        made.mkdir(parents=True)
        document = {"verdict": verdict, "questions": {}, "phases": {}}
        (made / "verdict.json").write_bytes(orjson.dumps(document))
        (made / "journal.jsonl").touch()
        return 0

    return run


def _carried_out(
    out: Path, controls: Sequence[Control], *verdicts: str | None
) -> tuple[tuple[ControlRun, ...], list[str]]:
    said: list[str] = []
    return carry_out_controls(controls, out, said.append, _command(out, *verdicts)), said


def test_each_control_is_held_against_what_it_declares(tmp_path: Path) -> None:
    controls = [_control("sound"), _control("broken", "FAIL"), _control("alarmed")]

    runs, said = _carried_out(tmp_path, controls, "PASS", "FAIL", "FAIL")

    assert [(run.control, run.as_declared, run.exit_code) for run in runs] == [
        ("sound", True, 0),
        ("broken", True, 0),
        ("alarmed", False, 0),
    ]
    assert said == [
        "[1/3] sound: What sound does.", "  as declared, 0 s",
        "[2/3] broken: What broken does.", "  as declared, 0 s",
        "[3/3] alarmed: What alarmed does.", "  NOT as declared, 0 s",
    ]  # fmt: skip


def test_a_control_that_breaks_is_undecided_and_the_others_are_run(tmp_path: Path) -> None:
    runs, _ = _carried_out(tmp_path, [_control("first"), _control("second")], None, "PASS")

    assert [(run.control, run.as_declared, run.exit_code, run.run) for run in runs] == [
        ("first", False, 4, None),
        ("second", True, 0, tmp_path / "second" / "stamp"),
    ]
    assert runs[0].rows[0].words == "the run was not judged"


def test_what_was_run_is_written_after_each_one_also_where_somebody_ends_it(tmp_path: Path) -> None:
    controls = [_control("first"), _control("second"), _control("third")]
    said: list[str] = []

    with pytest.raises(KeyboardInterrupt):
        carry_out_controls(controls, tmp_path, said.append, _command(tmp_path, "PASS", "ended"))

    assert [each["control"] for each in orjson.loads((tmp_path / RESULTS).read_bytes())] == ["first"]
    assert "| first | verdict |" in (tmp_path / "controls.md").read_text(encoding="utf-8")
    assert said[-1] == (
        f"interrupted; 1 of 3 controls were run, {tmp_path} has them; run the others with: "
        "harness controls second third"
    )


def test_a_scenario_that_expects_nothing_is_no_control() -> None:
    with pytest.raises(UsageError, match=r"^mine\.toml: has no section \[expect\], so it is no control; "):
        Control.of(Path("mine.toml"), parse_scenario({"name": "mine"}, "mine.toml"))


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        ("verdict.json", '{"verdict": "PA', "verdict.json: no JSON"),
        ("verdict.json", '{"verdict": "PERHAPS"}', "verdict.json: verdict: 'PERHAPS' is not possible"),
        ("journal.jsonl", '{"seq": 0}\n', "journal.jsonl, line 1: mono_ns: is missing"),
    ],
)
def test_a_control_that_leaves_a_damaged_file_is_undecided_says_so_and_the_others_are_run(
    tmp_path: Path, file: str, text: str, words: str
) -> None:
    sound = _command(tmp_path, "PASS", "PASS")

    def run(arguments: Sequence[str], log: Path, limit_s: float) -> int | None:
        status = sound(arguments, log, limit_s)
        if Path(arguments[0]).stem == "damaged":
            (tmp_path / "damaged" / "stamp" / file).write_text(text, encoding="utf-8")
        return status

    runs = carry_out_controls([_control("damaged"), _control("second")], tmp_path, lambda _: None, run)

    assert [(each.control, each.as_declared) for each in runs] == [("damaged", False), ("second", True)]
    assert [row.result for row in runs[0].rows] == [Result.UNDECIDED]
    assert runs[0].rows[0].words.startswith(f"the run was not judged: {tmp_path}/damaged/stamp/{words}")
    assert [each["as_declared"] for each in orjson.loads((tmp_path / RESULTS).read_bytes())] == [False, True]
