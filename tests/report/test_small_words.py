"""Small words of the page: of servers that are no nodes, and of migrations whose end nobody logged."""

from __future__ import annotations

from dataclasses import replace

from harness.judge.observations import AppliedMigration
from harness.report.explore.failures import meant_for
from harness.report.text import RunTimes
from harness.report.views.procedure import migration_rows
from tests.report import stories


def test_a_server_that_is_no_node_is_shown_as_none() -> None:
    nodes = ("node-1", "node-2")
    assert meant_for("503 Service Unavailable from balancer, server node-2", nodes) == "node-2"
    assert meant_for("503 Service Unavailable from balancer, server unknown", nodes) == ""
    assert meant_for("503 Service Unavailable from balancer", nodes) == ""


def test_a_migration_whose_end_was_not_logged_took_at_most_so_long() -> None:
    judgement = stories.undrained()
    timed = AppliedMigration("expand", "a1", "Add index", stories.at(65), 0.5)
    last = AppliedMigration("expand", "b2", "Add column", stories.at(66), 0.25, at_most=True)
    rows = migration_rows(replace(judgement, migrations=(timed, last)), RunTimes(judgement))
    assert [row.cells[-1] for row in rows] == ["0.50 s", "at most 0.25 s"]
