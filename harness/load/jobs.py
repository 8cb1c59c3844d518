"""The two jobs of a child: probes on a schedule, or users at their own pace."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Protocol

import gevent
from gevent.event import Event
from locust import User, task
from locust.exception import StopUser

from harness.errors import UsageError
from harness.evidence.clock import now_ns
from harness.evidence.names import Role
from harness.evidence.records import Lane
from harness.load.client import Client
from harness.load.context import LoadContext
from harness.load.dispatcher import Dispatcher
from harness.load.probes import ProbeCalls, Prober
from harness.load.schedule import Schedule, offsets_beside_ns
from harness.load.sender import Sender
from harness.load.spec import ChildSpec, load_lanes, pool_size, renewal_lane
from harness.load.tokens import KeptToken
from harness.load.users import user_classes
from harness.load.warm_up import WarmUp

LEAD_NS = 20_000_000
"""The first arrival is due this long after the start, so that no lane begins with a lag."""
DRAIN_SPARE_S = 2.0
"""Requests end by themselves at their deadline; this is for the greenlets to wind up after it."""


class Job(Protocol):
    """What a child does once it is warm."""

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """Every lane it may record in."""

    @property
    def user_classes(self) -> tuple[type[User], ...]:
        """Locust users to spawn."""

    @property
    def user_count(self) -> int:
        """How many."""

    @property
    def connections(self) -> dict[str, dict[str, int]]:
        """Lane -> how it came by its connections."""

    def warm_up(self, warm_up: WarmUp, sender: Sender) -> tuple[KeptToken, ...]:
        """Get ready; returns the tokens to keep fresh."""

    def bind(self, environment: Any) -> None:
        """Give the Locust users what they need."""

    def is_under_way(self) -> bool:
        """Whether every part has begun."""

    def stop(self) -> int:
        """Send nothing new and wait for what is under way; returns how many requests never ended."""


class ProbeUser(User):
    """One Locust user whose single task is the open dispatcher."""

    @task
    def probe(self) -> None:
        """Dispatch until told to stop."""
        self.environment.harness_probes.run()
        raise StopUser


class ProbesJob:
    """Open-model probes."""

    user_classes: tuple[type[User], ...] = (ProbeUser,)
    user_count = 1

    def __init__(self, spec: ChildSpec, sender: Sender) -> None:
        self._spec = spec
        self._sender = sender
        self._prober = Prober(spec.lanes, spec.endpoint, sender, spec.reference_endpoint)
        self._dispatcher: Dispatcher | None = None

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The probes' lanes, and that of the token renewals."""
        return (*self._spec.lanes, renewal_lane("probes", self._spec.deadline_s))

    @property
    def connections(self) -> dict[str, dict[str, int]]:
        """Lane -> how it came by its connections."""
        pairs = zip(self._spec.lanes, self._prober.clients, strict=True)
        return {lane.lane: asdict(client.counts) for lane, client in pairs}

    def warm_up(self, warm_up: WarmUp, sender: Sender) -> tuple[KeptToken, ...]:
        """First tokens, then one success in each lane."""
        accounts = self._spec.accounts
        kept = (warm_up.token(accounts.operator), warm_up.token(accounts.probes[0]))
        self._prober.calls = ProbeCalls(accounts, *kept, sender.user_name)
        warm_up.lanes(self._prober, self._prober.calls)
        return kept

    def bind(self, environment: Any) -> None:
        """The Locust user finds the job here."""
        environment.harness_probes = self

    def run(self) -> None:
        """Dispatch until `stop`; called by the Locust user."""
        lanes = self._spec.lanes
        rates = [lane.rate_hz or 0.0 for lane in lanes]
        beside = [lane.role is Role.REFERENCE for lane in lanes]
        schedule = Schedule(now_ns() + LEAD_NS, rates, offsets_beside_ns(rates, beside))
        in_flight_max = self._spec.in_flight_max or pool_size(self._spec.lanes)
        self._dispatcher = Dispatcher(schedule, self._prober.send, self._prober.refuse, in_flight_max)
        self._dispatcher.run()

    def is_under_way(self) -> bool:
        """Whether the dispatcher runs."""
        return self._dispatcher is not None

    def stop(self) -> int:
        """No new arrivals; every request under way ends or runs into its deadline."""
        if self._dispatcher is None:
            return 0
        self._dispatcher.stop()
        # First let the dispatcher see the stop: arrivals due before it are still to be sent.
        self._dispatcher.stopped.wait(DRAIN_SPARE_S)
        longest_s = max(lane.deadline_s for lane in self._spec.lanes)
        return self._dispatcher.drain(longest_s + DRAIN_SPARE_S)


class LoadJob:
    """Closed-model Locust users from a file."""

    def __init__(self, spec: ChildSpec, sender: Sender) -> None:
        """Read the users' file.

        Raises:
            UsageError: it cannot be loaded, or has no user class of a kind that is asked for.
        """
        self._spec = spec
        self._sender = sender
        self._context: LoadContext | None = None
        self.user_classes = user_classes(spec.users_file, spec.users, spec.client_users)
        self.user_count = spec.users + spec.client_users

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The users' lanes, and that of the operator's token renewals."""
        deadline_s = self._spec.deadline_s
        return (*load_lanes(deadline_s), renewal_lane("load", deadline_s))

    @property
    def connections(self) -> dict[str, dict[str, int]]:
        """Each user has a connection of its own; not told apart by lane."""
        return {}

    def warm_up(self, warm_up: WarmUp, sender: Sender) -> tuple[KeptToken, ...]:
        """The operator's first token."""
        operator = warm_up.token(self._spec.accounts.operator)
        spec = self._spec
        self._context = LoadContext(
            sender,
            spec.endpoint,
            {Role.LOAD: spec.accounts.users, Role.CLIENT: spec.accounts.clients},
            operator,
            pace_s=spec.pace_s,
            deadline_s=spec.deadline_s,
            renew_s=spec.token_renew_s,
            seed=spec.seed,
            secret=spec.ledger_secret,
        )
        return (operator,)

    def bind(self, environment: Any) -> None:
        """The users find their context here."""
        environment.harness = self._context

    def is_under_way(self) -> bool:
        """Whether every user has made its first login."""
        return self._context is not None and self._context.started >= self.user_count

    def stop(self) -> int:
        """Users end at their next request; Locust's `stop_timeout` waits for the one under way."""
        if self._context is not None:
            self._context.stopping = True
        return 0


def make_job(spec: ChildSpec, sender: Sender) -> Job:
    """The job that `spec` names.

    Raises:
        UsageError: its parts do not fit together.
    """
    if spec.job == "probes":
        if not spec.lanes or any(not lane.rate_hz for lane in spec.lanes):
            raise UsageError("probes: every lane needs a rate, and there must be one lane at least.")
        if spec.reference_url is None and any(lane.role is Role.REFERENCE for lane in spec.lanes):
            raise UsageError("probes: there are reference lanes, and no reference target is named.")
        return ProbesJob(spec, sender)
    return LoadJob(spec, sender)


def keep_tokens(
    tokens: tuple[KeptToken, ...], spec: ChildSpec, sender: Sender, stopping: Event
) -> list[gevent.Greenlet[..., None]]:
    """Greenlets that renew the tokens until `stopping` is set."""
    lane = renewal_lane(spec.job, spec.deadline_s)
    client = Client(spec.endpoint, lane.connection)
    return [gevent.spawn(token.keep, sender, client, lane, stopping) for token in tokens]
