from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence import logs
from harness.evidence.logs import LogLine, lines_between, lines_of_requests

ONE, OTHER = "req-00000000-0000-4000-8000-000000000001", "req-00000000-0000-4000-8000-000000000002"


def test_lines_that_name_a_request_are_found_in_every_log_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "haproxy.log").write_text(f"first\nid={ONE} GET /v3\nid={OTHER} GET /v3\n")
    (tmp_path / "node1.log").write_text(f"[{ONE} req-of-the-node] failed\nno newline: {ONE}")
    (tmp_path / "notes.txt").write_text(ONE)

    assert lines_of_requests(tmp_path, {ONE}, 8) == {
        ONE: (
            LogLine("haproxy.log", 2, f"id={ONE} GET /v3"),
            LogLine("node1.log", 1, f"[{ONE} req-of-the-node] failed"),
            LogLine("node1.log", 2, f"no newline: {ONE}"),
        )
    }


def test_of_a_request_that_fills_one_log_the_other_logs_still_have_their_say(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{ONE} x\n" * 50)
    (tmp_path / "b.log").write_text(f"{ONE} y\n")

    found = lines_of_requests(tmp_path, {ONE}, 3)[ONE]

    assert [(line.file, line.number) for line in found] == [("a.log", 1), ("a.log", 2), ("b.log", 1)]


def test_an_id_within_a_longer_one_is_another_request(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_text(f"{ONE}0 x\n")

    assert lines_of_requests(tmp_path, {ONE}, 3) == {}


def test_a_log_without_newlines_is_looked_at_in_bounded_pieces_and_counts_as_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.log").write_bytes(
        ONE.encode() + b" " + b"x" * 200_000 + OTHER.encode() + b"\nend " + ONE.encode()
    )

    found = lines_of_requests(tmp_path, {ONE, OTHER}, 3)

    assert [line.number for line in found[ONE]] == [1, 2]
    assert OTHER not in found


def test_what_a_node_logged_between_two_instants_is_told_without_its_requests(tmp_path: Path) -> None:
    log = tmp_path / "node1.log"
    log.write_text(
        'before\nrequest t="1000" GET /v3 id=-\ntoo early\nrequest t="2000" GET /v3 id=-\nSIGTERM received\n'
        f'[{ONE}] of a request\n\ngoodbye\nrequest t="9000" GET /v3 id=-\ntoo late\n'
    )

    assert lines_between(log, 1_500, 3_000, 9) == (
        LogLine("node1.log", 5, "SIGTERM received"),
        LogLine("node1.log", 8, "goodbye"),
    )
    assert lines_between(log, 1_500, 3_000, 1) == (LogLine("node1.log", 5, "SIGTERM received"),)


def test_a_node_that_never_logged_has_nothing_to_tell(tmp_path: Path) -> None:
    assert lines_between(tmp_path / "node9.log", 0, 9, 9) == ()


def test_of_a_log_of_absurd_size_the_beginning_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_BYTES_MAX", 40)
    (tmp_path / "node1.log").write_text(f"[{ONE}] first\n" + "x" * 40 + f"\n[{ONE}] too far\n")
    assert [line.text for line in lines_of_requests(tmp_path, {ONE}, 9)[ONE]] == [f"[{ONE}] first"]
