"""Text that a sentence must contain, with `*` for anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.scenario import load_gate, parse_scenario
from harness.scenario.gate import stored_gate
from harness.scenario.pattern import occurs

SENTENCE = "Contract began 41.2 s into the run, before node-1 was proven on release 29.1.0 (2026.1)."


@pytest.mark.parametrize(
    "pattern",
    [
        "before node-1",
        "Contract*proven",
        "*Contract began * s into*(2026.1).*",
        "29.1.0 (2026.1)",
        "n*n*n",
        SENTENCE,
    ],
)
def test_a_sentence_has_the_parts_in_their_order(pattern: str) -> None:
    assert occurs(pattern, SENTENCE)


@pytest.mark.parametrize("pattern", ["contract", "proven*Contract", "29x1", "proven*proven", SENTENCE + "*."])
def test_a_sentence_that_lacks_a_part_after_the_one_before_it_is_another(pattern: str) -> None:
    assert not occurs(pattern, SENTENCE)


@pytest.mark.timeout(20)
def test_no_pattern_takes_longer_than_its_length_and_the_sentence_allow() -> None:
    assert not occurs("*".join("a" * 250) + "b", "a" * 100_000)
    assert not occurs("a" * 499 + "b", "a" * 100_000)


def _accepting(pattern: str) -> str:
    return f"""
        [[gate.accepted]]
        question = "availability"
        reason = "known"
        link = "https://bugs.example.org/1"
        until = 2030-01-01
        pattern = '{pattern}'
    """


def _refusal(tmp_path: Path, pattern: str) -> str:
    path = tmp_path / "gate.toml"
    path.write_text(_accepting(pattern), encoding="utf-8")
    with pytest.raises(UsageError) as caught:
        load_gate(path)
    return str(caught.value).removeprefix(f"{path}: gate.accepted.0.pattern: ")


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        ("lost|gone", "|"),
        (r"node-\d", "\\"),
        ("^Contract", "^"),
        ("proven$", "$"),
        ("node-[12]", "["),
        ("a{99999999999}", "{"),
        ("began .* before", ".*"),
        ("began .+ before", ".+"),
        ("(one )?outage", ")?"),
        ("(?i)contract", "(?"),
        ("(([a-z ])+.)+[A-Z]([a-z ])+$", "$"),
    ],
)
def test_a_pattern_that_was_a_regular_expression_is_refused_and_not_read_as_text(
    tmp_path: Path, pattern: str, held: str
) -> None:
    assert _refusal(tmp_path, pattern) == (
        f"{pattern!r} is not possible; it holds {held}, and is no regular expression but text that the "
        "sentence must contain; write * where anything may stand."
    )


@pytest.mark.parametrize("pattern", ["*", "**", " * "])
def test_a_pattern_without_a_word_names_nothing(tmp_path: Path, pattern: str) -> None:
    assert _refusal(tmp_path, pattern).endswith("it would match every sentence; add some of its words.")


def test_a_run_that_was_made_with_a_regular_expression_is_judged_under_another_gate() -> None:
    accepted = {
        "question": "coverage",
        "inconclusive": True,
        "reason": "known",
        "link": "https://bugs.example.org/1",
        "until": "2030-01-01",
        "pattern": "one|two",
    }
    with pytest.raises(UsageError) as caught:
        stored_gate({"gate": {"accepted": [accepted]}}, Path("run/run.json"))
    assert str(caught.value) == (
        "run/run.json: scenario.gate is none that this harness knows (accepted.0.pattern: 'one|two' is not "
        "possible; it holds |, and is no regular expression but text that the sentence must contain; write * "
        "where anything may stand); judge it with the harness that made it, or under another gate with "
        "--gate FILE."
    )


def test_an_expected_finding_without_a_reason_is_any() -> None:
    expect = {"verdict": "FAIL", "findings": [{"question": "availability"}]}
    assert parse_scenario({"name": "a", "expect": expect}, "a.toml").expect is not None
