"""Locust users of an identity service: logins, validations, project lists, and the life of a user.

The harness runs them beside the probes. They work with plain locust too:

    locust -f scenarios/identity.py --host http://127.0.0.1:5000

with the admin account's OS_* variables exported; scenarios/README.md says which.
"""

from __future__ import annotations

from locust import events, task

from harness.evidence.names import Operation, Role
from harness.load.operations import (
    Grant,
    PasswordChange,
    ProjectCreate,
    ProjectDelete,
    ProjectList,
    RoleGrant,
    RoleRevoke,
    TokenValidate,
    UserCreate,
    UserDelete,
    UserGet,
    UserUpdate,
)
from harness.load.personas import KeystoneUser
from harness.load.plain import check_plain
from harness.load.real_client_user import RealClientUser

events.init.add_listener(check_plain)  # type: ignore[no-untyped-call]  # locust's


class IdentityUser(KeystoneUser):
    """What a cloud's services ask of Keystone, in about the mix they ask it."""

    role = Role.LOAD

    @task(8)
    def validate_token(self) -> None:
        """A service asks whose token it was handed."""
        if self.with_token(Operation.TOKEN_VALIDATE):
            self.perform(TokenValidate(self.admin_token, self.token, self.account.user_id))

    @task(6)
    def issue_token(self) -> None:
        """A person or a service logs in."""
        self.log_in()

    @task(4)
    def list_projects(self) -> None:
        """An operator looks round."""
        if self.with_token(Operation.PROJECT_LIST):
            self.perform(ProjectList(self.admin_token, self.account.project_id))

    @task(1)
    def live_a_users_life(self) -> None:
        """A user is made, read and deleted; what was not certainly made is left alone."""
        if not self.with_token(Operation.USER_CREATE):
            return
        created = self.perform(UserCreate(self.admin_token, self.new_user_name()))
        made = created.value if created is not None else None
        if made is None:
            return
        self.perform(UserGet(self.admin_token, made.user_id, made.name))
        self.perform(UserDelete(self.admin_token, made.user_id, made.name))

    @task(1)
    def live_a_long_life(self) -> None:
        """A user is made and changed, and gets a project and a role on it; half of them stay.

        Nobody else touches them, and the life ends at the first step that did not certainly succeed, so it is
        well known what must be found of each in the end.
        """
        if not self.with_token(Operation.USER_CREATE):
            return
        admin, name = self.admin_token, self.new_user_name()
        first, second = self.password(name, 1), self.password(name, 2)
        attributes = (("description", "as made"), ("email", "made@example.org"))
        user = self.achieve(UserCreate(admin, name, attributes, first))
        self.achieve(UserUpdate(admin, user.user_id, name, (("description", "as changed"),)))
        self.achieve(PasswordChange(admin, user.user_id, name, first, second))
        project = self.achieve(ProjectCreate(admin, f"{name}-project", "as made"))
        if self.plain_role is not None:
            grant = Grant(user, project, self.plain_role)
            self.achieve(RoleGrant(admin, grant))
            if self.random.random() < 0.3:
                self.achieve(RoleRevoke(admin, grant))
        if self.random.random() < 0.5:
            self.achieve(ProjectDelete(admin, project.project_id, project.name))
            self.achieve(UserDelete(admin, user.user_id, name))
        elif self.random.random() < 0.3:
            self.achieve(UserUpdate(admin, user.user_id, name, (("enabled", False),)))


class ClientUser(RealClientUser):
    """The same through keystoneauth1 and python-keystoneclient: what a real client sees."""

    role = Role.CLIENT

    @task(3)
    def issue_token(self) -> None:
        """Log in."""
        self.log_in()

    @task(3)
    def validate_token(self) -> None:
        """Validate its own token."""
        if self.with_token(Operation.TOKEN_VALIDATE):
            self.validate_own_token()

    @task(2)
    def list_projects(self) -> None:
        """List the projects."""
        if self.with_token(Operation.PROJECT_LIST):
            self.list_all_projects()

    @task(1)
    def live_a_users_life(self) -> None:
        """Make a user, read it, delete it."""
        if not self.with_token(Operation.USER_CREATE):
            return
        name = self.harness.sender.user_name()
        user_id = self.create_user(name)
        if user_id is not None:
            self.get_user(user_id, name)
            self.delete_user(user_id, name)
