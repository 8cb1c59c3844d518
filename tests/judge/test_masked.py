"""What the balancer kept from its clients, and which release answered when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.judge.observations import Masked
from tests.judge.story import NEW, NO_LOG, OLD, Story, healthy, judged, ns


def sample(second: float, **servers: dict[str, Any]) -> dict[str, Any]:
    """A sample with counters of some servers; what is not named is 0."""
    zero = {"wretr": 0, "wredis": 0, "econ": 0, "eresp": 0, "hrsp_5xx": 0, "scur": 1}
    names = ("FRONTEND", "BACKEND", "node1", "node2")
    rows = {name: {**zero, "status": "UP", **servers.get(name, {})} for name in names}
    return {"mono_ns": ns(second), "phase": "x", "step": None, "servers": rows}


def sampled(*samples: dict[str, Any]) -> Story:
    story = healthy()
    story.balancer = list(samples)
    return story


def test_a_balancer_that_met_no_failure_has_nothing_to_tell(tmp_path: Path) -> None:
    judgement = judged(sampled(sample(20), sample(24), sample(30)), tmp_path)

    assert (judgement.masked.rows, judgement.masked.samples, judgement.masked.restarts) == ((), 3, 0)
    assert not [limit for limit in judgement.limits if "balancer" in limit and limit != NO_LOG]


def test_what_it_masked_is_laid_to_its_step_and_server_and_fails_nothing(tmp_path: Path) -> None:
    story = sampled(
        sample(23.05),
        sample(24.05, node1={"wretr": 3, "wredis": 1, "econ": 4, "status": "MAINT"}),
        sample(25, node1={"wretr": 3, "wredis": 1, "econ": 4, "status": "MAINT"}),
    )

    judgement = judged(story, tmp_path)

    assert judgement.masked.rows == (Masked("roll", "stop", "node1", "node1", 3, 1, 4, 0, 0),)
    assert judgement.verdict == "PASS"
    assert [limit for limit in judgement.limits if "balancer" in limit and limit != NO_LOG] == [
        "The balancer masked failures: it tried 3 connections again and moved 1 request to another node; no "
        "client saw them, and they are not counted as failures."
    ]


def test_a_5xx_that_no_server_made_is_the_balancers_own(tmp_path: Path) -> None:
    story = sampled(
        sample(23.2),
        sample(23.9, FRONTEND={"hrsp_5xx": 5}, BACKEND={"hrsp_5xx": 4}, node1={"hrsp_5xx": 1, "eresp": 3}),
    )

    assert judged(story, tmp_path).masked.rows == (
        Masked("roll", "stop", "node1", "node1", 0, 0, 0, 3, 0),
        Masked("roll", "stop", "node1", "(balancer)", 0, 0, 0, 0, 4),
    )


def test_counters_that_went_back_count_from_zero_and_are_told(tmp_path: Path) -> None:
    story = sampled(
        sample(20, node1={"wretr": 100}), sample(21, node1={"wretr": 2}), sample(22, node1={"wretr": 3})
    )

    judgement = judged(story, tmp_path)

    assert judgement.masked.total("retried") == 3
    assert judgement.masked.restarts == 1
    assert (
        "The balancer's counters went back 1 time, as after a restart: what it had masked since the last "
        "sample is not known."
    ) in judgement.limits


def test_what_came_before_the_probes_is_left_out(tmp_path: Path) -> None:
    story = sampled(sample(0.5), sample(1, node1={"wretr": 9}), sample(3, node1={"wretr": 9}))

    assert judged(story, tmp_path).masked.rows == ()


def test_a_torn_sample_is_no_sample(tmp_path: Path) -> None:
    assert judged(sampled(sample(20), {"mono_ns": ns(21)}), tmp_path).masked.samples == 1


def test_the_share_of_each_release_is_told_step_by_step(tmp_path: Path) -> None:
    shares = judged(healthy(), tmp_path).shares

    first, last = shares[0], shares[-1]
    assert (first.step, first.node, dict(first.answered)[NEW]) == ("drain", "node1", 0)
    settle = next(share for share in shares if (share.step, share.node) == ("settle", "node1"))
    assert all(dict(settle.answered)[release] > 0 for release in (OLD, NEW))
    assert (last.step, last.node, dict(last.answered)[OLD]) == ("settle", "node2", 0)
    assert sum(dict(last.answered).values()) == 18
    assert {share.unattributed for share in shares} == {0}


def test_failed_requests_belong_to_no_release(tmp_path: Path) -> None:
    story = healthy()
    failed = story.fail("token_issue/new", 29, 32)

    settle = next(
        share for share in judged(story, tmp_path).shares if (share.step, share.node) == ("settle", "node1")
    )
    assert settle.unattributed == failed
