"""A wait ends with what it waited for, or says what it saw last."""

from __future__ import annotations

import pytest

from harness.deployment.waiting import wait_until
from harness.errors import WaitTimeoutError


def test_a_wait_ends_as_soon_as_there_is_nothing_in_the_way() -> None:
    seen = iter(["starting", "nearly", None])
    wait_until("the server", 20, lambda: next(seen), poll_s=0.001)
    assert list(seen) == []


def test_a_wait_that_is_too_long_says_what_for_and_what_was_seen_last() -> None:
    seen = iter(["starting", "still starting"])
    with pytest.raises(WaitTimeoutError) as late:
        wait_until("the server", 0.01, lambda: next(seen, "still starting"), poll_s=0.001)
    assert late.value.label == "the server"
    assert late.value.last_seen == "still starting"
    assert "for the server; last seen: still starting" in str(late.value)


def test_a_wait_without_time_looks_once_all_the_same() -> None:
    assert wait_until("the server", 0, lambda: None) >= 0
    with pytest.raises(WaitTimeoutError):
        wait_until("the server", 0, lambda: "not there")
