"""The balancer's samples: what is written is read again, and what is damaged is refused by its place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from harness.errors import UsageError
from harness.evidence.balancer import BalancerRead, Sample, read_balancer

SAMPLE = Sample(20, "roll", "stop", {"node1": {"wretr": 3, "econ": 1, "status": "UP"}}, "begin")


def _file(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    path = tmp_path / "balancer.jsonl"
    path.write_bytes(b"".join(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE) for row in rows))
    return path


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    each_second = Sample(10, None, None, {"FRONTEND": {"hrsp_5xx": 0}})
    path = _file(tmp_path, SAMPLE.row(), each_second.row())
    assert read_balancer(path) == BalancerRead((each_second, SAMPLE), exists=True, damaged=0)


def test_only_a_sample_of_a_step_names_an_edge() -> None:
    assert SAMPLE.row() == {
        "mono_ns": 20,
        "phase": "roll",
        "step": "stop",
        "servers": {"node1": {"wretr": 3, "econ": 1, "status": "UP"}},
        "edge": "begin",
    }
    assert "edge" not in Sample(10, None, None, {}).row()


def test_counts_are_the_counters_that_a_server_has() -> None:
    assert SAMPLE.counts() == {"node1": {"wretr": 3, "econ": 1}}


def test_a_run_without_samples_has_none(tmp_path: Path) -> None:
    assert read_balancer(tmp_path / "balancer.jsonl") == BalancerRead((), exists=False, damaged=0)


def test_lines_that_are_no_objects_are_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, SAMPLE.row())
    path.write_bytes(b"[1]\n\xff\n" + path.read_bytes() + b'{"mono_ns": 4')
    assert read_balancer(path) == BalancerRead((SAMPLE,), exists=True, damaged=3)


def test_a_sample_without_time_or_servers_is_counted_as_damaged(tmp_path: Path) -> None:
    path = _file(tmp_path, SAMPLE.row(), {"mono_ns": 21}, {"servers": {}})
    assert read_balancer(path) == BalancerRead((SAMPLE,), exists=True, damaged=2)


def test_what_later_programs_add_is_let_be(tmp_path: Path) -> None:
    row = {**SAMPLE.row(), "weather": "fair"}
    row["servers"]["node1"]["h4_streams"] = [1]
    assert read_balancer(_file(tmp_path, row)).samples[0].counts() == SAMPLE.counts()


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"mono_ns": "soon"}, "mono_ns: 'soon' is not possible; expected a whole number"),
        ({"mono_ns": None}, "mono_ns: null is not possible; expected a whole number"),
        ({"mono_ns": True}, "mono_ns: true is not possible; expected a whole number"),
        ({"mono_ns": 1.5}, "mono_ns: 1.5 is not possible; expected a whole number"),
        ({"mono_ns": -1}, "mono_ns: -1 is not possible; expected at least 0"),
        ({"mono_ns": 2**63}, f"mono_ns: {2**63} is not possible; expected less than {2**63}"),
        ({"servers": None}, "servers: null is not possible; expected a table"),
        ({"servers": {"node1": 3}}, "servers.node1: 3 is not possible; expected a table"),
        ({"servers": {"node1": {"econ": "1"}}}, "servers.node1: econ is '1', expected a count"),
        ({"servers": {"node1": {"econ": -1}}}, "servers.node1: econ is -1, expected a count"),
        ({"phase": 7}, "phase: 7 is not possible; expected text"),
        ({"step": ["stop"]}, "step: expected text"),
        ({"edge": {}}, "edge: expected text"),
    ],
)
def test_a_damaged_sample_is_refused_by_file_and_line(
    changed: dict[str, Any], words: str, tmp_path: Path
) -> None:
    path = _file(tmp_path, SAMPLE.row(), {**SAMPLE.row(), **changed})
    with pytest.raises(UsageError) as refused:
        read_balancer(path)
    assert str(refused.value) == f"{path}, line 2: {words}; restore the file from where the run was made."
