"""Each operation that a scenario may ask probes for has its place in the registry, and no other."""

from __future__ import annotations

import re

import orjson
import pytest
from geventhttpclient.header import Headers

from harness.evidence.names import PROBE_OPERATIONS, Operation
from harness.load.client import Answer
from harness.load.operations.application_credentials import ApplicationCredentialCreate
from harness.load.operations.body import BadAnswerError
from harness.load.operations.registry import PROBED


def test_the_registry_and_the_names_of_the_format_know_the_same_operations() -> None:
    assert set(PROBED) == PROBE_OPERATIONS | {Operation.PING}  # the reference target's


@pytest.mark.parametrize(
    ("told", "objection"),
    [
        ({"name": "mine", "project_id": "p", "secret": "s"}, None),
        ({"name": "mine", "project_id": "other", "secret": "s"}, "project_id is 'other' instead of 'p'"),
        ({"name": "mine", "project_id": "p"}, "application_credential.secret is missing"),
    ],
)
def test_an_application_credential_is_the_callers_own_or_none(
    told: dict[str, str], objection: str | None
) -> None:
    call = ApplicationCredentialCreate("token", "user", "p", "mine")
    answer = Answer(201, "Created", Headers(), orjson.dumps({"application_credential": told}))

    if objection is None:
        call.check(answer)
    else:
        with pytest.raises(BadAnswerError, match=re.escape(objection)):
            call.check(answer)
