"""The passwords of users that the load makes, which only whoever has the secret of the run can tell."""

from __future__ import annotations

import base64
import hashlib
import hmac


def derived_password(secret: str, name: str, version: int) -> str:
    """The password of a user at a version: HMAC-SHA256 (RFC 2104) of both under the run's secret.

    The secret is handed to the generators on their standard input and stands in no file, so what the ledger
    says (name and version) is enough for the read-back to log in, and for nobody else.
    """
    digest = hmac.new(secret.encode(), f"{version}:{name}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")
