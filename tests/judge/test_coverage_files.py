"""Request files that are not whole."""

from __future__ import annotations

from pathlib import Path

from harness.judge import judge_run
from harness.judge.model import Verdict
from tests.judge.story import (
    LOAD,
    Story,
    healthy,
    judged,
    question,
    sentences,
)


def told(story: Story, path: Path, *overrides: str) -> list[str]:
    judgement = judged(story, path, *overrides)
    assert question(judgement, "coverage").verdict is not Verdict.FAIL
    return sentences(judgement, "coverage")


def test_a_run_without_request_files_has_no_coverage(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    (run.requests / "probes.jsonl").unlink()

    judgement = judge_run(run)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert sentences(judgement, "coverage")[0] == (
        "INCONCLUSIVE: There are no request files: no request of this run is known."
    )


def test_a_missing_footer_and_a_torn_line_are_told(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    story.tail = b'{"seq":324,"lane":"token_is'

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl has no footer: its writer was killed, and requests it had not written "
        "yet are lost.",
        "INCONCLUSIVE: probes.jsonl ends in a torn line.",
    ]


def test_a_file_killed_before_its_header_is_told(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    (run.requests / "users.jsonl").write_bytes(b'{"header": {"fi')

    assert (
        "INCONCLUSIVE: users.jsonl holds no whole header: its writer was killed before the first request."
        in sentences(judge_run(run), "coverage")
    )


def test_a_damaged_line_is_told_together_with_the_record_it_cost(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    file = run.requests / "probes.jsonl"
    lines = file.read_bytes().splitlines()
    lines[100] = lines[100][:50]
    file.write_bytes(b"\n".join(lines) + b"\n")

    assert sentences(judge_run(run), "coverage")[:3] == [
        "INCONCLUSIVE: probes.jsonl holds 323 whole records, but its writer counted 324.",
        "INCONCLUSIVE: probes.jsonl holds 1 damaged line.",
        "INCONCLUSIVE: probes.jsonl lacks 1 record: numbers are missing in their sequence.",
    ]


def test_a_record_that_stands_twice_is_told(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    file = run.requests / "probes.jsonl"
    lines = file.read_bytes().splitlines()
    file.write_bytes(b"\n".join([*lines[:100], lines[99], *lines[100:]]) + b"\n")

    assert sentences(judge_run(run), "coverage") == [
        "INCONCLUSIVE: probes.jsonl holds 325 whole records, but its writer counted 324.",
        "INCONCLUSIVE: probes.jsonl holds 1 record with a number that another record has.",
    ]


def test_a_lane_that_the_header_does_not_name_is_told(tmp_path: Path) -> None:
    story = healthy()
    for row in story.due(LOAD, 20, 21):
        row["lane"] = "load/nobody"

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl holds 2 records of the lane load/nobody, which its header does not name."
    ]


def test_a_fault_that_the_generator_tells_of_is_told(tmp_path: Path) -> None:
    story = healthy()
    story.footer = {"faults": ["the dispatcher stopped: MemoryError."]}

    assert told(story, tmp_path) == [
        "INCONCLUSIVE: probes.jsonl tells of a fault in the load generator: the dispatcher stopped: "
        "MemoryError."
    ]
