"""What is read of the balancer's log, and what is left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from harness.evidence.balancer_log import BalancerLogRead, LogLines, read_balancer_log
from harness.evidence.request_key import NO_KEY, keys_of
from tests.judge.log_lines import line

ID = "req-74132c2d-02ec-4677-b176-58e540c1f335"


def read(path: Path, *lines: str, end: str = "\n") -> LogLines:
    path = path / "haproxy.log"
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return read_balancer_log(path, path.stat().st_size).lines


def test_a_line_is_read_with_its_time_server_status_ending_and_whose_it_is(tmp_path: Path) -> None:
    lines = read(
        tmp_path,
        line(0.179, server="node-1", status=201, sent_id=ID),
        line(1.2, server="<NOSRV>", status=503, ts="SC--"),
        line(2, server="node-1", status=-1, ts="CD--"),
    )

    assert lines.key.tolist() == [*keys_of([ID]).tolist(), NO_KEY, NO_KEY]
    assert (lines.wall_ms - lines.wall_ms[0]).tolist() == [0, 1021, 1821]
    assert lines.wall_ms[0] == np.datetime64("2026-11-27T01:00:00.179", "ms").astype(int)
    assert lines.status.tolist() == [201, 503, -1]
    assert [lines.servers[code] for code in lines.server] == ["node-1", "<NOSRV>", "node-1"]
    assert [lines.endings[code] for code in lines.ending] == ["----", "SC--", "CD--"]


@pytest.mark.parametrize(
    "other",
    [
        "Server keystone/node-1 is DOWN, reason: Layer4 connection problem.",
        "[WARNING]  (1029) : Server keystone/node-1 enters drain state. 2 active servers",
        "a b c d e f g h i j k",
        "",
        line(1).replace("27/Nov/2026", "27/Foo/2026"),
        line(1).replace("27/Nov/2026", "99/Nov/2026"),
        line(1).replace("status=200", "status=many"),
        line(1).replace("server=", "host="),
        line(1).replace("01:00:01.000", "01:00:0x.000"),
        "\u00e9" * 20,
    ],
)
def test_what_is_no_line_of_a_request_is_left_out(tmp_path: Path, other: str) -> None:
    lines = read(tmp_path, line(0, sent_id=ID), other, line(2))

    assert len(lines) == 2
    assert lines.key.tolist() == [*keys_of([ID]).tolist(), NO_KEY]


def test_an_id_of_somebody_else_may_hold_spaces_and_any_letter(tmp_path: Path) -> None:
    lines = read(tmp_path, line(0, sent_id="a b  c"), line(1, sent_id="\u00fcber"))

    assert sorted(lines.key.tolist()) == sorted(keys_of(["a b  c", "\u00fcber"]).tolist())


def test_a_last_line_that_was_cut_is_none(tmp_path: Path) -> None:
    assert len(read(tmp_path, line(0), line(1)[:-9], end="")) == 1


def test_no_more_is_read_than_was_sealed(tmp_path: Path) -> None:
    path = tmp_path / "haproxy.log"
    path.write_text(f"{line(0)}\n")
    sealed = path.stat().st_size
    path.write_text(f"{line(0)}\n{line(1)}\n")

    assert len(read_balancer_log(path, sealed).lines) == 1


def test_of_a_log_that_is_not_sealed_or_not_there_nothing_is_read(tmp_path: Path) -> None:
    path = tmp_path / "haproxy.log"

    def facts(read: BalancerLogRead) -> tuple[bool, bool, int]:
        return read.exists, read.sealed, len(read.lines)

    assert facts(read_balancer_log(path, 10)) == (False, True, 0)
    path.write_text(f"{line(0)}\n")
    assert facts(read_balancer_log(path, None)) == (True, False, 0)


def test_lines_are_read_alike_wherever_the_file_is_cut_for_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = [line(n / 10, server=f"node-{n % 3}", sent_id=f"req-{n}") for n in range(200)]
    at_once = read(tmp_path, *many)
    monkeypatch.setattr("harness.evidence.balancer_log._CHUNK_BYTES", 1000)
    in_parts = read(tmp_path, *many)

    assert at_once.key.tolist() == in_parts.key.tolist()
    assert at_once.wall_ms.tolist() == in_parts.wall_ms.tolist()
    assert at_once.servers == in_parts.servers
