"""Where a Keystone is reached: a base URL, taken apart once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A base URL of a balancer or a node, without `/v3`."""

    scheme: str
    """`http` or `https`."""
    host: str
    port: int
    path: str = ""
    """What stands before every path of the API, `/identity` for example; without a slash at its end."""

    @classmethod
    def parse(cls, url: str) -> Self:
        """The endpoint that a URL names.

        Raises:
            ValueError: it is no http or https URL with a host.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError("must be http://<host>:<port> or https://<host>:<port>")
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], parts.path.rstrip("/"))

    @classmethod
    def loopback(cls, url: str) -> Self:
        """The endpoint that a URL names, if load may be sent there.

        The one place that says where load goes: to this machine alone, by an IP literal, so that no resolving
        of a name hides a second attempt, and without TLS, which the load's own client does not speak.

        Raises:
            ValueError: it is elsewhere.
        """
        try:
            endpoint = cls.parse(url)
            is_allowed = endpoint.scheme == "http" and endpoint.host == LOOPBACK and bool(urlsplit(url).port)
        except ValueError:
            is_allowed = False
        if not is_allowed:
            raise ValueError(f"must be http://{LOOPBACK}:<port>: load is sent to this machine alone")
        return endpoint

    @property
    def url(self) -> str:
        """The base URL again, without a slash at its end."""
        return f"{self.scheme}://{self.authority}{self.path}"

    @property
    def authority(self) -> str:
        """Host and port as a URL and the header Host have them."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"

    @property
    def address(self) -> tuple[str, int]:
        """Host and port as a socket takes them."""
        return self.host, self.port

    @property
    def auth_url(self) -> str:
        """What clients call `auth_url`: version 3 of the API."""
        return f"{self.url}/v3"
