"""Requests through keystoneauth1 and python-keystoneclient: what a real client sees, and nothing hidden.

keystoneauth1 has no timeout by default, follows redirects and silently logs in again on a 401. All three are
off here: one call is one request under one total deadline.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from contextlib import nullcontext
from typing import Any, TypeVar

import gevent
import requests
import urllib3.exceptions
from keystoneauth1 import exceptions, session, token_endpoint
from keystoneauth1.identity import v3
from keystoneclient.v3 import client as keystone

from harness.evidence.clock import now_ns
from harness.evidence.names import WRITES, Error, Operation, Outcome
from harness.evidence.records import DETAIL_CHARS_MAX
from harness.keystone.api import (
    BALANCER_SERVER_HEADER,
    NODE_HEADER,
    RELEASE_HEADER,
    REQUEST_ID_SENT,
)
from harness.keystone.endpoint import Endpoint
from harness.load.client import OWN_LIMITS, GeneratorFaultError
from harness.load.operations import BadAnswerError
from harness.load.result import Result, from_balancer, status_settles
from harness.load.spec import Account

Value = TypeVar("Value")


class OneAttemptSession(session.Session):
    """A session whose every request is sent once; remembers how the last one was answered."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout=timeout_s, redirect=False)
        # A proxy named in the environment has no business between this program and its own lab.
        self.session.trust_env = False
        self.request_id: str | None = None
        """Sent with each request until it is set anew."""
        self.last: requests.Response | None = None
        """Answer to the last request, also to a failed one."""

    def request(self, *args: Any, **kwargs: Any) -> Any:
        """As keystoneauth1's, with everything that sends again, or later, switched off."""
        kwargs.update(
            allow_reauth=False, redirect=False, connect_retries=0, status_code_retries=0, raise_exc=False
        )
        # An adapter makes each request wait its turn by the wall clock, with no rate to keep as well: where
        # that is set back, for as long as it was set.
        kwargs["rate_semaphore"] = nullcontext()
        kwargs["headers"] = {**(kwargs.get("headers") or {}), REQUEST_ID_SENT: self.request_id}
        self.last = None
        self.last = super().request(*args, **kwargs)
        if self.last.status_code >= 400:
            raise exceptions.from_response(self.last, "", "")
        return self.last


class RealClient:
    """One person's client: a login of its own, then calls with that token."""

    def __init__(self, endpoint: Endpoint, account: Account, deadline_s: float) -> None:
        self._url = endpoint.auth_url
        self._account = account
        self._deadline_s = deadline_s
        self._session = OneAttemptSession(deadline_s)
        self.api: Any = None
        """The keystoneclient API; None before the first successful login."""
        self.token = ""
        """The token in use; a secret."""

    def log_in(self, request_id: str) -> Result[float]:
        """Issue a token and use it from now on; the value is its lifetime in seconds."""
        return self.call(Operation.TOKEN_ISSUE, 201, request_id, self._log_in)

    def call(
        self, op: Operation, status_due: int, request_id: str, work: Callable[[], Value]
    ) -> Result[Value]:
        """Time `work`, which makes one request through `api`, and say how it ended."""
        self._session.request_id = request_id
        timeout = gevent.Timeout(self._deadline_s)
        value: Value | None = None
        failure: BaseException | None = None
        start_ns = now_ns()
        timeout.start()
        try:
            value = work()
        except gevent.Timeout as expired:
            if expired is not timeout:
                raise
            failure = expired
        except (exceptions.ClientException, requests.RequestException, BadAnswerError, OSError) as error:
            failure = error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            # python-keystoneclient trips over an answer that is JSON of another shape.
            failure = BadAnswerError(f"the client could not use the answer: {type(error).__name__}: {error}")
        finally:
            timeout.close()
            end_ns = now_ns()
        if failure is not None:
            _raise_own_limits(failure)
        return self._result(op, status_due, request_id, (start_ns, end_ns), value, failure)

    def close(self) -> None:
        """Close the connections."""
        self._session.session.close()

    def _log_in(self) -> float:
        account = self._account
        auth = v3.Password(
            auth_url=self._url,
            username=account.username,
            password=account.password,
            user_domain_name=account.user_domain,
            project_name=account.project,
            project_domain_name=account.project_domain,
            reauthenticate=False,
        )
        access = auth.get_access(self._session)
        if access.user_id != account.user_id or access.project_id != account.project_id:
            raise BadAnswerError("the token is about another user or project")
        # A fixed token rather than the password: a session that has the password may log in unasked.
        fixed = token_endpoint.Token(self._url, access.auth_token)
        if not access.auth_token or access.expires is None or access.issued is None:
            raise BadAnswerError("the answer has no token, or no time of issue or expiry")
        self.token = access.auth_token
        self.api = keystone.Client(session=self._session, auth=fixed, endpoint_override=self._url)
        return float((access.expires - access.issued).total_seconds())

    def _result(
        self,
        op: Operation,
        status_due: int,
        request_id: str,
        times_ns: tuple[int, int],
        value: Value | None,
        failure: BaseException | None,
    ) -> Result[Value]:
        answer = self._session.last
        status = answer.status_code if answer is not None else 0
        error, detail = (None, None) if failure is None else classify(failure)
        if error in (None, Error.BAD_BODY) and status not in (0, status_due):
            error, detail = Error.UNEXPECTED_STATUS, f"{status} instead of {status_due}"
        headers = answer.headers if answer is not None else {}
        if detail is not None and error in (Error.HTTP_5XX, Error.HTTP_4XX) and not headers.get(NODE_HEADER):
            detail = from_balancer(detail, headers.get(BALANCER_SERVER_HEADER))
        return Result(
            start_ns=times_ns[0],
            end_ns=times_ns[1],
            status=status,
            outcome=Outcome.OK if error is None else _outcome(op, error, status),
            error=error,
            detail=detail and detail[:DETAIL_CHARS_MAX],
            node=headers.get(NODE_HEADER) or None,
            release=headers.get(RELEASE_HEADER) or None,
            request_id=request_id,
            value=value if error is None else None,
        )


def _outcome(op: Operation, error: Error, status: int) -> Outcome:
    """As `result.judge_exchange` decides it: a write that was sent and not settled is unknown."""
    settled = error == Error.REFUSED or (
        error in (Error.HTTP_4XX, Error.HTTP_5XX, Error.UNEXPECTED_STATUS) and status_settles(status)
    )
    return Outcome.FAILED if settled or op not in WRITES else Outcome.UNKNOWN


def classify(failure: BaseException) -> tuple[Error, str]:
    """Class and words of what keystoneauth1 raised; it wraps the cause, so the chain is searched."""
    if isinstance(failure, gevent.Timeout):
        return Error.TIMEOUT, f"no whole answer in {failure.seconds:g} s"
    if isinstance(failure, exceptions.HttpError):
        error = Error.HTTP_5XX if failure.http_status >= 500 else Error.HTTP_4XX
        return error, f"{failure.http_status} {failure.message or ''}".strip()
    if isinstance(failure, BadAnswerError):
        return Error.BAD_BODY, str(failure)
    chain = list(_chain(failure))
    for kind, error in _CAUSES:
        cause = next((found for found in chain if isinstance(found, kind)), None)
        if cause is not None:
            return error, f"{type(cause).__name__}: {cause}"
    return Error.OTHER, f"{type(failure).__name__}: {failure}"


_CAUSES: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], Error], ...] = (
    (urllib3.exceptions.NewConnectionError, Error.REFUSED),
    (urllib3.exceptions.IncompleteRead, Error.TRUNCATED),
    # http.client's RemoteDisconnected is a ConnectionResetError too, so it is looked for by name first.
    (http.client.RemoteDisconnected, Error.CLOSED),
    ((ConnectionResetError, BrokenPipeError), Error.RESET),
    (ConnectionRefusedError, Error.REFUSED),
    ((TimeoutError, requests.Timeout, exceptions.ConnectTimeout), Error.TIMEOUT),
    ((requests.exceptions.JSONDecodeError, exceptions.InvalidResponse), Error.BAD_BODY),
)


def _raise_own_limits(failure: BaseException) -> None:
    """Tell our own lack of descriptors, ports or memory from a failure of Keystone.

    Raises:
        GeneratorFaultError: it was that.
    """
    for error in _chain(failure):
        if isinstance(error, OSError) and error.errno in OWN_LIMITS:
            raise GeneratorFaultError(f"no connection could be opened here: {error.strerror}") from failure


def _chain(failure: BaseException) -> Any:
    """The failure and everything that caused it, arguments of urllib3's wrappers included."""
    seen: set[int] = set()
    waiting = [failure]
    while waiting:
        error = waiting.pop(0)
        if id(error) in seen:
            continue
        seen.add(id(error))
        yield error
        below = [error.__cause__, error.__context__, getattr(error, "reason", None), *error.args]
        waiting += [cause for cause in below if isinstance(cause, BaseException)]
