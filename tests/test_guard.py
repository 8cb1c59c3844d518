"""A test that starts or imports what its markers do not say fails, whatever catches errors on the way."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import pytest
import uv

from tests.guard import SlippedInError, marker_of_import, marker_of_program


@pytest.mark.parametrize(
    "command",
    [
        ["/usr/sbin/haproxy", "-v"],
        ["/bin/sh", "-c", "echo $$ > $0; exec $@", "/lab/record", "/usr/sbin/mariadbd", "--no-defaults"],
        [uv.find_uv_bin(), "--version"],
        ["chromedriver"],
        [sys.executable, "-m", "harness", "--version"],
        [sys.executable, "-m", "harness.load"],
        [".venv/bin/harness", "judge", "."],
    ],
)
def test_a_test_without_a_marker_starts_no_server_installer_browser_or_command_of_the_harness(
    command: list[str],
) -> None:
    with pytest.raises(SlippedInError), contextlib.suppress(Exception):
        subprocess.run(command, check=False, timeout=10)


def test_a_test_without_a_marker_imports_no_driver_of_browsers(monkeypatch: pytest.MonkeyPatch) -> None:
    # Another test of this process, which may, has imported it perhaps: then nothing is imported any more.
    monkeypatch.delitem(sys.modules, "selenium", raising=False)
    with pytest.raises(SlippedInError), contextlib.suppress(Exception):
        __import__("selenium")


def test_a_small_program_needs_no_marker() -> None:
    assert marker_of_program([sys.executable, "-c", "print(1)"]) is None
    assert marker_of_program(["/bin/sleep", "120"]) is None
    assert marker_of_import("scipy.stats") is None


@pytest.mark.lab
def test_a_marker_brings_those_that_it_can_not_do_without(request: pytest.FixtureRequest) -> None:
    assert {"lab", "process"} <= {mark.name for mark in request.node.iter_markers()}
