"""What every test is held to: it starts nothing but what its markers say, and knows nobody's releases."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.chromium import missing
from tests.guard import IMPLIED, watch
from tests.short_folder import short_folder
from tests.undrawn import undrawn

_carried: set[str] = set()
"""The markers of the test that runs in this process just now; none while tests are collected."""


def pytest_configure() -> None:
    watch(lambda: _carried)
    _hear_signals()
    # An example may take its time on a busy machine; against hangs there is `timeout`.
    settings.register_profile("harness", deadline=None)
    settings.load_profile("harness")


def _hear_signals() -> None:
    """Whoever starts the tests may ignore signals, as a shell does for what it puts into the background; the
    harness would leave them so, and hear none that a test sends.
    """
    for number, hears in (
        (signal.SIGINT, signal.default_int_handler),
        (signal.SIGHUP, signal.SIG_DFL),
        (signal.SIGTERM, signal.SIG_DFL),
    ):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, hears)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add what a marker implies, before pytest selects: `-m "not process"` leaves the fast tests.

    Side by side, what needs real servers stays in one process and in order, and so does what needs a browser.
    """
    if "faults" not in config.option.markexpr:
        # Opt-in: they take an hour, and want a machine that does nothing else.
        config.hook.pytest_deselected(items=[item for item in items if "faults" in _markers(item)])
        items[:] = [item for item in items if "faults" not in _markers(item)]
    for item in items:
        for marker in {implied for name in _markers(item) for implied in IMPLIED.get(name, ())}:
            item.add_marker(marker)
        for marker in _markers(item) & {"lab", "browser"}:
            item.add_marker(pytest.mark.xdist_group(marker))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if "browser" in _markers(item) and (reason := missing()):
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    _carried.update(_markers(item))
    try:
        return (yield)
    finally:
        _carried.clear()


def _markers(item: pytest.Item) -> set[str]:
    return {mark.name for mark in item.iter_markers()}


@pytest.fixture(autouse=True)
def _no_releases_of_this_machine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is installed in somebody's cache decides no test but those with a lab."""
    if "lab" not in _markers(request.node):
        monkeypatch.setenv("HARNESS_HOME", str(tmp_path_factory.getbasetemp() / "no-releases"))


@pytest.fixture(name="undrawn")
def _undrawn() -> Iterator[None]:
    """No page that this test writes has pictures."""
    with undrawn():
        yield


@pytest.fixture
def short_path() -> Iterator[Path]:
    """As `tmp_path`, for whatever makes a lab or a unix socket in it."""
    with short_folder() as path:
        yield path
