"""The users' context for plain `locust -f`: the account of the OS_* variables, and no evidence."""

from __future__ import annotations

import logging
import os
import random
import sys
from typing import Any

from keystoneauth1 import exceptions
from keystoneauth1.identity import v3

from harness.errors import UsageError
from harness.evidence.names import Role
from harness.keystone.endpoint import Endpoint
from harness.load.context import LoadContext
from harness.load.real_client import OneAttemptSession
from harness.load.recorder import LocustOnly
from harness.load.sender import RequestIds, Sender
from harness.load.spec import RENEW_S_DEFAULT, Account

PACE_VARIABLE = "HARNESS_PACE_S"
DEADLINE_S = 10.0
_REQUIRED = ("OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_NAME")


def check_plain(environment: Any, **_: object) -> None:
    """Listener of `locust.events.init`: refuse a bad host or account in one sentence, before any user starts.

    The harness makes an Environment with events of its own, so this runs for plain locust alone.
    """
    if not environment.host:
        return  # the web page asks for it; the first user will check
    try:
        environment.harness = plain_context(environment)
    except UsageError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


def plain_context(environment: Any) -> LoadContext:
    """Every user is the account of the OS_* variables, which must have the admin role.

    Raises:
        UsageError: a variable is missing, the host is not on this machine, or Keystone refused the account.
    """
    endpoint = _endpoint(environment.host or "")
    account = _account(endpoint.auth_url)
    warn = logging.getLogger(__name__).warning
    return LoadContext(
        Sender(LocustOnly(environment.events.request.fire, warn), seed=0),
        endpoint,
        {Role.LOAD: (account,), Role.CLIENT: (account,)},
        operator=None,
        pace_s=_pace_s(os.environ.get(PACE_VARIABLE, "1")),
        deadline_s=DEADLINE_S,
        renew_s=RENEW_S_DEFAULT,
        seed=random.SystemRandom().getrandbits(32),
    )


def _endpoint(host: str) -> Endpoint:
    try:
        return Endpoint.loopback(host)
    except ValueError as error:
        raise UsageError(
            f"--host {host}: expected http://127.0.0.1:<port>, a lab on this machine."
        ) from error


def _pace_s(text: str) -> float:
    try:
        pace_s = float(text)
    except ValueError:
        pace_s = 0.0
    if not 0 < pace_s <= 3600:
        raise UsageError(f"{PACE_VARIABLE}={text}: expected seconds, more than 0 and at most 3600.")
    return pace_s


def _account(url: str) -> Account:
    """The account with its ids, which Keystone tells at a first login."""
    missing = [name for name in _REQUIRED if not os.environ.get(name)]
    if missing:
        raise UsageError(
            f"environment: {', '.join(missing)} not set; export an admin account's OS_* variables "
            "(scenarios/README.md says which)."
        )
    username, password, project = (os.environ[name] for name in _REQUIRED)
    user_domain = os.environ.get("OS_USER_DOMAIN_NAME", "Default")
    project_domain = os.environ.get("OS_PROJECT_DOMAIN_NAME", "Default")
    auth = v3.Password(
        auth_url=url,
        username=username,
        password=password,
        user_domain_name=user_domain,
        project_name=project,
        project_domain_name=project_domain,
    )
    session = OneAttemptSession(DEADLINE_S)
    session.request_id = RequestIds().next()
    try:
        access = auth.get_access(session)
    except exceptions.ClientException as error:
        raise UsageError(f"{url}: {username} could not log in: {error}.") from error
    if access.user_id is None or access.project_id is None:
        raise UsageError(f"{url}: the token of {username} names no user or no project.")
    return Account(
        username, password, access.user_id, user_domain, project, project_domain, access.project_id
    )
