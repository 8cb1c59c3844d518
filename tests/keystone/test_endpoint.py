"""A base URL is taken apart once, and one place says where load may be sent."""

from __future__ import annotations

import pytest

from harness.keystone.endpoint import Endpoint


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://127.0.0.1:5000", Endpoint("http", "127.0.0.1", 5000)),
        ("http://127.0.0.1:5000/", Endpoint("http", "127.0.0.1", 5000)),
        ("https://cloud.example/identity/", Endpoint("https", "cloud.example", 443, "/identity")),
        ("http://[::1]:35357/identity", Endpoint("http", "::1", 35357, "/identity")),
    ],
)
def test_a_url_is_taken_apart_and_put_together_again(url: str, endpoint: Endpoint) -> None:
    assert Endpoint.parse(url) == endpoint
    assert Endpoint.parse(endpoint.url) == endpoint
    assert endpoint.auth_url == f"{endpoint.url}/v3"


@pytest.mark.parametrize(
    "url", ["", "127.0.0.1:5000", "ftp://127.0.0.1:21", "http://", "http://127.0.0.1:port"]
)
def test_what_is_no_url_of_a_keystone_is_refused(url: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - the sentence of the last one is the standard library's
        Endpoint.parse(url)


def test_load_may_go_to_this_machine() -> None:
    assert Endpoint.loopback("http://127.0.0.1:5000/").address == ("127.0.0.1", 5000)


@pytest.mark.parametrize(
    "url",
    [
        "http://cloud.example:5000",
        "http://localhost:5000",  # a name: to resolve it may hide a second attempt
        "https://127.0.0.1:5000",
        "http://127.0.0.1",
        "http://127.0.0.1:port",
        "127.0.0.1:5000",
    ],
)
def test_load_goes_nowhere_else(url: str) -> None:
    with pytest.raises(
        ValueError, match=r"must be http://127\.0\.0\.1:<port>: load is sent to this machine alone"
    ):
        Endpoint.loopback(url)
