"""Answers that hurt somebody who is neither a probe nor of the load, by what the balancer saw."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from collections.abc import Iterator

import numpy as np

from harness.evidence.balancer import Sample
from harness.evidence.told import natural
from harness.judge.codes import sent
from harness.judge.evidence import Evidence
from harness.judge.measures.logged import Logged
from harness.judge.observations import Unasked
from harness.judge.timeline import phase_at

_BALANCER = "(balancer)"
_FRONTEND = "FRONTEND"
_NO_SERVER = "<NOSRV>"
_SLACK_NS = 2_000_000_000
"""Between when the balancer counts an answer and when its client has it, on a machine that is busy."""
_EDGE_NS = 100_000_000
"""By so much the time of somebody else's request may be off: more than a client takes to connect."""
_CUT_STATES = frozenset("SsPRIDKU")
"""How HAProxy's termination state begins where somebody other than the client ended a session ("Session state
at disconnection" in its manual)."""

_Found = Counter[tuple[str, str, str]]
"""Phase, server and kind -> requests."""


def unasked(evidence: Evidence, logged: Logged) -> tuple[Unasked, ...]:
    """What the balancer saw fail and no client of the run received, by phase and server.

    By the log where it is evidence, else by the counters. The harness's own read-backs are among them: what
    it was refused and asked for again stands in no record.
    """
    found = _in_log(evidence, logged) if logged.judged and logged.own.any() else _in_counters(evidence)
    places = sorted(
        {(phase, server) for phase, server, _ in found}, key=lambda place: _order(evidence, place)
    )
    return tuple(
        Unasked(phase, server, found[phase, server, "5xx"], found[phase, server, "cut"])
        for phase, server in places
    )


def _order(evidence: Evidence, place: tuple[str, str]) -> tuple[int, str]:
    phases = [window.phase for window in evidence.windows]
    return phases.index(place[0]), place[1]


def _in_log(evidence: Evidence, logged: Logged) -> _Found:
    """Others' lines with a status of 5xx, or cut; and what reached the balancer and is in no line."""
    lines = logged.lines
    cut_states = np.array([state[:1] in _CUT_STATES for state in lines.endings] or [False], np.bool_)
    is_5xx = lines.status >= 500
    is_cut = ~is_5xx & (lines.status < 400) & cut_states[lines.ending]
    found = _Found()
    for row in np.flatnonzero(~logged.own & (is_5xx | is_cut)).tolist():
        phase = phase_at(evidence.windows, int(logged.earliest_ns[row]))
        if phase is not None:
            server = lines.servers[lines.server[row]]
            kind = "5xx" if is_5xx[row] else "cut"
            found[phase, _BALANCER if server == _NO_SERVER else server, kind] += 1
    for phase, number in _unlogged(evidence, logged):
        found[phase, _BALANCER, "cut"] += number
    return found


def _unlogged(evidence: Evidence, logged: Logged) -> Iterator[tuple[str, int]]:
    """Phase and number of requests that the balancer took, that are certainly in no line, and not the run's.

    HAProxy counts every request that it reads, and logs none that it cuts on a kept connection of a client.
    """
    logged_ns = np.sort(logged.earliest_ns)
    since: tuple[int, int] | None = None
    told = 0
    for sample in evidence.balancer.samples:
        taken = natural(sample.servers.get(_FRONTEND, {}).get("req_tot"))
        if taken is None:
            continue
        since = since or (sample.mono_ns - _EDGE_NS, taken)
        until_ns = sample.mono_ns + _EDGE_NS
        known = sum(
            int(np.diff(np.searchsorted(ns, (since[0], until_ns)))[0]) for ns in (logged_ns, logged.cut_ns)
        )
        phase, more = phase_at(evidence.windows, sample.mono_ns), taken - since[1] - known
        if more > told and phase is not None:
            yield phase, more - told
        told = max(told, more)


def _in_counters(evidence: Evidence) -> _Found:
    """5xx that the balancer counted between two samples, and that no client of the run had at that time."""
    own, found = _Own(evidence), _Found()
    for earlier, later in itertools.pairwise(evidence.balancer.samples):
        phase = phase_at(evidence.windows, (earlier.mono_ns + later.mono_ns) // 2)
        own.had_by(earlier.mono_ns - _SLACK_NS, later.mono_ns + _SLACK_NS)
        for server, left in own.taken_from(_grown(earlier, later)).items():
            if left and phase is not None:
                found[phase, server, "5xx"] += left
    return found


class _Own:
    """The 5xx that the run's clients had, each of which explains one that was counted."""

    def __init__(self, evidence: Evidence) -> None:
        requests, records = evidence.requests, evidence.requests.records
        asked = np.zeros(len(records), np.bool_)
        for number in evidence.lanes():
            asked[requests.bounds[number] : requests.bounds[number + 1]] = True
        had = np.flatnonzero(asked & (records.status >= 500))
        had = had[np.argsort(records.end_ns[had], kind="stable")]
        nodes = (requests.nodes[n] if n >= 0 else _BALANCER for n in records.node[had].tolist())
        self._coming = deque(zip(records.end_ns[had].tolist(), nodes, strict=True))
        # What came of a request that was given up or cut is not known: it may have been a 5xx.
        silent = asked & sent(records) & (records.status == 0)
        self._given_up = deque(np.sort(records.end_ns[silent]).tolist())
        self._had: list[tuple[int, str]] = []
        self._until_ns = 0

    def had_by(self, since_ns: int, until_ns: int) -> None:
        """Go on in time: what was had before `since_ns` explains nothing any more."""
        self._until_ns = until_ns
        while self._coming and self._coming[0][0] <= until_ns:
            self._had.append(self._coming.popleft())
        self._had = [each for each in self._had if each[0] >= since_ns]

    def taken_from(self, counted: dict[str, int]) -> dict[str, int]:
        """What is left of what was counted of each server; those that name it are taken first."""
        left = {server: number - self._take(server, number) for server, number in counted.items()}
        return {server: number - self._take(None, number) for server, number in left.items()}

    def _take(self, server: str | None, number: int) -> int:
        fitting = [each for each in self._had if server is None or each[1] == server][:number]
        for each in fitting:
            self._had.remove(each)
        taken = len(fitting)
        while server is None and taken < number and self._given_up and self._given_up[0] <= self._until_ns:
            self._given_up.popleft()
            taken += 1
        return taken


def _grown(earlier: Sample, later: Sample) -> dict[str, int]:
    """Server, or the balancer itself -> how many 5xx it gave between two samples."""
    before, after = earlier.counts(), later.counts()
    grown = {name: _more(before.get(name, {}), row) for name, row in sorted(after.items())}
    whole = max(grown.pop(_FRONTEND, 0), grown.pop("BACKEND", 0))
    own = max(0, whole - sum(grown.values()))
    return {**grown, _BALANCER: own}


def _more(before: dict[str, int], after: dict[str, int]) -> int:
    was, now = before.get("hrsp_5xx", 0), after.get("hrsp_5xx", 0)
    return now - was if now >= was else now
