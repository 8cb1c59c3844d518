"""What lies in a run directory in the place of a file: refused in one line, and never waited for."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.evidence import files, jsonl
from harness.evidence.logs import lines_between, lines_of_requests
from harness.evidence.manifest import read_manifest
from harness.evidence.requests import read_requests, reading
from harness.evidence.rundir import RunDirectory, open_run_directory
from harness.evidence.seal import check_seal
from harness.evidence.verdict_file import read_verdict_file
from harness.judge import judge_run
from tests.judge.sealing import seal
from tests.short_folder import short_folder

RUNS = Path(__file__).parent / "runs"
_WHERE = (
    "and a run's file is a regular file; restore it from where the run was made, or judge a copy of the run."
)
_HEADER = b'{"header": {"lanes": []}}\n'
FILES = (
    *("run.json", "journal.jsonl", "ledger.jsonl", "continuity.jsonl", "balancer.jsonl", "database.jsonl"),
    *("baseline.json", "requests/probes.jsonl", "ledger/probes.jsonl"),
)


def _bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


MAKERS: dict[str, Callable[[Path], None]] = {
    "a pipe": lambda path: os.mkfifo(path),
    "a folder": lambda path: path.mkdir(),
    "a socket": _bind,
    "a link": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize(
    ("name", "kind"), [*((name, "a pipe") for name in FILES), *(("journal.jsonl", kind) for kind in MAKERS)]
)
def test_what_is_no_file_in_the_place_of_one_is_refused_and_not_waited_for(name: str, kind: str) -> None:
    """A pipe held the judge for ever, and one in the place of `baseline.json` was taken for no baseline."""
    with short_folder() as folder:
        run = RunDirectory(shutil.copytree(RUNS / "drained", folder / "r"))
        (run.path / name).unlink(missing_ok=True)
        MAKERS[kind](run.path / name)
        with pytest.raises(UsageError) as refused:
            judge_run(open_run_directory(run.path))
        assert str(refused.value) == f"{run.path / name}: is {kind}, {_WHERE}"


def test_a_device_is_refused_before_it_is_opened() -> None:
    with pytest.raises(UsageError, match=r"^/dev/zero: is a device, and a run's file is a regular file; "):
        files.open_file(Path("/dev/zero"))


def test_a_link_that_leads_nowhere_is_not_a_file_that_is_missing(tmp_path: Path) -> None:
    (tmp_path / "journal.jsonl").symlink_to("nowhere")
    with pytest.raises(UsageError, match="is a link"):
        jsonl.read_jsonl(tmp_path / "journal.jsonl")


@pytest.mark.parametrize("folder", ["requests", "ledger", "logs", "charts"])
def test_a_folder_of_a_run_that_is_a_link_is_refused(folder: str, tmp_path: Path) -> None:
    run = Path(shutil.copytree(RUNS / "drained", tmp_path / "run"))
    (tmp_path / "other").mkdir()
    shutil.rmtree(run / folder, ignore_errors=True)
    (run / folder).symlink_to(tmp_path / "other")
    with pytest.raises(UsageError, match=rf"^{run / folder}: is a link, and a run's folder is none"):
        open_run_directory(run)


def test_a_log_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "node1.log")
    with pytest.raises(UsageError, match=r"node1\.log: is a pipe"):
        lines_of_requests(tmp_path, {"req-1"}, 1)
    with pytest.raises(UsageError, match=r"node1\.log: is a pipe"):
        lines_between(tmp_path / "node1.log", 0, 1, 1)


def test_a_verdict_that_is_no_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "verdict.json")
    with pytest.raises(UsageError, match=r"verdict\.json: is a pipe"):
        read_verdict_file(tmp_path / "verdict.json")


def _sparse(path: Path, size_bytes: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.touch()
    os.truncate(path, size_bytes)
    return path


def test_a_file_of_absurd_size_is_refused_before_it_is_read(tmp_path: Path) -> None:
    document = _sparse(tmp_path / "run.json", 1 << 40)
    with pytest.raises(UsageError) as refused:
        files.read_document(document)
    assert str(refused.value) == (
        f"{document}: is 1,099,511,627,776 bytes long, and such a file has no more than 67,108,864; restore "
        "it from where the run was made."
    )
    with pytest.raises(UsageError, match="is 1,099,511,627,776 bytes long"):
        jsonl.read_jsonl(_sparse(tmp_path / "journal.jsonl", 1 << 40))


def test_a_request_file_of_absurd_size_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "probes.jsonl"
    path.write_bytes(_HEADER)
    with pytest.raises(UsageError, match="is 1,099,511,627,776 bytes long"):
        read_requests([_sparse(path, 1 << 40)])


def test_a_file_that_has_grown_beyond_all_measure_is_refused_and_not_hashed(tmp_path: Path) -> None:
    run = seal(RunDirectory(Path(shutil.copytree(RUNS / "crashed", tmp_path / "run"))))
    _sparse(run.request_files()[0], 1 << 40)
    with pytest.raises(UsageError, match=r"load\.jsonl: is 1,099,511,627,776 bytes long"):
        check_seal(run, read_manifest(run.manifest).seal)


def test_a_line_of_absurd_length_is_damage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jsonl, "LINE_BYTES_MAX", 16)
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b'{"a":1}\n' + b'{"long":"' + b"x" * 40 + b'"}\n{"b":2}\n{"torn":"' + b"x" * 40)
    read = jsonl.read_jsonl(path)
    assert (read.rows, read.numbers) == (({"a": 1}, {"b": 2}), (1, 3))
    assert (read.malformed, read.torn) == (1, 1)


@pytest.mark.parametrize(("head", "line"), [(b"", 1), (_HEADER, 2), (_HEADER + b"{}x\n", 3)])
@pytest.mark.parametrize("tail", [b"", b"\n", b"\n[1]"])
def test_a_request_file_with_a_line_of_absurd_length_is_refused(
    head: bytes, line: int, tail: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LINE_BYTES_MAX", 8192)
    monkeypatch.setattr(reading, "_CHUNK_BYTES", 1024)
    path = tmp_path / "probes.jsonl"
    path.write_bytes(head + b"x" * 20_000 + tail)
    with pytest.raises(UsageError, match=rf"probes\.jsonl, line {line}: it is longer than "):
        read_requests([path])
