"""Damaged run directories: judged or refused in one line, at once, and never better than what they hold."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.evidence.names import Verdict
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.judge import judge_run
from harness.judge.model import Judgement
from harness.refusal import escaped
from tests.command import harness_here
from tests.fuzz.profiles import inputs
from tests.fuzz.run_damage import Damage, any_damage, impossible_values
from tests.judge.whole import FAILING, Whole, failing

SOUND = "sound"
NAMES = (SOUND, *FAILING)
_LINE_CHARS_MAX = 1_500
_READ_BYTES_MAX = 10 << 20
_NOT_OURS = re.compile(
    r"Input should|validation error|pydantic|Traceback|NoneType|<class|object at 0x|Error\b|codec|Errno"
)
"""Words of Python and of pydantic."""


@dataclass(frozen=True, slots=True)
class Bases:
    """Whole runs to damage copies of, made when they are first asked for."""

    folder: Path

    def whole(self, name: str, *, sealed: bool) -> RunDirectory:
        run = RunDirectory(self.folder / f"{name} {'sealed' if sealed else 'open'}")
        if not run.path.exists():
            made = Whole().write if name == SOUND else partial(failing, name)
            made(run.path, sealed=sealed)
            run.logs.mkdir(exist_ok=True)
            (run.logs / "node1.log").write_text('request t="1760000000000" id=req-1\nwarning: one\n' * 9)
        return run

    def damaged(self, name: str, damages: Sequence[Damage], *, sealed: bool) -> RunDirectory:
        """A fresh copy with damages, in the place of the last one."""
        place = self.folder / "run"
        shutil.rmtree(place, ignore_errors=True)
        run = RunDirectory(Path(shutil.copytree(self.whole(name, sealed=sealed).path, place)))
        for damage in damages:
            damage.do(run)
        return run


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    return Bases(tmp_path_factory.mktemp("runs"))


def _judged(run: RunDirectory) -> Judgement | None:
    """The judgement, in which nothing may have broken; None where the run is refused, in one line of ours."""
    try:
        judgement = judge_run(open_run_directory(run.path))
    except UsageError as error:
        _need_one_line(str(error), str(run.path))
        return None
    told = [finding.sentence for question in judgement.questions for finding in question.findings]
    assert [sentence for sentence in (*told, *judgement.limits) if " broke with " in sentence] == []
    return judgement


def _need_one_line(said: str, place: str = "") -> None:
    line = escaped(said)
    assert place in line
    assert "\n" not in line
    assert line.isprintable()
    assert len(line) < _LINE_CHARS_MAX, line
    assert not _NOT_OURS.search(re.sub(r"'[^']*'", "''", line)), line


def _is_another(run: RunDirectory, sealed: Path) -> bool:
    """Whether the evidence of a run is not what was sealed; its logs are none."""
    files = [path.relative_to(sealed) for path in _files(sealed) if path.parent.name != "logs"]
    beside = [path for path in _files(run.path) if path.suffix == ".jsonl" and path.is_file()]
    names = {path.relative_to(run.path) for path in beside}
    return any(_held(run.path / name) != _held(sealed / name) for name in {*files, *names})


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _held(path: Path) -> object:
    if path.is_symlink() or not path.is_file():
        return None
    if path.stat().st_size > _READ_BYTES_MAX:
        return path.stat().st_size
    data = path.read_bytes()
    if path.name != "run.json":
        return data
    try:
        return json.loads(data)
    except ValueError:
        return data


@inputs(0.05)
@given(name=st.sampled_from(NAMES), damages=st.lists(any_damage, min_size=1, max_size=3))
def test_a_sealed_run_that_was_damaged_never_passes(name: str, damages: list[Damage], bases: Bases) -> None:
    run = bases.damaged(name, damages, sealed=True)
    judgement = _judged(run)
    if judgement is not None and judgement.verdict is Verdict.PASS:
        assert not _is_another(run, bases.whole(name, sealed=True).path)
        assert name == SOUND


@inputs(0.03)
@given(name=st.sampled_from(NAMES), damages=st.lists(any_damage, min_size=1, max_size=3))
def test_a_run_without_a_seal_is_judged_or_refused(name: str, damages: list[Damage], bases: Bases) -> None:
    _judged(bases.damaged(name, damages, sealed=False))


@inputs(0.02)
@given(name=st.sampled_from([*FAILING]), damage=impossible_values)
def test_a_value_of_another_type_makes_no_failed_run_pass(name: str, damage: Damage, bases: Bases) -> None:
    judgement = _judged(bases.damaged(name, [damage], sealed=False))
    assert judgement is None or judgement.verdict is not Verdict.PASS


@inputs(0.0025)
@given(name=st.sampled_from(NAMES), damages=st.lists(any_damage, min_size=1, max_size=2))
def test_with_its_pages_it_ends_in_a_right_status_and_says_one_line(
    name: str, damages: list[Damage], bases: Bases
) -> None:
    run = bases.damaged(name, damages, sealed=False)
    done = harness_here("judge", str(run.path))
    assert done.returncode in (0, 1, 2, 3), done
    lines = done.stderr.splitlines()
    assert len(lines) == (done.returncode == 2), done
    for line in lines:
        assert line.startswith("harness: ")
        _need_one_line(line)
    assert run.report.is_file() == (done.returncode != 2)
