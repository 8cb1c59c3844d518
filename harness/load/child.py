"""A child from its task to its last line of evidence."""

from __future__ import annotations

import gc
import logging
import os
import resource
import signal
from dataclasses import dataclass, field
from typing import Any

import gevent
import orjson
from gevent.event import Event
from gevent.os import make_nonblocking, nb_read
from locust.env import Environment

from harness.errors import ExitCode, HarnessError, RefusedError
from harness.evidence.clock import now_ns
from harness.load.jobs import DRAIN_SPARE_S, Job, keep_tokens, make_job
from harness.load.recorder import EvidenceRecorder
from harness.load.sender import Sender
from harness.load.spec import ChildSpec
from harness.load.warm_up import StoppedEarlyError, WarmUp

FLUSH_S = 0.2
"""What a killed child may lose of its records."""
_STDIN, _STDOUT = 0, 1
_GC_THRESHOLDS = (50_000, 50, 100)
"""Collections are rare and start from a frozen set: a full one at the wrong moment is a lag of its own."""

log = logging.getLogger(__name__)


@dataclass(slots=True)
class _State:
    """What the parts of a running child tell each other."""

    stopping: Event = field(default_factory=Event)
    disk_error: OSError | None = None


def run_child(spec: ChildSpec) -> ExitCode:
    """Do the job until told to stop, by SIGTERM or by the end of standard input; returns the exit status.

    Raises:
        HarnessError: the task is not possible as given.
        OSError: the evidence file could not be made.
    """
    state = _State()
    _raise_descriptor_limit()
    _listen(state)
    environment = Environment(host=spec.base_url, stop_timeout=spec.deadline_s + DRAIN_SPARE_S)
    recorder, sender, job = _parts(spec, environment)
    flusher = gevent.spawn(_flush_for_ever, recorder, state)
    failure = _work(spec, state, environment, recorder, sender, job)
    flusher.kill()
    return _finish(recorder, job, state, failure)


def _parts(spec: ChildSpec, environment: Environment) -> tuple[EvidenceRecorder, Sender, Job]:
    """Job first: its lanes stand in the header, and a task that is not possible leaves no file."""
    deferred = _DeferredRecorder()
    sender = Sender(deferred, spec.seed)
    job = make_job(spec, sender)
    recorder = EvidenceRecorder(
        spec.evidence, job.lanes, spec.clock, environment.events.request.fire, spec.ledger
    )
    sender.recorder = recorder
    return recorder, sender, job


def _work(
    spec: ChildSpec,
    state: _State,
    environment: Environment,
    recorder: EvidenceRecorder,
    sender: Sender,
    job: Job,
) -> str | None:
    """Warm up, run and wind down; returns why it failed, or None."""
    warm_up = WarmUp(spec, sender, state.stopping)
    try:
        tokens = job.warm_up(warm_up, sender)
    except StoppedEarlyError:
        return None
    except HarnessError as error:
        recorder.fault(str(error))
        if isinstance(error, RefusedError):
            _say({"refused": error.status})
        return str(error)
    log.info("warm after %d requests, which are not part of the evidence", warm_up.attempts)
    runner = _start(environment, recorder, job)
    renewals = keep_tokens(tokens, spec, sender, state.stopping)
    if _wait_under_way(spec, state, job):
        _say({"ready": {"mono_ns": now_ns()}})
    state.stopping.wait()
    unended = job.stop()
    if unended:
        recorder.fault(f"{unended} requests had not ended {DRAIN_SPARE_S:g} s after their deadline")
    runner.quit()
    gevent.joinall(renewals, timeout=spec.deadline_s + DRAIN_SPARE_S)
    return None


def _start(environment: Environment, recorder: EvidenceRecorder, job: Job) -> Any:
    """Locust, as a library: its runner spawns the users and tells of their mistakes."""

    def on_user_error(user_instance: object, exception: Exception, **_: object) -> None:
        recorder.fault(f"{type(user_instance).__name__}: {type(exception).__name__}: {exception}")

    environment.user_classes = list(job.user_classes)
    environment.events.user_error.add_listener(on_user_error)  # type: ignore[no-untyped-call]  # locust's
    runner = environment.create_local_runner()
    job.bind(environment)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)
    if job.user_count:
        # All at once: each user spreads its own start over the pace.
        runner.start(job.user_count, spawn_rate=min(job.user_count, 100))
    return runner


def _wait_under_way(spec: ChildSpec, state: _State, job: Job) -> bool:
    """Wait until every part has begun; a child that does not get so far never says that it is ready."""
    until_ns = now_ns() + round((spec.warm_up_deadline_s + spec.pace_s + job.user_count / 100) * 1e9)
    while now_ns() < until_ns and not state.stopping.is_set():
        if job.is_under_way():
            return True
        gevent.sleep(0.01)
    return False


def _finish(recorder: EvidenceRecorder, job: Job, state: _State, failure: str | None) -> ExitCode:
    """Footer, summary, exit status."""
    try:
        recorder.close()
    except OSError as error:
        state.disk_error = state.disk_error or error
    if state.disk_error is not None:
        failure = f"the evidence could not be written: {state.disk_error}"
    summary = {
        "records": recorder.records,
        "unsent": recorder.unsent_count,
        "lag_p99_ms": recorder.lag.percentile_ms(99),
        "lag_max_ms": recorder.lag.max_ms,
        "faults": list(recorder.faults),
        "connections": job.connections,
    }
    for fault in recorder.faults:
        log.error("%s", fault)
    if failure is not None:
        log.error("%s", failure)
        _say({"failed": failure})
    _say({"summary": summary})
    return ExitCode.PASS if failure is None else ExitCode.HARNESS_ERROR


def _raise_descriptor_limit() -> None:
    """A hung server holds a connection per arrival; the usual soft limit of 1,024 would be our own fault."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _listen(state: _State) -> None:
    """Stop at SIGTERM, SIGINT, or once the parent is gone."""
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, state.stopping.set)
    make_nonblocking(_STDIN)
    gevent.spawn(_watch_parent, state)


def _watch_parent(state: _State) -> None:
    """The parent holds the other end of standard input for as long as it lives."""
    try:
        while nb_read(_STDIN, 4096):
            pass
    except OSError:
        log.exception("standard input broke; taken for the parent's end")
    state.stopping.set()


def _flush_for_ever(recorder: EvidenceRecorder, state: _State) -> None:
    while True:
        gevent.sleep(FLUSH_S)
        try:
            recorder.flush()
        except OSError as error:
            # Load without evidence proves nothing: end, and let the missing footer say so.
            state.disk_error = error
            state.stopping.set()
            return


def _say(message: dict[str, Any]) -> None:
    """One JSON line to the parent, if it still listens."""
    try:
        os.write(_STDOUT, orjson.dumps(message, option=orjson.OPT_APPEND_NEWLINE))
    except OSError:
        log.warning("the parent is gone; unheard: %s", sorted(message))


class _DeferredRecorder:
    """Stands in until the evidence file is there; nothing is sent before that."""

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError(f"{name} was called before the evidence file was made")
