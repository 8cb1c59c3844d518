"""The live page, asked as a browser does."""

from __future__ import annotations

from contextlib import closing
from http.client import HTTPConnection

from harness.report.live.process import Address

ANSWERS_S_MAX = 120.0
"""The server that a run starts has the lowest priority, and a busy machine lets it wait."""


def get(
    address: Address, path: str, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of the answer."""
    with closing(HTTPConnection("127.0.0.1", address.port, timeout=ANSWERS_S_MAX)) as connection:
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
