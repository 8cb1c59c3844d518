"""The few named errors of the harness, each with the exit status it ends the process with."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """Exit status of the `harness` command; the interface of a CI gate."""

    PASS = 0
    FAIL = 1
    USAGE = 2
    INCONCLUSIVE = 3
    HARNESS_ERROR = 4


class HarnessError(Exception):
    """A fault of the harness itself, never charged to Keystone.

    The message is one clear sentence for the person at the terminal: what happened, where, and the way out.
    """

    exit_code = ExitCode.HARNESS_ERROR


class UsageError(HarnessError):
    """The input or the machine is not fit for the request: names the file, the key and the remedy."""

    exit_code = ExitCode.USAGE


class StepError(HarnessError):
    """A step of the procedure failed or could not be proven; the procedure stops here.

    Journalled as `fail`, so the judge's `procedure` question answers for the exit status.
    """


class RefusedError(StepError):
    """Keystone answered a valid request with 4xx or 5xx, and no asking again helped.

    Journalled with the status, so that the judge tells it from what the harness or the machine did.
    """

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class ServerDiedError(HarnessError):
    """A server that no step stopped has ended, which Keystone can not have done; the procedure stops here.

    Journalled, so the judge answers for the exit status: at best the run is inconclusive.
    """


class NoRoomError(HarnessError):
    """The baseline is not fit to be compared with, so nothing was upgraded: neither pass nor fail."""

    exit_code = ExitCode.INCONCLUSIVE


class WaitTimeoutError(StepError):
    """A wait passed its deadline: says what was waited for, how long, and the last thing seen."""

    def __init__(self, label: str, waited_s: float, last_seen: str) -> None:
        super().__init__(f"waited {waited_s:.1f} s for {label}; last seen: {last_seen}")
        self.label = label
        self.waited_s = waited_s
        self.last_seen = last_seen
