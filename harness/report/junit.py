"""The verdict as JUnit XML, for the gate of a continuous-integration system."""

from __future__ import annotations

# XML is only written here, never read.
from xml.etree import ElementTree as ET

from harness.evidence.names import Role
from harness.judge.model import Finding, Judgement, LaneStats, Question, Verdict
from harness.report.text import one_line, printable


def junit_xml(judgement: Judgement) -> bytes:
    """A test case for the run, one a question, and one a phase and lane for availability.

    FAIL becomes `failure` and INCONCLUSIVE `error`, since no evidence is not good evidence and a gate takes
    `skipped` for good. `skipped` are only advisory answers, and lanes in which nothing was due.
    """
    name = one_line(judgement.manifest.scenario.get("name", "unnamed"))
    cases = [_run_case(judgement)]
    cases += [_question_case(question) for question in judgement.questions]
    cases += [_lane_case(stats, judgement) for stats in judgement.lanes if stats.phase is not None]
    suite = ET.Element("testsuite", {"name": f"keystone-upgrade.{name}", **_totals(cases)})
    suite.set("timestamp", judgement.manifest.started.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("time", f"{(judgement.timeline.end_ns - judgement.timeline.start_ns) / 1e9:.3f}")
    suite.append(_properties(judgement))
    suite.extend(cases)
    root = ET.Element("testsuites", {"name": "keystone-upgrade-harness", **_totals(cases)})
    root.append(suite)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _properties(judgement: Judgement) -> ET.Element:
    """The bounds that the verdict was held against, and which of them were given when judging."""
    properties = ET.Element("properties")
    told = {f"judge.{key}": value for key, value in judgement.settings.model_dump(mode="json").items()}
    told["judge.overrides"] = ", ".join(judgement.overrides) or "none"
    for name, value in sorted(told.items()):
        text = "not set" if value is None else one_line(value)
        ET.SubElement(properties, "property", {"name": name, "value": text})
    return properties


def _run_case(judgement: Judgement) -> ET.Element:
    """The verdict itself, so that a run without any question is not a green one."""
    case = _case("run", "verdict")
    _answer(case, judgement.verdict, judgement.headline, judgement.headline)
    return case


def _question_case(question: Question) -> ET.Element:
    case = _case("question", question.name)
    told = "\n".join(_line(finding) for finding in question.findings) or "No finding."
    standing = [f for f in question.findings if f.verdict is question.verdict]
    first = standing[0].sentence if standing else f"{question.name} is {question.verdict.value}."
    if question.advisory and question.verdict is not Verdict.PASS:
        _child(case, "skipped", f"advisory {question.verdict.value}: {first}", told)
    else:
        _answer(case, question.verdict, first, told)
    return case


def _lane_case(stats: LaneStats, judgement: Judgement) -> ET.Element:
    case = _case(f"availability.{stats.phase}", stats.lane)
    findings = [
        finding
        for question in judgement.questions
        if question.name == "availability"
        for finding in question.findings
        if finding.phase == stats.phase and finding.lane == stats.lane
    ]
    told = "\n".join(_line(finding) for finding in findings)
    counted = [finding for finding in findings if finding.accepted is None]
    for verdict in (Verdict.FAIL, Verdict.INCONCLUSIVE):
        standing = next((finding for finding in counted if finding.verdict is verdict), None)
        if standing is not None:
            _answer(case, verdict, standing.sentence, told)
            return case
    _answer_by_counts(case, stats, told, accepted=len(counted) < len(findings))
    return case


def _answer_by_counts(case: ET.Element, stats: LaneStats, told: str, *, accepted: bool) -> None:
    """Where no finding names the lane and phase, its counts answer."""
    hurt = stats.failed + stats.unknown
    sentence = f"{hurt} of {stats.requests} requests failed or are unknown."
    if not stats.requests:
        _child(case, "skipped", "No request was due in this lane and phase.", told)
    elif hurt and accepted:
        _child(case, "system-out", None, f"{sentence}\n{told}")
    elif hurt and stats.role is Role.REFERENCE:
        # The reference target is no Keystone: that it failed says the machine was not fit to judge by.
        _answer(case, Verdict.INCONCLUSIVE, f"Reference target: {sentence}", told)
    elif hurt:
        _answer(case, Verdict.FAIL, sentence, told)
    elif stats.unsent:
        _answer(case, Verdict.INCONCLUSIVE, f"{stats.unsent} of {stats.requests} requests never left.", told)


def _answer(case: ET.Element, verdict: Verdict, message: str, text: str) -> None:
    if verdict is Verdict.FAIL:
        _child(case, "failure", message, text)
    elif verdict is Verdict.INCONCLUSIVE:
        _child(case, "error", message, text)
    else:
        _child(case, "system-out", None, text)


def _case(classname: str, name: str) -> ET.Element:
    return ET.Element("testcase", {"classname": one_line(classname), "name": one_line(name)})


def _child(case: ET.Element, tag: str, message: str | None, text: str) -> None:
    child = ET.SubElement(case, tag)
    if message is not None:
        child.set("message", one_line(message))
    child.text = printable(text)


def _line(finding: Finding) -> str:
    accepted = f" Accepted: {one_line(finding.accepted)}" if finding.accepted else ""
    return f"{finding.verdict.value}: {one_line(finding.sentence)}{accepted}"


def _totals(cases: list[ET.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    totals = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in kinds.items()}
    return {"tests": str(len(cases)), **totals}
