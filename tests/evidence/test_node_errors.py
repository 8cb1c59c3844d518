"""What counts as an error of a node, and when it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.node_errors import read_node_errors

REQUEST = 'request t="{}" GET /v3 status=200 took_ms=2 id=-'
AT = "2026-11-27 03:16:03.132 26834"
EXCEPTION = f"""\
{AT} CRITICAL keystone [None req-2e] Unhandled error: ValueError: $6$
{AT} ERROR keystone Traceback (most recent call last):
{AT} ERROR keystone   File "x.py", line 72
{AT} ERROR keystone ValueError: $6$"""


def read(path: Path, *lines: str) -> list[tuple[int, str]]:
    (path / "node-1.log").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return [(each.wall_ms, each.text) for each in read_node_errors(path, ["node-1"])["node-1"]]


def test_an_exception_with_its_traceback_is_one_error_at_the_time_of_the_request_before_it(
    tmp_path: Path,
) -> None:
    assert read(tmp_path, REQUEST.format(1000), REQUEST.format(2000), EXCEPTION, REQUEST.format(3000)) == [
        (2000, "CRITICAL keystone [None req-2e] Unhandled error: ValueError: $6$")
    ]


def test_two_of_other_stamps_or_processes_are_two(tmp_path: Path) -> None:
    other = f"{AT}5 ERROR keystone.x no"

    assert [text for _, text in read(tmp_path, EXCEPTION, other, EXCEPTION.replace("03.132", "03.133"))] == [
        "CRITICAL keystone [None req-2e] Unhandled error: ValueError: $6$",
        "ERROR keystone.x no",
        "CRITICAL keystone [None req-2e] Unhandled error: ValueError: $6$",
    ]


def test_a_traceback_that_went_past_the_logging_counts(tmp_path: Path) -> None:
    assert read(tmp_path, "Traceback (most recent call last):", "  File x", "KeyError: 1") == [
        (0, "Traceback (most recent call last):")
    ]


def test_warnings_and_words_within_a_line_are_none(tmp_path: Path) -> None:
    assert read(tmp_path, f"{AT} WARNING keystone ERROR in a word", "an ERROR of nobody's", "") == []


def test_what_is_read_is_the_same_wherever_the_file_is_cut_for_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [each for n in range(50) for each in (REQUEST.format(n), EXCEPTION.replace("132", f"{n:03}"))]
    at_once = read(tmp_path, *lines)
    monkeypatch.setattr("harness.evidence.node_errors._CHUNK_BYTES", 400)

    assert read(tmp_path, *lines) == at_once
    assert len(at_once) == 50


def test_a_node_without_a_log_is_missing_and_a_name_that_leads_elsewhere_is_not_followed(
    tmp_path: Path,
) -> None:
    (tmp_path / "outside.log").write_text(EXCEPTION)
    logs = tmp_path / "logs"
    logs.mkdir()

    assert read_node_errors(logs, ["node-1", "../outside", "", ".."]) == {}
