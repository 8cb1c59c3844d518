"""Makes the users and the project of a run, through keystoneauth1 and python-keystoneclient."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Any

from keystoneauth1 import exceptions, session
from keystoneauth1.identity import v3
from keystoneclient.v3 import client as keystone

from harness.errors import RefusedError, StepError
from harness.keystone.api import DEFAULT_DOMAIN, DEFAULT_DOMAIN_ID
from harness.keystone.credentials import Credentials
from harness.keystone.endpoint import Endpoint
from harness.load.spec import Account, Accounts, user_prefix
from harness.redact import redacted
from harness.scenario import Scenario

REQUEST_DEADLINE_S = 30.0
"""Set-up has no haste: a cold node may take seconds for its first answers."""
_PROBE_ACCOUNTS = 1


def seed(url: str, admin: Credentials, scenario: Scenario, seed: int) -> Accounts:
    """Make one project and every account of `scenario`, each with a password and a role of its own.

    `url` is the balancer's, without `/v3`. Names begin with `user_prefix(seed)`.

    Raises:
        RefusedError: Keystone refused.
        StepError: it did not answer, or an earlier run with this seed left its users.
    """
    maker = _Maker(_api(url, admin), user_prefix(seed))
    try:
        return maker.make(scenario)
    except exceptions.Conflict as error:
        raise StepError(
            f"{url}: users of seed {seed} exist already; start from a fresh lab or choose another seed "
            f"with --set seed=N ({error.message})."
        ) from error
    except exceptions.HttpError as error:
        raise RefusedError(_not_made(url, error), error.http_status) from error
    except exceptions.ClientException as error:
        raise StepError(_not_made(url, error)) from error


def _not_made(url: str, error: Exception) -> str:
    return f"{url}: the users of the load could not be made: {redacted(str(error))}."


def _api(url: str, admin: Credentials) -> Any:
    base = Endpoint.parse(url).auth_url
    auth = v3.Password(
        auth_url=base,
        username=admin.username,
        password=admin.password,
        user_domain_name=admin.user_domain,
        project_name=admin.project,
        project_domain_name=admin.project_domain,
    )
    made = session.Session(auth=auth, timeout=REQUEST_DEADLINE_S)
    # A proxy named in the environment has no business between this program and its own lab.
    made.session.trust_env = False
    return keystone.Client(session=made, endpoint_override=base)


class _Maker:
    """Makes accounts in one project."""

    def __init__(self, api: Any, prefix: str) -> None:
        self._api = api
        self._prefix = prefix
        self._project: Any = None
        self._roles: dict[str, Any] = {}

    def make(self, scenario: Scenario) -> Accounts:
        self._roles = {role.name: role for role in self._api.roles.list()}
        self._project = self._api.projects.create(name=f"{self._prefix}project", domain=DEFAULT_DOMAIN_ID)
        plain = "member" if "member" in self._roles else "admin"  # before Rocky there was no `member`
        load = scenario.load
        return Accounts(
            operator=self._account("operator", "admin"),
            probes=self._accounts("probe", _PROBE_ACCOUNTS, plain),
            users=self._accounts("load", load.users, plain),
            clients=self._accounts("client", load.client_users, "admin"),
        )

    def _accounts(self, kind: str, count: int, role: str) -> tuple[Account, ...]:
        return tuple(self._account(f"{kind}-{number}", role) for number in range(count))

    def _account(self, name: str, role: str) -> Account:
        password = secrets.token_urlsafe(18)
        user = self._api.users.create(
            name=f"{self._prefix}{name}", domain=DEFAULT_DOMAIN_ID, password=password
        )
        # Ids rather than objects: of an object, keystoneclient first asks Keystone for attributes it lacks.
        self._api.roles.grant(_required(self._roles, role).id, user=user.id, project=self._project.id)
        return Account(
            username=user.name,
            password=password,
            user_id=user.id,
            user_domain=DEFAULT_DOMAIN,
            project=self._project.name,
            project_domain=DEFAULT_DOMAIN,
            project_id=self._project.id,
        )


def _required(roles: dict[str, Any], name: str) -> Any:
    if name not in roles:
        known: Iterable[str] = sorted(roles)
        raise StepError(
            f"Keystone has no role {name!r} (it has {', '.join(known)}); run keystone-manage bootstrap."
        )
    return roles[name]
