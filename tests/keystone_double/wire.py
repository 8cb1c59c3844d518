"""A request as it arrived, and an answer as it goes out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

RELEASE = "27.1.0"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    connection: int
    """Number of the connection it came over, from 0."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An honest answer."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)

    def wire(self) -> bytes:
        body = b"" if self.body is None else json.dumps(self.body).encode()
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Keystone-Node": "node1",
            "X-Keystone-Release": RELEASE,
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items() if value)
        return f"HTTP/1.1 {self.status} Said So\r\n{lines}\r\n".encode() + body


def read_request(file: Any, connection: int) -> Seen | None:
    line = file.readline()
    if not line:
        return None
    method, path, _ = line.decode().split()
    headers: dict[str, str] = {}
    while (line := file.readline().strip()) != b"":
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    return Seen(method, path, headers, body, connection)
