"""What a run leaves open because its deployment could not do it, or could not tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.evidence.names import Ability
from harness.judge.evidence import Evidence

_NO_DRAIN = (
    "The scenario asks for a drained roll, and this deployment gives no way to take a node out of its "
    "balancer: nodes were rolled undrained."
)
_ALWAYS: Mapping[Ability, str] = {
    Ability.BACKUP: "The database was not backed up: this deployment gives no way to do that.",
    Ability.TRUST: (
        "log_bin_trust_function_creators was neither read nor set: this deployment gives no way to do that."
    ),
    Ability.BALANCER_COUNTERS: (
        "Whether the balancer saw a node up before the next one was rolled, and what it kept from its "
        "clients, is not known: this deployment does not tell what its balancer sees and counts."
    ),
    Ability.DATABASE_ACTIVITY: (
        "Waits for locks in the database went unseen: this deployment does not let them be watched."
    ),
    Ability.FAULTS: (
        "That a failure of this deployment would be found can not be tried on it: it gives no way to be "
        "harmed on purpose."
    ),
}
"""A known-good target that is not there is told by the lanes, in every run; rows that can not be written by
the kinds of old data that are left out for it.
"""


def impossible(evidence: Evidence) -> Iterator[str]:
    """A sentence for each ability that is absent and mattered; none in runs that do not tell of abilities."""
    manifest = evidence.manifest
    if evidence.upgrades and manifest.stored.roll.drained and not manifest.drained:
        yield _NO_DRAIN
    yield from (sentence for ability, sentence in _ALWAYS.items() if manifest.lacks(ability))
