"""Accounts that the double knows: the password of each is told by its name."""

from __future__ import annotations

from harness.load.spec import Account, Accounts
from tests.keystone_double.healthy import PROJECT_ID


def account(name: str) -> Account:
    """An account that the fake knows."""
    return Account(name, f"secret-of-{name}", f"id-of-{name}", "Default", "p", "Default", PROJECT_ID)


def accounts(users: int = 2, clients: int = 1) -> Accounts:
    """Everyone that a child needs."""
    return Accounts(
        operator=account("operator"),
        probes=(account("probe"),),
        users=tuple(account(f"load-{n}") for n in range(users)),
        clients=tuple(account(f"client-{n}") for n in range(clients)),
    )
