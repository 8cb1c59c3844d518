"""A run held against a prober of somebody else's."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.judge.verdict import judge_run
from tests.judge.story import ISSUE, healthy, ns
from tools.witness import Comparison, Probe, compare, main, read_probes

_TENTH_NS = 100_000_000


def _prober(*failing: tuple[float, float], until: float = 60.0, answer_s: float = 0.01) -> list[Probe]:
    """Ten requests a second from 5 s on; those sent in a stretch of `failing` fail."""
    sent = [ns(5) + number * _TENTH_NS for number in range(round((until - 5) * 10))]
    return [
        Probe(
            start_ns=at,
            end_ns=at + round(answer_s * 1e9),
            ok=not any(ns(begin) <= at < ns(end) for begin, end in failing),
        )
        for at in sent
    ]


def _compared(tmp_path: Path, probes: list[Probe], stops_ns: tuple[int, ...] = ()) -> Comparison:
    """With a run whose lane of two requests a second failed from 23.4 to 25.1 s."""
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 25.1)
    outages = judge_run(story.write(tmp_path / "run")).downtime.outages
    return compare(outages, ns(0.5) - ns(0), probes, stops_ns)


def test_a_prober_that_failed_at_the_same_time_agrees(tmp_path: Path) -> None:
    comparison = _compared(tmp_path, _prober((23.3, 25.2)))
    assert comparison.agrees
    assert [held.failed for held in comparison.held] == [19]


def test_a_failure_of_the_prober_at_another_time_stands_alone(tmp_path: Path) -> None:
    comparison = _compared(tmp_path, _prober((23.3, 25.2), (40.0, 40.2)))
    assert not comparison.agrees
    assert [probe.start_ns for probe in comparison.outside] == [ns(40.0), ns(40.1)]


def test_a_disruption_that_the_prober_did_not_see_is_told(tmp_path: Path) -> None:
    comparison = _compared(tmp_path, _prober())
    assert not comparison.agrees
    assert len(comparison.unseen) == 1


def test_an_edge_that_is_off_by_more_than_an_interval_of_the_slower_is_told(tmp_path: Path) -> None:
    comparison = _compared(tmp_path, _prober((24.3, 25.2)))
    (held,) = comparison.held
    assert (held.agrees, comparison.agrees) == (False, False)
    assert held.apart_ns[0] > held.interval_ns >= held.apart_ns[1]


def test_what_waited_before_a_stop_makes_the_probers_disruption_begin_with_the_stop(tmp_path: Path) -> None:
    early = Probe(start_ns=ns(21.0), end_ns=ns(23.6), ok=False)
    assert not _compared(tmp_path / "one", [*_prober((23.3, 25.2)), early]).agrees
    assert _compared(tmp_path / "two", [*_prober((23.3, 25.2)), early], (ns(23.35),)).agrees


def test_the_command_prints_the_table_and_its_status_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 25.1)
    run, lines = story.write(tmp_path / "run"), tmp_path / "prober.jsonl"
    for failing, status in (((23.3, 25.2), 0), ((40.0, 40.2), 1)):
        lines.write_text("".join(probe.model_dump_json() + "\n" for probe in _prober(failing)))
        assert main([str(run.path), str(lines)]) == status
    agreed, alone = capsys.readouterr().out.split("requests of the run failed;")[1:]
    assert "Prober alone" not in agreed
    assert "Prober alone" in alone
    assert "Not seen by the prober" in alone


def test_a_line_that_is_no_request_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = tmp_path / "prober.jsonl"
    lines.write_text('{"start_ns": 1, "end_ns": 2, "ok": true}\n{"start_ns": 1}\n')
    with pytest.raises(UsageError, match=r"prober\.jsonl, line 2: .*end_ns"):
        read_probes(lines)
    assert main([str(tmp_path / "none"), str(lines)]) == 2
    assert main([]) == 2
    assert capsys.readouterr().err.count("\n") == 2
