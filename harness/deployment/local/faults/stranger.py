"""Somebody whom the run does not know, and whom the release answers with an error."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from harness.deployment.local.database import LocalDatabase
from harness.deployment.local.faults.injection import Repeated
from harness.errors import HarnessError
from harness.evidence.clock import now_ns
from harness.keystone import api
from harness.keystone.channel import Channel
from harness.keystone.credentials import Credentials

_PAUSE_S = 0.2
_OLD_HASH = (
    "$6$rounds=10000$keystone$0000000000000000000000000000000000000000000"
    "0000000000000000000000000000000000000000000"
)
"""As releases before Rocky stored passwords (sha512_crypt); those from 27.0.0 on break over it."""
_GIVE_IT = (
    "UPDATE password SET password_hash = %s WHERE local_user_id IN"
    " (SELECT id FROM local_user WHERE user_id = %s)"
)


class Stranger:
    """A user with an old hash of its password, who logs in through the balancer again and again.

    Neither probes nor load have such a user: what it is answered only the balancer and the nodes know.
    """

    def __init__(self, channel: Channel, admin: Credentials, database: LocalDatabase) -> None:
        """Make the user.

        Raises:
            HarnessError: Keystone did not, or the database did not take its hash.
        """
        self._channel = channel
        self._password = uuid.uuid4().hex
        self._user_id = self._made(admin)
        database.ask(_GIVE_IT, (_OLD_HASH, self._user_id))
        self._repeated = Repeated(self._log_in, _PAUSE_S)
        self.detail: Mapping[str, object] = {"user_id": self._user_id}

    def begin(self) -> int:
        """Log in; when that was first sent."""
        begun_ns = now_ns()
        self._repeated.start()
        return begun_ns

    def end(self) -> int:
        """Log in no more; when the last login was over."""
        self._repeated.stop()
        return now_ns()

    def _made(self, admin: Credentials) -> str:
        token = self._channel.send(api.log_in(admin)).token
        user = {
            "name": f"stranger-{uuid.uuid4()}",
            "domain_id": api.DEFAULT_DOMAIN_ID,
            "password": self._password,
        }
        reply = self._channel.send(api.create_user(token or "", user))
        user_id = reply.at("user", "id")
        if not isinstance(user_id, str):
            raise HarnessError(f"the stranger could not be made: {reply.error or f'status {reply.status}'}")
        return user_id

    def _log_in(self) -> None:
        self._channel.send(api.log_in_by_id(self._user_id, self._password))
