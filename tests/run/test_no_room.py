"""A machine without room for the load: nothing is upgraded, by the command line and to its exit status."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from harness.evidence.journal import read_journal
from harness.evidence.names import Phase
from harness.run import conduct as conducting
from tests.command import harness_here
from tests.real_run import Run
from tests.run.ended import LET_GO
from tests.run.tiny import QUICK, World
from tests.run.toml import toml


@pytest.mark.usefixtures("undrawn")
def test_a_machine_without_room_is_inconclusive_and_nothing_is_upgraded(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(conducting, "conduct", partial(conducting.conduct, means=world.means))
    (tmp_path / "tiny.toml").write_text(toml(QUICK), encoding="utf-8")
    (tmp_path / "identity.py").touch()
    # The doubles answer in 2 ms, and this is less.
    crowded = ("--set", "judge.baseline_p99_ms_max=1")

    done = harness_here("run", str(tmp_path / "tiny.toml"), *crowded, "--out", str(tmp_path / "out"))

    run = Run(tmp_path / "out")
    assert done.returncode == 3, done.stdout + done.stderr
    assert (run.verdict["verdict"], run.verdict["exit_code"]) == ("INCONCLUSIVE", 3)
    assert "nothing was upgraded, because the baseline is no ground to compare with" in done.stderr
    assert "judge.baseline_p99_ms_max is 1)" in done.stderr
    phases = {event.phase for event in read_journal(run.path / "journal.jsonl").events}
    assert phases == {Phase.SETUP, Phase.BASELINE, Phase.TEARDOWN}
    assert run.manifest["outcome"] == "aborted"
    assert not {"backup", "stop node1 term"} & set(world.done)
    assert list(world.done)[-len(LET_GO) :] == LET_GO
