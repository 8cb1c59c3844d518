"""Carries out the checks of continuity at a step of the procedure, and writes what they saw."""

from __future__ import annotations

import itertools
import math
import secrets
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.deployment.protocols import Node
from harness.evidence.cache_drops import Drop
from harness.evidence.continuity import COHORT_CHECKS, Cell, CellOutcome, CellWriter, Check
from harness.evidence.names import Phase, Step
from harness.keystone.credentials import Credentials
from harness.procedure.continuity.checks import PROCEDURES, Procedure
from harness.procedure.continuity.cohort import Cohort, make_cohort
from harness.procedure.continuity.node_api import Fixture, NodeApi, NotMadeError
from harness.procedure.continuity.old_data import OldData
from harness.procedure.continuity.pace import Pace
from harness.procedure.continuity.paced_channel import PacedChannel
from harness.procedure.continuity.pairs import Pair, mixed_pairs, settled_pairs
from harness.procedure.continuity.trial import Obstacle, Trial, not_checked

STEP_DEADLINE_S = 90.0
"""After this no further check is begun: a deployment that hangs must not hold the roll. 10 s is usual."""
_NO_COHORT = Obstacle("there is no cohort: it was never made")
_NO_WORD = Obstacle("the check ended without a word")
_WORKERS = 6
"""Most of them wait for a turn or for a second to pass; requests are bounded by `pace`."""


class Continuity:
    """The checks of one run; what they make stays in the cloud, under names that begin with `continuity-`.

    A check that finds something broken is evidence and stops nothing.
    """

    def __init__(
        self,
        nodes: Sequence[Node],
        admin: Credentials,
        within_s: float,
        path: Path,
        *,
        dropped: Callable[[], Sequence[Drop]] = tuple,
        old_data: OldData | None = None,
        pace: Pace | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`dropped` tells what others made Keystone drop of its cache lately."""
        pace = pace or Pace()
        self._alone, self._dropped = pace.alone, dropped
        self._apis = {node.name: NodeApi(node.name, PacedChannel(node.url, pace), admin) for node in nodes}
        self._within_s = within_s
        self._writer = CellWriter(path)
        self._sleep = sleep
        self._tag = f"continuity-{secrets.token_hex(4)}"
        self._numbers = itertools.count()
        self._fixture: Fixture | None = None
        self._cohort: Cohort | None = None
        self._no_cohort = _NO_COHORT
        self._old_data = old_data
        self._turn = 0

    def close(self) -> None:
        """Close the evidence."""
        self._writer.close()

    def make_cohort(self) -> dict[str, object]:
        """Make users and tokens at the nodes; returns how many, and what could not be made."""
        refusals = self._refusals(self._apis)
        fixture = self._ready_fixture(self._apis, refusals)
        if isinstance(fixture, Obstacle):
            self._no_cohort = fixture.behind("there is no cohort: ")
            return {"made": 0, "objections": [fixture.reason]}
        self._cohort = make_cohort(list(self._apis.values()), fixture, self._name, refusals)
        objections = [absent.obstacle.reason for absent in self._cohort.absent]
        return {"made": len(self._cohort.members), "objections": objections}

    def check_cohort(self, phase: Phase) -> dict[str, int]:
        """Look at the cohort at every node, each node in a thread of its own."""
        refusals = self._refusals(self._apis)
        with ThreadPoolExecutor(_WORKERS) as pool:
            parts = list(pool.map(lambda name: self._cohort_at(phase, name, refusals), self._apis))
        self._turn += 1
        return self._write(itertools.chain.from_iterable(parts))

    def check_old_data(self, phase: Phase) -> dict[str, int]:
        """Look at old data; under load at one node after the other, as its lists take their users' time."""
        old = self._old_data
        if old is None:
            return self._write(())
        until_s = time.monotonic() + STEP_DEADLINE_S
        refusals = self._refusals(self._apis)
        with ThreadPoolExecutor(_WORKERS if phase is Phase.SETUP else 1) as pool:
            parts = pool.map(
                lambda api: list(old.cells(phase, api, refusals.get(api.name), until_s)), self._apis.values()
            )
            return self._write(itertools.chain.from_iterable(parts))

    def check_mixed(self, phase: Phase, rolled: str) -> dict[str, int]:
        """Compare the node just rolled with those that still serve the old release, in both directions."""
        return self._check(phase, mixed_pairs(list(self._apis), rolled))

    def check_settled(self, phase: Phase) -> dict[str, int]:
        """Compare the nodes once they all serve the same release."""
        return self._check(phase, settled_pairs(list(self._apis)))

    # --- below

    def _name(self) -> str:
        return f"{self._tag}-{next(self._numbers)}"

    def _refusals(self, names: Iterable[str]) -> dict[str, Obstacle]:
        """Take an admin token of each node; node -> why it gave none."""
        refusals = {}
        for name in names:
            try:
                self._apis[name].log_in_admin()
            except NotMadeError as error:
                refusals[name] = Obstacle.of(error)
        return refusals

    def _ready_fixture(self, names: Iterable[str], refusals: Mapping[str, Obstacle]) -> Fixture | Obstacle:
        """The fixture, made once, by the first of the nodes that logged the admin in; else why it was not."""
        if self._fixture is None:
            first = next((name for name in names if name not in refusals), None)
            if first is None:
                return next(iter(refusals.values()), _NO_WORD)
            try:
                self._fixture = self._apis[first].make_fixture(self._name(), (self._name(), self._name()))
            except NotMadeError as error:
                return Obstacle.of(error)
        return self._fixture

    def _cohort_at(self, phase: Phase, name: str, refusals: dict[str, Obstacle]) -> list[Cell]:
        step = Step.CHECK_COHORT
        if self._cohort is None or self._fixture is None:
            return [not_checked(phase, step, check, (name, name), self._no_cohort) for check in COHORT_CHECKS]
        if name in refusals:
            return [not_checked(phase, step, check, (name, name), refusals[name]) for check in COHORT_CHECKS]
        fixture = self._fixture

        def trial(made: NodeApi, checked: NodeApi) -> Trial:
            return self._trial(made, checked, fixture, phase, step)

        checked = self._cohort.check(self._apis, self._apis[name], trial, self._turn)
        return [*checked, *self._cohort.missing(phase, step, name)]

    def _check(self, phase: Phase, pairs: Sequence[Pair]) -> dict[str, int]:
        end_s = time.monotonic() + STEP_DEADLINE_S
        names = tuple(dict.fromkeys(node for pair in pairs for node in (pair.made, pair.checked)))
        refusals = self._refusals(names)
        fixture = self._ready_fixture(names, refusals)
        due = [(pair, each) for pair in pairs for each in PROCEDURES if pair.full or each.quick]
        cells: list[Cell] = []
        for drops_cache in (False, True):
            now = [(pair, each) for pair, each in due if each.drops_cache is drops_cache]
            with ThreadPoolExecutor(_WORKERS) as pool:
                parts = pool.map(
                    lambda job: self._carry_out(phase, job[0], job[1], fixture, refusals, end_s), now
                )
                cells += itertools.chain.from_iterable(parts)
        return self._write(cells)

    def _carry_out(
        self,
        phase: Phase,
        pair: Pair,
        procedure: Procedure,
        fixture: Fixture | Obstacle,
        refusals: dict[str, Obstacle],
        end_s: float,
    ) -> list[Cell]:
        cells: list[Cell] = []
        obstacle = refusals.get(pair.made) or refusals.get(pair.checked)
        if obstacle is None and isinstance(fixture, Obstacle):
            obstacle = fixture
        if obstacle is None and time.monotonic() > end_s:
            obstacle = Obstacle(f"not begun: the step had taken {STEP_DEADLINE_S:.0f} s")
        if obstacle is None and isinstance(fixture, Fixture):
            made, checked = self._apis[pair.made], self._apis[pair.checked]
            trial = self._trial(made, checked, fixture, phase, Step.CHECK_CONTINUITY, end_s)
            try:
                cells.extend(procedure.run(trial))
            except NotMadeError as error:
                obstacle = Obstacle.of(error)
        return [*cells, *_rest(phase, pair, procedure, cells, obstacle or _NO_WORD)]

    def _trial(
        self,
        made: NodeApi,
        checked: NodeApi,
        fixture: Fixture,
        phase: Phase,
        step: Step,
        until_s: float = math.inf,
    ) -> Trial:
        return Trial(
            made,
            checked,
            fixture,
            phase,
            step,
            self._within_s,
            self._name,
            self._sleep,
            alone=self._alone,
            dropped=self._dropped,
            until_s=until_s,
        )

    def _write(self, cells: Iterable[Cell]) -> dict[str, int]:
        tally: Counter[str] = Counter()
        for cell in cells:
            self._writer.write(cell)
            tally[cell.outcome] += 1
        return {str(outcome): tally[outcome] for outcome in CellOutcome}


def _rest(
    phase: Phase, pair: Pair, procedure: Procedure, cells: Sequence[Cell], obstacle: Obstacle
) -> Iterator[Cell]:
    """Unknown cells for what the procedure was to tell and did not."""
    told = {cell.check for cell in cells}
    for check in procedure.checks:
        if check not in told:
            nodes = (pair.made, pair.checked)
            cached = procedure.cached if check is Check.TOKEN_VALIDATES else None
            yield not_checked(phase, Step.CHECK_CONTINUITY, check, nodes, obstacle, cached)
