"""Carries out one call and has it recorded, whatever becomes of it."""

from __future__ import annotations

import os
import random
import uuid
from collections.abc import Callable
from typing import TypeVar

from gevent import GreenletExit

from harness.evidence.clock import now_ns
from harness.evidence.ledger import Change
from harness.evidence.names import Error
from harness.evidence.records import Lane
from harness.load.client import Client, GeneratorFaultError
from harness.load.operations import Call, MadeProject, MadeUser, writes
from harness.load.recorder import Recorder
from harness.load.result import Result, judge_exchange
from harness.load.spec import user_prefix

Value = TypeVar("Value")


class RequestIds:
    """Global request ids, `req-<uuid4>`, as oslo.middleware demands them.

    From the system's entropy rather than the run's seed: two runs against one lab must not share any.
    """

    def __init__(self) -> None:
        self._random = random.Random(os.urandom(16))  # noqa: S311 - unique, not secret

    def unique(self) -> str:
        """A random UUID in its usual writing."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def next(self) -> str:
        """The next request id."""
        return f"req-{self.unique()}"


class Sender:
    """Sends calls of one child and records each one exactly once."""

    def __init__(self, recorder: Recorder, seed: int) -> None:
        self.recorder = recorder
        self._ids = RequestIds()
        self._seed = seed

    def user_name(self) -> str:
        """A name that no user has, beginning with `user_prefix(seed)`."""
        return f"{user_prefix(self._seed)}{self._ids.unique()}"

    def request_id(self) -> str:
        """The next request id."""
        return self._ids.next()

    def try_once(self, client: Client, call: Call[Value], deadline_s: float) -> Result[Value]:
        """Carry out a call without recording it: for the warm-up, which comes before the evidence.

        Raises:
            GeneratorFaultError: nothing could be sent.
        """
        return self._attempt(client, call, deadline_s, self._ids.next())

    def send(
        self, lane: Lane, client: Client, call: Call[Value], intended_ns: int | None = None
    ) -> Result[Value] | None:
        """Carry out a call and record it; `intended_ns` is None where no schedule demands it.

        Returns None where the request did not leave the generator, or was cut by it: recorded as `unsent`.
        """
        request_id = self._ids.next()
        return self.record(
            lane,
            request_id,
            lambda: self._attempt(client, call, lane.deadline_s, request_id),
            intended_ns,
            call.change() if writes(call) else None,
        )

    def record(
        self,
        lane: Lane,
        request_id: str,
        attempt: Callable[[], Result[Value]],
        intended_ns: int | None = None,
        change: Change | None = None,
    ) -> Result[Value] | None:
        """Run `attempt`, which sends one request, and record what became of it; see `send`.

        `change` is what the request asks to be written, where that is for the ledger. A write that was cut by
        the generator itself gets no end there, and so reads as one that may have happened.
        """
        due_ns = now_ns() if intended_ns is None else intended_ns
        try:
            write = self.recorder.invoked(lane, change, request_id) if change is not None else None
            result = attempt()
        except GeneratorFaultError as fault:
            self.recorder.fault(str(fault))
            self.recorder.unsent(lane, due_ns, Error.OTHER, str(fault))
            return None
        except BaseException as error:
            # A killed greenlet, or a mistake of ours: no evidence against Keystone, and no silence.
            killed = isinstance(error, GreenletExit)
            self.recorder.fault(f"{lane.lane}: {type(error).__name__} inside the generator: {error}")
            self.recorder.unsent(
                lane, due_ns, Error.LATE_STOP if killed else Error.OTHER, "cut by the generator itself"
            )
            if isinstance(error, Exception):
                return None
            raise
        self.recorder.finished(lane, result.start_ns if intended_ns is None else due_ns, result)
        if write is not None:
            self.recorder.completed(write, result, _made_id(result.value))
        return result

    @staticmethod
    def _attempt(client: Client, call: Call[Value], deadline_s: float, request_id: str) -> Result[Value]:
        return judge_exchange(call, client.send(call.request(), deadline_s, request_id), request_id)


def _made_id(value: object) -> str | None:
    """The id of what a write made, where it made something."""
    return value.entity_id if isinstance(value, (MadeUser, MadeProject)) else None
