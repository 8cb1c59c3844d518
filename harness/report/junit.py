"""The verdict as JUnit XML, for the gate of a continuous-integration system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

# XML is only written here, never read.
from xml.etree import ElementTree as ET

from harness.evidence.names import Role
from harness.judge.model import Finding, Judgement, LaneStats, Question, Verdict
from harness.report.text import one_line, printable
from harness.report.views.gate import gate_lines

_AVAILABILITY = "availability"
_WHOLE_RUN = "whole run"
_ALL_LANES = "all lanes"


def junit_xml(judgement: Judgement) -> bytes:
    """A test case for the run, one a question, and one a question, phase and lane.

    Of availability every phase and lane has one, of impact every one that was compared; of the other
    questions those about which something was found: a case that nobody looked into would be green for
    nothing.

    FAIL becomes `failure` and INCONCLUSIVE `error`, since no evidence is not good evidence and a gate takes
    `skipped` for good. `skipped` are only advisory answers, and lanes in which nothing was due. What is
    accepted or within budget passes, and says so on `system-out` and in the suite's properties.
    """
    name = one_line(judgement.manifest.stored.name)
    cases = [_run_case(judgement)]
    cases += [_question_case(question) for question in judgement.questions]
    cases += [_lane_case(stats, judgement) for stats in judgement.lanes if stats.phase is not None]
    cases += [case for question in judgement.questions for case in _cell_cases(question, judgement)]
    suite = ET.Element("testsuite", {"name": f"keystone-upgrade.{name}", **_totals(cases)})
    suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    suite.set("timestamp", judgement.manifest.started.strftime("%Y-%m-%dT%H:%M:%S"))
    suite.set("time", f"{(judgement.timeline.end_ns - judgement.timeline.start_ns) / 1e9:.3f}")
    suite.append(_properties(judgement))
    suite.extend(cases)
    # Jenkins' schema has no `skipped` here.
    root = ET.Element("testsuites", {"name": "keystone-upgrade-harness", **_totals(cases)})
    root.append(suite)
    ET.indent(root)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data + b"\n"


def _properties(judgement: Judgement) -> ET.Element:
    """The bounds that the verdict was held against, which of them were given when judging, and the gate."""
    properties = ET.Element("properties")
    told = {f"judge.{key}": value for key, value in judgement.settings.model_dump(mode="json").items()}
    told["judge.overrides"] = ", ".join(judgement.overrides) or "none"
    told |= {f"gate.{number}": line for number, line in enumerate(gate_lines(judgement), start=1)}
    for name, value in sorted(told.items()):
        text = "not set" if value is None else one_line(value)
        ET.SubElement(properties, "property", {"name": name, "value": text})
    return properties


def _run_case(judgement: Judgement) -> ET.Element:
    """The verdict itself, so that a run without any question is not a green one."""
    case = _case("run", "verdict")
    _answer(
        case, judgement.verdict, judgement.headline, "\n".join([judgement.headline, *gate_lines(judgement)])
    )
    return case


def _question_case(question: Question) -> ET.Element:
    case = _case("question", question.name)
    told = _lines(question.findings) or "No finding."
    first = _standing(question.findings, question.verdict) or f"{question.name} is {question.verdict.value}."
    _answer(case, question.verdict, first, told, advisory=question.advisory)
    return case


def _cell_cases(question: Question, judgement: Judgement) -> Iterator[ET.Element]:
    """A case for each phase and lane that the findings of a question name."""
    if question.name == _AVAILABILITY:
        return
    cells: dict[tuple[str, str], list[Finding]] = {}
    if question.name == "impact":
        cells = {(row.phase, row.lane): [] for row in judgement.impacts}
    for finding in question.findings:
        if finding.phase is not None or finding.lane is not None:
            cell = (finding.phase or _WHOLE_RUN, finding.lane or _ALL_LANES)
            cells.setdefault(cell, []).append(finding)
    for (phase, lane), findings in cells.items():
        case = _case(f"{question.name}.{phase}", lane)
        verdict = _worst(findings)
        first = _standing(findings, verdict) or f"{question.name} found nothing here."
        _answer(case, verdict, first, _lines(findings) or first, advisory=question.advisory)
        yield case


def _worst(findings: Iterable[Finding]) -> Verdict:
    counts = {finding.verdict for finding in findings if finding.accepted is None}
    return next((each for each in (Verdict.FAIL, Verdict.INCONCLUSIVE) if each in counts), Verdict.PASS)


def _standing(findings: Iterable[Finding], verdict: Verdict) -> str | None:
    """The sentence of the first finding that counts with this answer."""
    counts = (f.sentence for f in findings if f.verdict is verdict and f.accepted is None)
    return next(counts, None)


def _lane_case(stats: LaneStats, judgement: Judgement) -> ET.Element:
    case = _case(f"{_AVAILABILITY}.{stats.phase}", stats.lane)
    questions = [question for question in judgement.questions if question.name == _AVAILABILITY]
    findings = [
        finding
        for question in questions
        for finding in question.findings
        if finding.phase == stats.phase and stats.lane in (finding.lanes or (finding.lane,))
    ]
    told = _lines(findings)
    worst = _worst(findings)
    if worst is not Verdict.PASS:
        _answer(case, worst, _standing(findings, worst) or worst.value, told)
        return case
    # Where the question passes, all that failed was let through, also what went over into the next phase.
    passes = bool(questions) and all(question.verdict is Verdict.PASS for question in questions)
    accepted = any(finding.accepted is not None for finding in findings)
    _answer_by_counts(case, stats, told, let_through=passes or accepted)
    return case


def _answer_by_counts(case: ET.Element, stats: LaneStats, told: str, *, let_through: bool) -> None:
    """Where no finding that counts names the lane and phase, its counts answer."""
    failed = stats.without_success
    what = "pings" if stats.role is Role.REFERENCE else "requests"
    sentence = f"{failed} of {stats.sent} {what} failed or are unknown."
    if not stats.requests:
        _child(case, "skipped", "No request was due in this lane and phase.", told)
    elif failed and stats.role is Role.REFERENCE:
        # The reference target is no Keystone: that it failed says the machine was not fit to judge by.
        _answer(case, Verdict.INCONCLUSIVE, f"Reference target: {sentence}", told)
    elif failed and let_through:
        _child(case, "system-out", None, f"{sentence}\n{told}")
    elif failed:
        _answer(case, Verdict.FAIL, sentence, told)
    elif stats.unsent:
        _answer(case, Verdict.INCONCLUSIVE, f"{stats.unsent} of {stats.requests} requests never left.", told)


def _answer(case: ET.Element, verdict: Verdict, message: str, text: str, *, advisory: bool = False) -> None:
    if advisory and verdict is not Verdict.PASS:
        _child(case, "skipped", f"advisory {verdict.value}: {message}", text)
    elif verdict is Verdict.FAIL:
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


def _lines(findings: Iterable[Finding]) -> str:
    return "\n".join(_line(finding) for finding in findings)


def _line(finding: Finding) -> str:
    accepted = f" Accepted: {one_line(finding.accepted)}" if finding.accepted else ""
    return f"{finding.verdict.value}: {one_line(finding.sentence)}{accepted}"


def _totals(cases: list[ET.Element]) -> dict[str, str]:
    kinds = {"failures": "failure", "errors": "error"}
    totals = {name: str(sum(case.find(tag) is not None for case in cases)) for name, tag in kinds.items()}
    return {"tests": str(len(cases)), **totals}
