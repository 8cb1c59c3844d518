"""Operations on application credentials."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from harness.evidence.names import Operation
from harness.keystone import api
from harness.load.client import Answer
from harness.load.operations.body import document, same, text_at


@dataclass(frozen=True, slots=True)
class ApplicationCredentialCreate:
    """A user makes an application credential with its own token, naming no roles: it takes the token's.

    Keystone decides by the token of the request at hand, so that this fails where it takes somebody else's.
    """

    op: ClassVar = Operation.APPLICATION_CREDENTIAL_CREATE
    status_due: ClassVar = 201

    token: str
    """The user's own, for a project."""
    user_id: str
    project_id: str
    name: str

    def request(self) -> api.Request:
        """A credential of that name."""
        return api.create_application_credential(self.token, self.user_id, self.name)

    def check(self, answer: Answer) -> None:
        """The credential of that name, for the right project, with a secret."""
        told = document(answer.body)
        same(told, self.name, "application_credential", "name")
        same(told, self.project_id, "application_credential", "project_id")
        text_at(told, "application_credential", "secret")
