"""The words in which findings of this question name kinds and writes."""

from __future__ import annotations

from collections.abc import Mapping

from harness.evidence.ledger import Kind
from harness.evidence.names import Operation

FINDINGS_MAX = 20
"""Entities told one by one; more are counted, because nobody reads them."""
KINDS: Mapping[Kind, str] = {Kind.USER: "User", Kind.PROJECT: "Project", Kind.GRANT: "The grant"}
VERBS: Mapping[str, str] = {
    Operation.USER_CREATE: "creation",
    Operation.PROJECT_CREATE: "creation",
    Operation.USER_DELETE: "deletion",
    Operation.PROJECT_DELETE: "deletion",
    Operation.USER_UPDATE: "update",
    Operation.PASSWORD_CHANGE: "change of password",
    Operation.ROLE_GRANT: "granting",
    Operation.ROLE_REVOKE: "revocation",
}
