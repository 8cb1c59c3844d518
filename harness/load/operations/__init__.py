"""The identity operations: what each sends, and what its answer must hold to count as a success."""

from __future__ import annotations

from harness.load.operations.body import BadAnswerError
from harness.load.operations.call import Call, LedgerCall, writes
from harness.load.operations.grants import Grant, RoleGrant, RoleHeld, RoleRevoke
from harness.load.operations.projects import MadeProject, ProjectCreate, ProjectDelete, ProjectList
from harness.load.operations.reference import Ping
from harness.load.operations.tokens import IssuedToken, TokenIssue, TokenValidate
from harness.load.operations.users import (
    MadeUser,
    Password,
    PasswordChange,
    UserCreate,
    UserDelete,
    UserGet,
    UserUpdate,
)

__all__ = [
    "BadAnswerError",
    "Call",
    "Grant",
    "IssuedToken",
    "LedgerCall",
    "MadeProject",
    "MadeUser",
    "Password",
    "PasswordChange",
    "Ping",
    "ProjectCreate",
    "ProjectDelete",
    "ProjectList",
    "RoleGrant",
    "RoleHeld",
    "RoleRevoke",
    "TokenIssue",
    "TokenValidate",
    "UserCreate",
    "UserDelete",
    "UserGet",
    "UserUpdate",
    "writes",
]
