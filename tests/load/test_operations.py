"""Each operation that a scenario may ask probes for has its place in the registry, and no other."""

from __future__ import annotations

from harness.evidence.names import PROBE_OPERATIONS, Operation
from harness.load.operations.registry import PROBED


def test_the_registry_and_the_names_of_the_format_know_the_same_operations() -> None:
    assert set(PROBED) == PROBE_OPERATIONS | {Operation.PING}  # the reference target's
