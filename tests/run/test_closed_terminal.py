"""A terminal that is closed in the middle of a run: the evidence, the verdict and its exit status stay."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.command import ROOT, environment
from tests.run.tiny import QUICK
from tests.run.toml import toml

WRITTEN = ["junit.xml", "report.html", "summary.md", "verdict.json"]


def _close_in_the_middle(folder: Path, terminal: int) -> None:
    """Read what is drawn, as terminals do, until the first node has stopped; then close."""
    reader = threading.Thread(target=_read, args=(terminal, folder / "stopped"), daemon=True)
    reader.start()
    reader.join(120)
    os.close(terminal)
    (folder / "closed").touch()


def _read(terminal: int, until: Path) -> None:
    os.set_blocking(terminal, False)
    while not until.exists():
        with suppress(BlockingIOError):
            os.read(terminal, 65_536)
        time.sleep(0.01)


@pytest.mark.process
def test_a_terminal_that_is_closed_changes_neither_files_nor_exit_status(tmp_path: Path) -> None:
    (tmp_path / "tiny.toml").write_text(toml(QUICK), encoding="utf-8")
    (tmp_path / "identity.py").touch()
    terminal, side = pty.openpty()
    command = [sys.executable, "-m", "tests.run.closed_terminal", str(tmp_path)]
    with subprocess.Popen(
        [*command, "run", str(tmp_path / "tiny.toml"), "--out", str(tmp_path / "out")],
        stdin=subprocess.DEVNULL,
        stdout=side,
        stderr=side,
        cwd=ROOT,
        env=environment() | {"TERM": "xterm"},
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN),  # as under nohup
    ) as child:
        os.close(side)
        _close_in_the_middle(tmp_path, terminal)
        code = child.wait(180)

    (run,) = (tmp_path / "out").glob("tiny/*")
    verdict = json.loads((run / "verdict.json").read_text())
    assert (verdict["verdict"], verdict["exit_code"], code) == ("PASS", 0, 0)
    assert json.loads((run / "run.json").read_text())["outcome"] == "completed"
    assert [name for name in WRITTEN if (run / name).is_file()] == WRITTEN
