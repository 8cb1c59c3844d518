"""`verdict.json` by its readers: what is whole is read, what is damaged is refused by its key."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from pydantic import ValidationError

from harness.errors import UsageError
from harness.evidence.names import Verdict
from harness.evidence.verdict_file import StoredFinding, VerdictFile, read_verdict_file

FINDING: dict[str, Any] = {"sentence": "An outage.", "verdict": "FAIL", "start_ns": 10, "end_ns": 30}
DOCUMENT: dict[str, Any] = {
    "verdict": "FAIL",
    "exit_code": 1,
    "questions": {"availability": {"verdict": "FAIL", "findings": [FINDING]}},
}


def _file(tmp_path: Path, document: object) -> Path:
    path = tmp_path / "verdict.json"
    path.write_bytes(orjson.dumps(document))
    return path


def test_a_verdict_of_few_keys_has_the_rest_by_default(tmp_path: Path) -> None:
    read = read_verdict_file(_file(tmp_path, DOCUMENT))
    (finding,) = read.questions["availability"].findings
    assert (read.verdict, read.limits, read.gate.accepted) == (Verdict.FAIL, (), 0)
    assert (finding.times_ns, finding.phase) == ((10, 30), None)


def test_a_finding_without_an_end_has_no_times_and_no_length() -> None:
    found = StoredFinding(sentence="A user is lost.", verdict=Verdict.FAIL, start_ns=10)
    assert (found.times_ns, found.length_s) == (None, 0.0)


def test_what_a_later_program_adds_is_ignored_by_readers(tmp_path: Path) -> None:
    read = read_verdict_file(_file(tmp_path, {**DOCUMENT, "weather": "fair"}))
    assert read == VerdictFile.model_validate(DOCUMENT)


def test_nothing_is_written_that_the_format_does_not_know() -> None:
    with pytest.raises(ValidationError, match="weather"):
        VerdictFile.told({**DOCUMENT, "weather": "fair"})
    with pytest.raises(ValidationError, match="weather"):
        VerdictFile.told({**DOCUMENT, "gate": {"weather": "fair"}})


@pytest.mark.parametrize(
    ("changed", "key"),
    [
        ({"verdict": "MAYBE"}, "verdict"),
        ({"questions": {"availability": {"verdict": 1}}}, "questions.availability.verdict"),
        ({"counts": {"failed": "many"}}, "counts.failed"),
        ({"phases": {"roll": {"lanes": []}}}, "phases.roll.lanes"),
    ],
)
def test_a_damaged_verdict_is_refused_by_its_key(changed: dict[str, Any], key: str, tmp_path: Path) -> None:
    path = _file(tmp_path, {**DOCUMENT, **changed})
    with pytest.raises(UsageError) as refused:
        read_verdict_file(path)
    assert str(refused.value).startswith(f"{path}: {key}: ")
    assert str(refused.value).endswith("; judge the run again with `harness judge`.")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null"])
def test_what_is_no_verdict_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "verdict.json"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=r"verdict\.json: .*judge the run again"):
        read_verdict_file(path)


def test_a_verdict_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        read_verdict_file(tmp_path / "verdict.json")
