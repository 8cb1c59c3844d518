"""Operations on projects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.evidence.ledger import Change, Value
from harness.evidence.names import Operation
from harness.keystone import api
from harness.load.client import Answer
from harness.load.operations.body import BadAnswerError, at, document, same, same_attributes, text_at
from harness.load.operations.call import Acknowledged


@dataclass(frozen=True, slots=True)
class MadeProject:
    """A project whose creation Keystone acknowledged."""

    project_id: str
    name: str

    @property
    def entity_id(self) -> str:
        """As the ledger identifies it."""
        return self.project_id


@dataclass(frozen=True, slots=True)
class ProjectList:
    """List the projects of the own domain: policy-checked."""

    op: ClassVar = Operation.PROJECT_LIST
    status_due: ClassVar = 200

    token: str
    project_id: str
    """One that must be among them."""

    def request(self) -> api.Request:
        """Of the domain in which accounts and projects of the load are made."""
        return api.list_projects(self.token, api.DEFAULT_DOMAIN_ID)

    def check(self, answer: Answer) -> None:
        """The own project is in the list."""
        projects = at(document(answer.body), "projects")
        if not isinstance(projects, list):
            raise BadAnswerError("projects is not a list")
        if not any(
            isinstance(project, dict) and project.get("id") == self.project_id for project in projects
        ):
            raise BadAnswerError(f"the own project is not among the {len(projects)} listed")


@dataclass(frozen=True, slots=True)
class ProjectCreate:
    """Make a project of a given, unique name."""

    op: ClassVar = Operation.PROJECT_CREATE
    status_due: ClassVar = 201

    token: str
    name: str
    description: str

    def request(self) -> api.Request:
        """A project in the default domain."""
        project = {"name": self.name, "domain_id": api.DEFAULT_DOMAIN_ID, **self._asked}
        return api.create_project(self.token, project)

    def check(self, answer: Answer) -> MadeProject:
        """The project of that name, with an id and everything that was asked for."""
        told = document(answer.body)
        same(told, self.name, "project", "name")
        same(told, api.DEFAULT_DOMAIN_ID, "project", "domain_id")
        same_attributes(told, "project", self._asked)
        return MadeProject(text_at(told, "project", "id"), self.name)

    def change(self) -> Change:
        """A project that was not there before."""
        return Change(self.op, self.name, None, self._asked)

    @property
    def _asked(self) -> dict[str, Value]:
        return {"enabled": True, "description": self.description}


@dataclass(frozen=True, slots=True)
class ProjectDelete(Acknowledged):
    """Delete a project."""

    op: ClassVar = Operation.PROJECT_DELETE

    token: str
    project_id: str
    name: str

    def request(self) -> api.Request:
        """By its id."""
        return api.delete_project(self.token, self.project_id)

    def change(self) -> Change:
        """The project is gone, and the grants on it."""
        return Change(self.op, self.name, self.project_id)
