"""An undrained run with three kinds of failure and logs that speak of them, some of it hostile."""

from __future__ import annotations

from pathlib import Path

from harness.evidence.rundir import RunDirectory
from harness.judge.verdict import judge_run
from harness.report import write_report
from tests.judge.story import ISSUE, LOAD, NEW, VALIDATE, Story, healthy, ns

HOSTILE = "</script><script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">"
TOKEN = "gAAAAABlY2hvLWEtdG9rZW4tb2YtYS1yZWFsLWNsb3Vk" + "Zm9v" * 30
PASSWORD = "correct-horse"
WALL_MS = 1_760_000_000_000
"""UTC of second 0 of every story, milliseconds since 1970."""


def run_with_failures() -> Story:
    """503 while node1 is stopped and one write cut then; later a hostile 500 of node2 on the new release."""
    story = healthy(drained=False)
    story.fail(VALIDATE, 23.2, 24.9, status=503, detail="503 Service Unavailable from balancer, server node1")
    story.fail(
        ISSUE, 23.4, 23.9, status=0, outcome="unknown", error="closed", detail="closed before an answer"
    )
    story.fail(LOAD, 50.1, 50.6, status=500, node="node2", release=NEW, detail=HOSTILE)
    return story


def write_logs(run: RunDirectory, story: Story) -> None:
    """Logs of node1, node2 and the balancer that name the failed requests, with secrets in them."""
    run.logs.mkdir(exist_ok=True)
    bad = [row for rows in story.records.values() for row in rows if row["outcome"] != "ok"]
    balancer = [
        f"t=x server=node1 status={row['status']} ts=SH-- id={row['request_id']} GET /v3/auth/tokens"
        for row in bad
    ]
    (run.logs / "haproxy.log").write_text("\n".join(balancer) + "\n")
    stopped = WALL_MS + (ns(23.0) - ns(0)) // 1_000_000
    (run.logs / "node1.log").write_text(
        f'request t="{stopped}" GET /v3/users status=200 took_ms=3 id=-\n'
        "SIGINT/SIGTERM received...killing workers...\n"
        "goodbye to uWSGI.\n"
        f'request t="{stopped + 60_000}" GET /v3/users status=200 took_ms=3 id=-\n'
        "a line of much later\n"
    )
    last = next((row for row in bad if row["lane"] == LOAD), {"request_id": "req-none"})
    error = "2026-01-01 00:00:50.200 7 ERROR keystone"
    (run.logs / "node2.log").write_text(
        f"{error} [{last['request_id']} req-x] {HOSTILE} X-Subject-Token: {TOKEN}\n"
        f"{error} [{last['request_id']}] password={PASSWORD} {TOKEN}\n"
        f"{error} [req-of-another] nothing of this run\n"
    )


def reported(path: Path, story: Story | None = None) -> RunDirectory:
    """The run, judged, with its report."""
    story = story or run_with_failures()
    run = story.write(path)
    write_logs(run, story)
    write_report(judge_run(run), run)
    return run
