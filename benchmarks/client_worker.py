"""One generator as fast as it goes, for `bench_client`: arguments are its kind, a URL, and seconds."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import gevent
from locust import FastHttpUser, constant, task
from locust.env import Environment

from benchmarks.target import USER_PATH
from harness.evidence.clock import Clock
from harness.evidence.names import Connection, Operation
from harness.evidence.records import Lane
from harness.keystone.endpoint import Endpoint
from harness.load.client import Client
from harness.load.operations import UserGet
from harness.load.recorder import EvidenceRecorder
from harness.load.sender import Sender

USERS = 20
"""Connections at once; enough to keep a core busy, and the same for every generator."""


class StockUser(FastHttpUser):
    """Locust's own fast client: answers unread but for their status, nothing recorded but its statistics."""

    wait_time = constant(0)

    @task
    def get(self) -> None:
        """Read the user."""
        self.client.get(USER_PATH, headers={"X-Auth-Token": "bench"})


def stock(url: str, seconds: float) -> int:
    """Requests that Locust's FastHttpUser made."""
    environment = Environment(user_classes=[StockUser], host=url, stop_timeout=5)
    runner = environment.create_local_runner()
    runner.start(USERS, spawn_rate=USERS)
    gevent.sleep(seconds)
    runner.quit()
    assert environment.stats.total.num_failures == 0
    return int(environment.stats.total.num_requests)


def harness(url: str, seconds: float, kind: Connection) -> int:
    """Requests of the harness's client: each answer checked, recorded, and told to Locust too."""
    environment = Environment(host=url)
    environment.create_local_runner()
    lane = Lane(f"user_get/{kind}", Operation.USER_GET, kind, None, 10.0)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        path = Path(name) / "requests.jsonl"
        recorder = EvidenceRecorder(path, (lane,), Clock.read(), environment.events.request.fire)
        sender = Sender(recorder, seed=1)
        client = Client(Endpoint.parse(url), kind)
        until = time.monotonic() + seconds
        gevent.joinall([gevent.spawn(_loop, sender, lane, client, until) for _ in range(USERS)])
        recorder.close()
        assert recorder.unsent_count == 0
        assert environment.stats.total.num_failures == 0
        return recorder.records


def _loop(sender: Sender, lane: Lane, client: Client, until: float) -> None:
    call = UserGet("bench", "bench-id", "bench")
    while time.monotonic() < until:
        sender.send(lane, client, call)


def main() -> None:
    """Run one generator and print what it did, as JSON."""
    kind, url, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
    cpu_s, wall_s = time.process_time(), time.monotonic()
    if kind == "stock":
        requests = stock(url, seconds)
    else:
        requests = harness(url, seconds, Connection(kind.removeprefix("harness-")))
    done = {
        "requests": requests,
        "cpu_s": time.process_time() - cpu_s,
        "wall_s": time.monotonic() - wall_s,
    }
    print(json.dumps(done))


if __name__ == "__main__":
    main()
