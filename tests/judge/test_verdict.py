"""A whole run judged: verdict, headline, verdict file."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from harness.errors import ExitCode, UsageError
from harness.evidence.rundir import RunDirectory
from harness.judge import judge_run, write_verdict
from harness.judge.model import Finding, Question, Verdict
from harness.judge.questions import QUESTIONS
from harness.judge.questions.asking import ask
from harness.judge.verdict_file import verdict_bytes
from tests.judge.story import ISSUE, LOAD, NO_LOG, VALIDATE, healthy, judged, ns, question, sentences


def test_a_drained_roll_that_hurt_nobody_passes_and_says_what_it_would_have_seen(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline == (
        "No downtime was seen: 0 of 312 requests failed while 2 nodes went from 27.1.0 to 29.1.0; "
        "failures of one operation for longer than 0.50 s, or silence towards everybody for longer than "
        "1.50 s, would have been seen."
    )
    assert sentences(judgement, "procedure") == [
        "PASS: All 8 phases that apply ended, the version tables hold what 29.1.0 says, and node1 and node2 "
        "ended on 29.1.0."
    ]
    assert sentences(judgement, "coverage") == [
        "PASS: 208 probes in 2 lanes cover 8 phases; all 312 requests due were sent, and the latest "
        "probe left 1 ms late."
    ]
    assert sentences(judgement, "availability") == [
        "PASS: None of 312 requests failed, 208 of them probes on a fixed schedule: with 95 % confidence "
        "fewer than 1.4 % of all probes together fail (rule of three: 3/208); failures of one operation "
        "for longer than 0.50 s, or of all for longer than 0.38 s, and silence towards everybody for longer "
        "than 1.50 s would have been seen."
    ]


def test_an_undrained_roll_that_hurt_twice_fails_with_both_outages_in_the_headline(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    story.fail(ISSUE, 33.4, 34.1)

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert judgement.headline == (
        "Disrupted twice, at most 3.5 s in all, the longest 2.0 s: 5 of 312 requests failed, 26% of those "
        "due meanwhile; never down; all while nodes were stopped."
    )


def test_outages_outside_the_stops_are_headed_by_their_phases(tmp_path: Path) -> None:
    story = healthy()
    story.fail(ISSUE, 18.4, 19.1)
    story.fail(ISSUE, 43.4, 44.1)

    assert judged(story, tmp_path).headline == (
        "Disrupted twice, at most 3.0 s in all, the longest 1.5 s: 4 of 312 requests failed, 25% of those "
        "due meanwhile; never down; all in the phases expand and contract."
    )


def test_a_failed_procedure_without_downtime_says_that_the_upgrade_failed(tmp_path: Path) -> None:
    story = healthy()
    story.detail("restore", "restore_trust")["seen"] = True

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.FAIL
    assert judgement.headline == (
        "The upgrade failed: log_bin_trust_function_creators was 0 before the upgrade and reads 1 after it."
    )


def test_a_failed_procedure_beside_downtime_is_told_in_the_same_headline(tmp_path: Path) -> None:
    story = healthy()
    story.detail("restore", "restore_trust")["seen"] = True
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).headline == (
        "Disrupted once, at most 1.0 s in all: 1 of 312 requests failed, 20% of those due meanwhile; never "
        "down; while a node was stopped, and the procedure failed as well."
    )


def test_a_run_without_enough_evidence_is_not_proven_and_says_why(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    story.tail = b'{"seq":999,"la'

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert judgement.headline == (
        "Not proven: probes.jsonl has no footer: its writer was killed, and requests it had not written yet "
        "are lost (1 more reason)."
    )


def test_a_failure_is_worse_than_missing_evidence(tmp_path: Path) -> None:
    story = healthy()
    story.footer = None
    story.fail(ISSUE, 23.4, 23.6)

    assert judged(story, tmp_path).verdict is Verdict.FAIL


def test_a_null_control_passes_and_says_that_nothing_was_upgraded(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["procedure"] = {"upgrade": False}
    for second, phase in enumerate(("flush", "trust", "expand", "migrate", "roll", "contract", "restore")):
        story.forget(phase)
        story.event(16 + second / 100, "skip", phase, reason="the scenario upgrades nothing")

    judgement = judged(story, tmp_path)

    assert judgement.verdict is Verdict.PASS
    assert judgement.headline.startswith("No downtime was seen: 0 of 312 requests failed while nothing was")
    assert sentences(judgement, "procedure") == [
        "PASS: Nothing was upgraded, as the scenario asks: node1 and node2 stayed on 27.1.0."
    ]


def test_an_upgrade_to_the_same_release_passes(tmp_path: Path) -> None:
    story = healthy()
    story.to = "27.1.0"
    for node in ("node1", "node2"):
        story.detail("roll", "prove", node)["release_seen"] = "27.1.0"
    story.detail("contract", "prove_nodes")["seen"] = {"node1": "27.1.0", "node2": "27.1.0"}
    for rows in story.records.values():
        for row in rows:
            row["release"] = "27.1.0"

    assert judged(story, tmp_path).verdict is Verdict.PASS


def test_a_check_that_breaks_is_inconclusive_and_names_the_exception(tmp_path: Path) -> None:
    evidence = judged(healthy(), tmp_path)

    def broken(_: object) -> Question:
        raise ZeroDivisionError("secret detail")

    answer = ask("availability", broken, evidence)  # type: ignore[arg-type]

    assert answer == Question(
        "availability",
        Verdict.INCONCLUSIVE,
        (
            Finding(
                "The question could not be answered: its check broke with ZeroDivisionError; this is a fault "
                "of the harness, so please report it with the run directory.",
                Verdict.INCONCLUSIVE,
                of_the_harness=True,
            ),
        ),
    )


def test_a_check_that_breaks_hides_no_other_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> Question:
        raise KeyError("x")

    monkeypatch.setitem(QUESTIONS, "coverage", broken)
    story = healthy()
    story.fail(ISSUE, 23.4, 23.6)

    judgement = judged(story, tmp_path)

    assert [q.verdict for q in judgement.questions] == [Verdict.PASS, Verdict.INCONCLUSIVE, Verdict.FAIL]
    assert judgement.verdict is Verdict.FAIL


def test_journal_details_of_a_wrong_shape_prove_nothing_and_break_nothing(
    tmp_path: Path,
) -> None:
    story = healthy()
    story.detail("expand", "prove_schema")["seen"] = {"alembic_version": 7}
    story.detail("expand", "db_sync")["migrations"] = [3]
    story.detail("expand", "db_sync")["busy_s"] = "long"

    answer = question(judged(story, tmp_path), "procedure")

    assert [finding.sentence for finding in answer.findings] == [
        "The version tables of phase expand are not journalled, so its schema is not proven."
    ]
    assert answer.verdict is Verdict.INCONCLUSIVE


def test_the_same_files_give_the_same_bytes(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(ISSUE, 23.4, 24.6)
    run = story.write(tmp_path)

    assert verdict_bytes(judge_run(run)) == verdict_bytes(judge_run(run))


def test_the_verdict_file_has_the_fields_of_format_1_in_order_and_for_its_owner_only(tmp_path: Path) -> None:
    story = healthy(drained=False)
    story.fail(VALIDATE, 23.4, 23.9, outcome="unknown", error="timeout", status=0)
    run = story.write(tmp_path)

    write_verdict(judge_run(run), run.verdict)

    document = orjson.loads(run.verdict.read_bytes())
    assert run.verdict.stat().st_mode & 0o777 == 0o600
    assert list(document) == sorted(document)
    assert document["verdict"] == "FAIL"
    assert document["exit_code"] == ExitCode.FAIL
    assert document["counts"] == {
        "requests": 312,
        "failed": 0,
        "unknown": 1,
        "unsent": 0,
        "not_judged": 12,
        "not_judged_failed": 0,
    }
    assert document["minimum_detectable_outage_s"] == 0.5
    assert document["phases"]["roll"]["unknown"] == 1
    assert document["phases"]["roll"]["lanes"][VALIDATE]["unknown"] == 1
    assert document["phases"]["baseline"]["lanes"][ISSUE]["latency_ms_p99"] == 20.0
    finding = document["questions"]["availability"]["findings"][0]
    assert {
        key: finding[key] for key in ("verdict", "phase", "step", "node", "release", "lane", "error")
    } == {
        "verdict": "FAIL",
        "phase": "roll",
        "step": "stop",
        "node": "node1",
        "release": "27.1.0",
        "lane": VALIDATE,
        "error": "timeout",
    }
    assert finding["accepted"] is None
    assert finding["uncertainty_ns"] == 500_000_000
    assert finding["requests"] == 1


def test_judging_writes_nothing_so_a_read_only_run_can_be_judged(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    before = sorted(path.name for path in run.path.rglob("*"))

    judge_run(run)

    assert sorted(path.name for path in run.path.rglob("*")) == before


def test_a_verdict_that_cannot_be_written_names_the_file(tmp_path: Path) -> None:
    judgement = judged(healthy(), tmp_path)

    with pytest.raises(UsageError, match=r"verdict\.json: the verdict cannot be written \(No such file"):
        write_verdict(judgement, tmp_path / "gone" / "verdict.json")


def test_a_folder_without_any_evidence_but_a_manifest_is_inconclusive(tmp_path: Path) -> None:
    run = healthy().write(tmp_path)
    run.journal.unlink()
    run.database.unlink()
    for path in run.request_files():
        path.unlink()

    judgement = judge_run(RunDirectory(tmp_path))

    assert judgement.verdict is Verdict.INCONCLUSIVE
    assert {q.name: q.verdict for q in judgement.questions}["availability"] is Verdict.INCONCLUSIVE
    assert judgement.counts.requests == 0
    assert judgement.minimum_detectable_outage_s is None


def test_the_limits_say_what_the_run_does_not_prove(tmp_path: Path) -> None:
    story = healthy()
    story.scenario["deployment"] = {"password_hash_rounds": 4}

    assert judged(story, tmp_path).limits == (
        "That every write which was acknowledged is still there is not proven: the question of integrity was "
        "not asked.",
        "That tokens, users and roles made on one release are honoured by the other is not proven: the "
        "question of continuity was not asked.",
        "That answers were as quick as before is not proven: latencies are shown, and the question of impact "
        "was not asked.",
        "An outage of one operation shorter than 0.50 s, or of all operations shorter than 0.38 s, may have "
        "gone unseen between two probes.",
        "Contract had nothing to migrate, so nothing was shown of it while requests went on.",
        "What the balancer kept from its clients is not known: its counters were not sampled.",
        NO_LOG,
        "No known-good target was probed, so a machine that stood still is told from Keystone by the "
        "generator's lag alone.",
        "Passwords were hashed with 4 bcrypt rounds, so logins cost less than in a production cloud.",
        "This run has no seal (it is from before there were seals): what was taken out of its files or "
        "changed in them is noticed only where they contradict one another.",
    )


def test_probes_alone_are_no_load_and_the_limits_say_so(tmp_path: Path) -> None:
    story = healthy()
    story.records[LOAD] = []
    story.lanes.append({**story.lanes[2], "lane": "renew-probes/token_issue/new", "op": "token_issue"})
    story.records["renew-probes/token_issue/new"] = [
        {**row, "lane": "renew-probes/token_issue/new"} for row in story.due(ISSUE, 20, 30)
    ]

    assert "There was no load beside the probes, so this was no upgrade under load." in (
        judged(story, tmp_path).limits
    )


def test_what_was_there_beside_the_probes_is_no_limit(tmp_path: Path) -> None:
    story = healthy()
    story.reference()
    story.balancer = [{"mono_ns": ns(second), "servers": {"node1": {"wretr": 0}}} for second in (3, 50)]

    limits = set(judged(story, tmp_path).limits) - {NO_LOG}
    assert not any(word in limit for limit in limits for word in ("balancer", "load", "target"))


def test_the_failed_requests_of_the_picture_carry_their_text(tmp_path: Path) -> None:
    story = healthy()
    story.fail(LOAD, 23.2, 23.3, detail="Service, sadly, Unavailable", node="node2")
    judgement = judged(story, tmp_path)

    row = judgement.series.failures.iloc[0]
    assert (row["lane"], row["detail"], row["node"], row["release"]) == (
        LOAD,
        "Service, sadly, Unavailable",
        "node2",
        None,
    )
    assert judgement.downtime.outages[0].examples == (
        "23.25 s, load/user_get/reused, http_5xx, status 502, Service, sadly, Unavailable, "
        "req-load/user_get/reused-23.25",
    )
