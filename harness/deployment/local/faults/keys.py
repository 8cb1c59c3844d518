"""A node given Fernet keys that no other node has."""

from __future__ import annotations

from harness.deployment.local.faults.injection import Instant
from harness.deployment.local.keystone import make_key_repository
from harness.deployment.local.node import LocalNode
from harness.errors import HarnessError


def different_keys(node: LocalNode) -> Instant:
    """Write new keys over the node's own copy; it must be stopped, between its switch and its start."""

    def act() -> None:
        if node.is_running():
            raise HarnessError(f"{node.name} runs and has read its keys; they are changed before its start")
        make_key_repository(node.fernet_keys)

    return Instant(act, {"nodes": [node.name]})
