"""Whether what was asked of the run is still known: the scenario that it stored, and what it was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from harness.evidence.names import Edge, Step
from harness.judge.evidence import Evidence
from harness.judge.questions.coverage.gap import Gap

_SECTIONS: Mapping[str, tuple[str, ...]] = {
    "deployment": (),
    "balancer": (),
    "load": ("users", "client_users"),
    "probes": (),
    "roll": ("drained",),
    "procedure": ("upgrade",),
    "integrity": ("enabled", "logins_sample"),
    "continuity": ("enabled", "refuse_within_s"),
    "impact": ("advisory", "significance", "floor_ms", "floor_ratio", "samples_min"),
    "judge": (
        "stall_budget_s", "lag_p99_ms_max", "lag_max_ms_max", "unsent_max", "probes_per_phase_min",
        "lock_wait_s_max", "baseline_s_min", "baseline_p99_ms_max",
    ),
    "gate": ("budgets", "accepted", "worse_fails"),
    "faults": (),
}  # fmt: skip
"""What every scenario stores that stores a gate, with the keys that decide what is asked, and under which
bounds; the first programs had neither a gate nor some of these."""
_NEWEST = "gate"
_BASELINE = "--baseline"


def check(evidence: Evidence) -> Iterator[Gap]:
    """What is lost without which a question would not be asked any more, or under other bounds."""
    for name in _lost(evidence):
        yield Gap(
            f"The scenario in run.json has no {name}, which every run of its time has: what it asked of this "
            "run is not known."
        )
    yield from _not_asked_now(evidence)
    if evidence.history is None and evidence.gate.worse_fails and _was_given_baseline(evidence):
        yield Gap(
            "The run was given earlier runs to compare with, and to fail where it is worse; baseline.json is "
            "gone, so whether it is worse is not known."
        )


def _lost(evidence: Evidence) -> Iterator[str]:
    """Sections and keys that are gone; every scenario that a harness stored has a name."""
    stored = evidence.manifest.settings
    # `--baseline` came with the gate.
    if "name" not in stored or not (_NEWEST in stored or _was_given_baseline(evidence)):
        return
    for section, keys in _SECTIONS.items():
        told = stored.get(section)
        if told is None:
            yield section
        elif isinstance(told, dict):
            lost = (key for key in keys if told.get(key) is None and not _may_be_none(section, key, told))
            yield from (f"{section}.{key}" for key in lost)


def _may_be_none(section: str, key: str, told: Mapping[str, object]) -> bool:
    return key in told and (section, key) == ("judge", "stall_budget_s")


def _not_asked_now(evidence: Evidence) -> Iterator[Gap]:
    """What the journal says was done is what the scenario asked for."""
    done = {step.step for step in evidence.timeline.steps if step.edge == Edge.END}
    scenario = evidence.scenario
    for section, enabled, step in (
        ("integrity", scenario.integrity.enabled, Step.READ_BACK),
        ("continuity", scenario.continuity.enabled, Step.CHECK_CONTINUITY),
    ):
        if step in done and not enabled:
            yield Gap(
                f"The journal has the step {step}, and the scenario in run.json does not ask for {section}: "
                "one of the two was changed."
            )


def _was_given_baseline(evidence: Evidence) -> bool:
    command = evidence.manifest.command
    return any(word == _BASELINE or word.startswith(f"{_BASELINE}=") for word in command)
