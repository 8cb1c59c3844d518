"""A command ends by a status that was decided before anything is said, whatever becomes of it."""

from __future__ import annotations

import errno
import io
import os
import pty
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.command.entry import Ending, decided
from harness.command.streams import Outliving
from harness.errors import ExitCode, HarnessError, UsageError
from tests.command import harness_here


def _raising(error: BaseException) -> Callable[[], Ending]:
    def call() -> Ending:
        raise error

    return call


class MuteError(Exception):
    """A bug whose own words are one."""

    def __str__(self) -> str:
        raise ZeroDivisionError


# --- the status


@pytest.mark.parametrize(
    ("error", "status", "words"),
    [
        (KeyboardInterrupt(), 4, "harness: interrupted"),
        (UsageError("a.toml: no\nsuch key"), 2, "harness: a.toml: no\\nsuch key"),
        (HarnessError("it broke:\nthe log"), 4, "harness: it broke:\nthe log"),
        (
            OSError(errno.ENOSPC, "No space left on device", "/full/run.json"),
            4,
            "harness: /full/run.json: No space left on device; make room or choose another place.",
        ),
        (BrokenPipeError(errno.EPIPE, "Broken pipe"), 4, "harness: Broken pipe; the harness can not go on."),
        (
            OSError(errno.EMFILE, "Too many open files", "/a/b"),
            4,
            "harness: Too many open files: raise the number of files that may be open, e.g. ulimit -n 1024.",
        ),
        (SystemExit(143), 143, ""),
    ],
    ids=lambda each: type(each).__name__ if isinstance(each, BaseException) else None,
)
def test_what_is_expected_is_a_sentence_and_its_status(error: BaseException, status: int, words: str) -> None:
    assert decided(_raising(error)) == Ending(status, words)


@pytest.mark.parametrize("bug", [ZeroDivisionError("a/0"), MuteError(), SystemExit(1), SystemExit("no")])
def test_what_nobody_foresaw_is_4_and_never_a_verdict(bug: BaseException) -> None:
    ending = decided(_raising(bug))
    assert ending.status == ExitCode.HARNESS_ERROR
    assert ending.words.splitlines()[-1].startswith("harness: a bug of the harness: ")


def test_a_pipe_that_breaks_within_a_verb_is_no_failed_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    """click's own answer to any broken pipe is 1."""

    def broken(*_: object) -> object:
        raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    monkeypatch.setattr("harness.deployment.backends.of_this_machine", broken)
    done = harness_here("check")
    assert (done.returncode, done.stderr) == (4, "harness: Broken pipe; the harness can not go on.\n")


# --- who hears it


@contextmanager
def _pipe() -> Iterator[tuple[int, int]]:
    read, write = os.pipe()
    yield read, write
    for number in (read, write):
        os.close(number)


def _closed_terminal() -> int:
    terminal, side = pty.openpty()
    os.close(terminal)
    return side


def _left_pipe() -> int:
    read, write = os.pipe()
    os.close(read)
    return write


def _full_disk() -> int:
    return os.open("/dev/full", os.O_WRONLY)


@pytest.mark.parametrize("stream", [_closed_terminal, _left_pipe, _full_disk])
def test_a_stream_takes_everything_whoever_has_left(stream: Callable[[], int]) -> None:
    number = stream()
    with pytest.raises(OSError):  # noqa: PT011 - which one is the kernel's affair
        os.write(number, b"?")

    text = io.TextIOWrapper(io.BufferedWriter(Outliving(number)))
    for _ in range(3):
        text.write("much" * 5_000)
        text.flush()
    text.buffer.write(b"past the text")
    text.close()
    os.close(number)


def test_a_stream_that_does_not_block_loses_nothing_of_what_is_written_to_it() -> None:
    """A terminal is shared, and others may set it so."""
    much, heard = b"x" * 1_000_000, bytearray()
    with _pipe() as (read, write):
        os.set_blocking(write, False)

        def listen() -> None:
            while len(heard) < len(much):
                heard.extend(os.read(read, 65_536))

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        with io.BufferedWriter(Outliving(write)) as stream:
            stream.write(much)
        listener.join(30)
    assert heard == much


def test_what_is_said_reaches_who_listens(tmp_path: Path) -> None:
    with (
        (tmp_path / "said").open("wb") as file,
        io.TextIOWrapper(io.BufferedWriter(Outliving(file.fileno()))) as text,
    ):
        text.write("a verdict\n")
    assert (tmp_path / "said").read_text() == "a verdict\n"
