"""Projects by the thousand: the list of them as it always was asked for, and each of them."""

from __future__ import annotations

import itertools
import uuid

from harness.evidence.continuity import Check
from harness.keystone import api
from harness.keystone.reply import Reply
from harness.procedure.continuity.node_api import NodeApi, NotMadeError
from harness.procedure.continuity.old_ground import Ground, LeftOutError, make_project
from harness.procedure.continuity.old_thing import Look, OldThing

BY_ID_MAX = 25
"""Projects that a look reads one by one; where more are left out of a list, other ones each time."""


class OldProjects:
    """What was made of them, and what each node's list told last."""

    def __init__(self, domain_id: str, ids: tuple[str, ...], before: int) -> None:
        self._domain_id = domain_id
        self._ids = ids
        self._before = before
        self._listed: dict[str, frozenset[str]] = {}
        self._turns = itertools.count()

    def list_at(self, node: NodeApi) -> Look:
        """As many as before: the release that served then may have cut the list as well."""
        answer = _list(node, self._domain_id)
        listed = _ids(answer)
        self._listed[node.name] = listed
        if answer.status != 200 or len(listed) >= self._before:
            return Look(answer, answer.status == 200)
        words = f"the same list gives fewer: {len(listed):,} projects, {self._before:,} before"
        return Look(answer, holds=False, detail=words)

    def each_at(self, node: NodeApi) -> Look:
        """Whatever the list that was just asked for left out, by its id; at least one is read like that."""
        listed = self._listed.get(node.name, frozenset())
        turn = next(self._turns) * BY_ID_MAX
        left = [each for each in self._ids if each not in listed] or [self._ids[turn % len(self._ids)]]
        for number in range(turn, turn + min(BY_ID_MAX, len(left))):
            project_id = left[number % len(left)]
            answer = node.ask(lambda token, key=project_id: api.read_project(token, key))  # type: ignore[misc]
            if answer.status != 200 or answer.at("project", "id") != project_id:
                return Look(answer, holds=False)
        return Look(answer, holds=True)


def old_projects(ground: Ground) -> tuple[OldThing, ...]:
    """Made at once behind the API, as copies of one that the API made; the API alone would take a minute."""
    if not ground.projects:
        raise LeftOutError("the scenario asks for none (continuity.old_projects = 0)")
    node, domain_id, rows = ground.node, ground.domain_id, ground.rows
    first = make_project(node, ground.name(), domain_id)
    others = {uuid.uuid4().hex: ground.name() for _ in range(ground.projects - 1)}
    rows.multiply_project(first, others)
    answer = _list(node, domain_id)
    before = len(_ids(answer))
    if not before:
        raise NotMadeError("list projects", node.name, answer)
    made, at = OldProjects(domain_id, (first, *others), before), node.place(answer)
    return (
        OldThing(Check.OLD_PROJECT_LIST, 1, at, made.list_at),
        OldThing(Check.OLD_PROJECTS, ground.projects, at, made.each_at),
    )


def _list(node: NodeApi, domain_id: str) -> Reply:
    return node.ask(lambda token: api.list_projects(token, domain_id))


def _ids(answer: Reply) -> frozenset[str]:
    return frozenset(str(project.get("id")) for project in answer.at("projects") or ())
