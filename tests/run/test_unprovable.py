"""What can never pass is refused beforehand, by the bounds that the judge will hold the run against."""

from __future__ import annotations

import math
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.command.provable import need_provable, warn
from harness.compare.arms_file import load_arms
from harness.errors import UsageError
from harness.evidence.names import Phase
from harness.judge.model import Verdict
from harness.releases.catalogue import load_catalogue
from harness.run.unprovable import Objection, Span, doubtful, unprovable
from harness.scenario import Scenario, load_scenario, parse_scenario
from tests.run.ended import run
from tests.run.tiny import World

SCENARIOS = Path(__file__).parent.parent.parent / "scenarios"
SHIPPED = sorted([*SCENARIOS.glob("*.toml"), *SCENARIOS.glob("controls/*.toml")])
DRAINED = SCENARIOS / "drained.toml"
OF_ONE_NODE = (
    "deployment.nodes: there is one: while it is taken to the other release nobody serves, so that the "
    "run fails, and what one release made can not be looked for on the other; give 2 or more, unless that "
    "outage is what is to be measured"
)


def _pair(scenario: Scenario) -> Any:
    catalogue = load_catalogue()
    return catalogue.find(scenario.from_), catalogue.find(scenario.to)


def _told(objections: tuple[Objection, ...]) -> list[str]:
    return [f"{each.key}: {each.sentence}" for each in objections]


def _refused(*overrides: str) -> list[str]:
    scenario = load_scenario(DRAINED, overrides)
    return _told(unprovable(scenario, *_pair(scenario)))


def _doubted(*overrides: str, compared: bool = False) -> list[str]:
    scenario = load_scenario(DRAINED, overrides)
    assert _refused(*overrides) == []
    return _told(doubtful(scenario, *_pair(scenario), compared=compared))


# --- what Keystone is known for


def test_threads_that_mix_up_their_callers_are_warned_of_at_the_start() -> None:
    assert _doubted("deployment.threads=4") == [
        "deployment.threads: Keystone 27.1.0 (2025.1) and 29.1.0 (2026.1) mixes up its callers where a "
        "process has more than one thread, and refuses what is valid, upgrade or not; give 1, with more of "
        "deployment.processes, unless that is what is to be seen"
    ]
    assert _doubted("deployment.threads=1", "deployment.processes=4") == []


# --- what ships


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_nothing_is_held_against_what_ships(path: Path) -> None:
    scenario = load_scenario(path)

    assert unprovable(scenario, *_pair(scenario)) == ()
    assert doubtful(scenario, *_pair(scenario), compared=False) == ()


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("arms/*.toml")), ids=lambda path: path.stem)
def test_no_arm_that_ships_is_refused(path: Path) -> None:
    for arm in load_arms(path).arms:
        assert unprovable(arm.scenario, *_pair(arm.scenario)) == ()


# --- what can never pass


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (
            ["procedure.baseline_s=3"],
            "procedure.baseline_s: 3 s is less than coverage asks for (judge.baseline_s_min is 5); give 5 "
            "or more",
        ),
        (
            ["procedure.phase_s_min=0"],
            "procedure.phase_s_min: in phase trust, of 0 s, at most 1 of the probes of user_create (1 a "
            "second) are due in each lane, and coverage wants 2 (judge.probes_per_phase_min); give 2 s or "
            "more",
        ),
        (
            ['probes=[{op="token_issue", rate_hz=0.1}]', "procedure.baseline_s=60"],
            "procedure.phase_s_min: in phase trust, of 2 s, at most 1 of the probes of token_issue (0.1 a "
            "second) are due in each lane, and coverage wants 2 (judge.probes_per_phase_min); give 20 s "
            "or more, or probes.token_issue.rate_hz = 1 or more",
        ),
        (
            ["judge.probes_per_phase_min=50", "procedure.baseline_s=60"],
            "procedure.phase_s_min: in phase trust, of 2 s, at most 3 of the probes of user_create (1 a "
            "second) are due in each lane, and coverage wants 50 (judge.probes_per_phase_min); give 50 s "
            "or more, or probes.user_create.rate_hz = 25 or more",
        ),
        (
            ["impact.advisory=false", "impact.samples_min=2"],
            "procedure.phase_s_min: in phase trust, of 2 s, at most 3 of the probes of user_create (1 a "
            "second) are due in each lane, and impact, which is not advisory, wants 10 "
            "(impact.samples_min); give 10 s or more, or probes.user_create.rate_hz = 5 or more",
        ),
        (
            ["procedure.cooldown_s=0", "integrity.enabled=false", "continuity.enabled=false"],
            "procedure.cooldown_s: in phase cooldown, of 0 s, at most 1 of the probes of user_create (1 a "
            "second) are due in each lane, and coverage wants 2 (judge.probes_per_phase_min); give 2 s or "
            "more",
        ),
        (
            ["load.users=0", "load.client_users=0", 'probes=[{op="token_issue", rate_hz=3}]'],
            "integrity.enabled: nothing is ever written that could be read back; add a probe of "
            "user_create, give load.users, or set integrity.enabled = false",
        ),
        (
            [
                "load.users=0", "load.client_users=0", "integrity.enabled=false", "deployment.nodes=9",
                'probes=[{op="token_issue", rate_hz=1, connections=["new"]}]', "procedure.baseline_s=5",
            ],
            "deployment.nodes: at most 6 requests are due in the baseline, so that not each of 9 nodes "
            "can be seen to serve before it is touched; give a longer procedure.baseline_s, more probes, "
            "or load",
        ),
        (
            ["gate.budgets=[{stall_s_max=0}]"],
            "gate.budgets.0.stall_s_max: 0 s can not be kept: from when a request is due to its success "
            "some time passes; give more",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)  # fmt: skip
def test_what_the_schedule_can_not_yield_is_refused_with_what_would_do(
    overrides: list[str], told: str
) -> None:
    assert _refused(*overrides) == [told]


def test_what_is_told_would_do_does() -> None:
    assert (
        _refused("judge.probes_per_phase_min=50", "procedure.baseline_s=60", "procedure.phase_s_min=50") == []
    )
    assert _refused("impact.advisory=false", "procedure.phase_s_min=20") == []


def test_of_a_phase_that_lasts_as_long_as_its_work_nothing_is_claimed() -> None:
    """Without an upgrade the database is not touched, and the preflight takes what its commands take."""
    assert _refused("procedure.phase_s_min=0", "procedure.upgrade=false") == []


NEVER: dict[str, dict[str, Any]] = {
    "rate": {
        "probes": [{"op": "token_issue", "rate_hz": 0.1}],
        "procedure": {
            "baseline_s": 0.12,
            "phase_s_min": 0.02,
            "cooldown_s": 0.03,
            "stop_on_bad_baseline": False,
        },
    },
    "baseline": {"judge": {"baseline_s_min": 60.0}},
    "probes_per_phase": {"judge": {"baseline_s_min": 0.1, "probes_per_phase_min": 50_000}},
    "impact": {"impact": {"advisory": False, "samples_min": 50_000}},
    "budget": {"gate": {"budgets": [{"stall_s_max": 0}]}},
}


@pytest.mark.parametrize("changed", NEVER.values(), ids=NEVER)
def test_the_judge_agrees_what_is_refused_does_not_pass_where_everything_goes_well(
    world: World, changed: dict[str, Any]
) -> None:
    scenario = world.order(**changed).scenario
    assert unprovable(scenario, *_pair(scenario)) != ()

    ended = run(world, **changed)

    assert ended.conducted.error is None
    assert ended.judged.verdict is not Verdict.PASS


def test_the_judge_agrees_what_is_not_refused_passes_where_everything_goes_well(world: World) -> None:
    scenario = world.order().scenario
    assert unprovable(scenario, *_pair(scenario)) == ()
    assert run(world).judged.verdict is Verdict.PASS


@given(
    rate_hz=st.integers(1, 500).map(lambda tenths: Fraction(tenths, 10)),
    length_s=st.integers(0, 600).map(lambda tenths: Fraction(tenths, 10)),
    begins_s=st.fractions(0, 100, max_denominator=1_000),
)
def test_what_is_said_to_be_due_in_a_phase_is_due_wherever_it_lies(
    rate_hz: Fraction, length_s: Fraction, begins_s: Fraction
) -> None:
    """Arrival i is due at i / rate; those from the beginning of the phase to before its end are in it."""
    due = math.ceil((begins_s + length_s) * rate_hz) - math.ceil(begins_s * rate_hz)
    span = Span(Phase.TRUST, float(length_s), "procedure.phase_s_min")

    assert span.probes_sure(float(rate_hz)) <= due <= span.probes_max(float(rate_hz))


# --- what is unlikely to pass, or means nothing


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["deployment.nodes=1"], OF_ONE_NODE),
        (
            ["procedure.phase_s_min=1.5"],
            "procedure.phase_s_min: in phase trust, of 1.5 s, 1, or by chance 2, of the probes of "
            "user_create (1 a second) are due in each lane, and coverage wants 2 "
            "(judge.probes_per_phase_min); give 2 s or more, or probes.user_create.rate_hz = 1.4 or more",
        ),
        (
            ['gate.budgets=[{lane="tokn_issue/*", failed_max=1}]'],
            "gate.budgets.0.lane: this run has no such lane, so nothing is measured",
        ),
        (
            ['gate.budgets=[{phase="roll", failed_max=1}]', "procedure.upgrade=false"],
            "gate.budgets.0.phase: this run has no phase roll, so nothing is measured",
        ),
        (
            ['gate.budgets=[{question="continuity", failed_max=1}]', "continuity.enabled=false"],
            "gate.budgets.0.question: continuity.enabled is false, so nothing is measured",
        ),
        (
            ["load.pace_s=600"],
            "load.pace_s: users begin within the first 600 s, and the run waits 90 s for all of them to have "
            "begun; give 90 or less",
        ),
        (
            ["gate.worse_fails=true"],
            "gate.worse_fails: there are no earlier runs to be worse than; give --baseline FILE",
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_may_still_pass_is_warned_of(overrides: list[str], told: str) -> None:
    assert _doubted(*overrides) == [told]


def test_a_single_node_that_stays_on_its_release_is_no_matter() -> None:
    assert _doubted("deployment.nodes=1", "procedure.upgrade=false") == []
    assert _doubted("deployment.nodes=1", "to=2025.1") == []


def test_a_gate_with_earlier_runs_beside_it_is_no_matter() -> None:
    assert _doubted("gate.worse_fails=true", compared=True) == []


# --- who is blamed


def _need(
    *overrides: str, path: Path = DRAINED, gate: Path | None = None, budgets: str = ""
) -> tuple[str, ...]:
    settings = load_scenario(path, [*overrides, *([budgets] if budgets else [])])
    return need_provable(settings, _pair(settings), path, overrides, gate, compared=False)


@pytest.mark.parametrize(
    ("overrides", "source"),
    [
        (["procedure.baseline_s=3", "to=2026.1"], "--set procedure.baseline_s=3"),
        (["judge.baseline_s_min=30", "roll.settle_s=4"], "--set judge.baseline_s_min=30"),
    ],
)
def test_the_option_that_makes_it_so_is_named(overrides: list[str], source: str) -> None:
    with pytest.raises(UsageError) as refused:
        _need(*overrides)
    assert str(refused.value).startswith(f"{source}: no run of this can pass: procedure.baseline_s: ")


def test_the_scenario_is_named_where_no_option_did_it_and_the_gate_where_that_did(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text("[procedure]\nbaseline_s = 3\n", encoding="utf-8")
    with pytest.raises(
        UsageError, match=rf"^{own}: no run of this can pass: procedure\.baseline_s: 3 s is less"
    ):
        need_provable(
            load_scenario(own), _pair(load_scenario(own)), own, ["roll.settle_s=5"], None, compared=False
        )
    with pytest.raises(UsageError, match=r"^my_gate\.toml: no run of this can pass: gate\.budgets\.0\.stall"):
        _need(gate=Path("my_gate.toml"), budgets="gate.budgets=[{stall_s_max=0}]")


def test_a_warning_is_one_line_and_stops_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    warn(_need("deployment.nodes=1"))

    assert capsys.readouterr().err == f"harness: --set deployment.nodes=1: warning: {OF_ONE_NODE}.\n"


def test_a_scenario_of_defaults_is_provable() -> None:
    scenario = parse_scenario({"name": "defaults"}, "defaults")
    assert unprovable(scenario, *_pair(scenario)) == ()
