"""Each request of the API as it goes on the wire."""

from __future__ import annotations

import json

import pytest

from harness.keystone import api
from harness.keystone.credentials import Credentials

ADMIN = Credentials("admin", "pass-word", "Default", "service", "Other")
BY_TOKEN = (("X-Auth-Token", "t"),)


def test_a_login_names_user_domain_and_project() -> None:
    request = api.log_in(ADMIN)
    assert (request.method, request.path, request.headers) == ("POST", "/v3/auth/tokens", ())
    assert json.loads(request.body or b"") == {
        "auth": {
            "identity": {
                "methods": ["password"],
                "password": {
                    "user": {"name": "admin", "password": "pass-word", "domain": {"name": "Default"}}
                },
            },
            "scope": {"project": {"name": "service", "domain": {"name": "Other"}}},
        }
    }


@pytest.mark.parametrize(
    ("request_", "scope"),
    [
        (api.log_in_by_id("u", "p"), None),
        (api.log_in_by_id("u", "p", project_id="x"), {"project": {"id": "x"}}),
        (api.log_in_by_id("u", "p", trust_id="x"), {"OS-TRUST:trust": {"id": "x"}}),
    ],
)
def test_a_login_by_id_has_the_scope_that_is_asked_for(
    request_: api.Request, scope: dict[str, object] | None
) -> None:
    auth = json.loads(request_.body or b"")["auth"]
    assert auth["identity"]["password"]["user"] == {"id": "u", "password": "p"}
    assert auth.get("scope") == scope


@pytest.mark.parametrize(
    ("request_", "line"),
    [
        (api.read_user("t", "u"), "GET /v3/users/u"),
        (api.find_users("t", "a b&c"), "GET /v3/users?name=a%20b%26c"),
        (api.list_users("t", "default"), "GET /v3/users?domain_id=default&limit=1000"),
        (api.delete_user("t", "u"), "DELETE /v3/users/u"),
        (api.list_projects("t", "default"), "GET /v3/projects?domain_id=default"),
        (api.list_projects_of("t", "default"), "GET /v3/projects?domain_id=default&limit=1000"),
        (api.find_credentials("t", "u", "ec2"), "GET /v3/credentials?user_id=u&type=ec2"),
        (api.add_to_group("t", "g", "u"), "PUT /v3/groups/g/users/u"),
        (api.imply_role("t", "r", "s"), "PUT /v3/roles/r/implies/s"),
        (api.grant_role_to_group("t", "p", "g", "r"), "PUT /v3/projects/p/groups/g/roles/r"),
        (api.read_project("t", "p"), "GET /v3/projects/p"),
        (api.delete_project("t", "p"), "DELETE /v3/projects/p"),
        (api.grant_role("t", "p", "u", "r"), "PUT /v3/projects/p/users/u/roles/r"),
        (api.revoke_role("t", "p", "u", "r"), "DELETE /v3/projects/p/users/u/roles/r"),
        (api.list_role_assignments("t"), "GET /v3/role_assignments"),
        (api.read_catalog("t"), "GET /v3/auth/catalog"),
    ],
)
def test_a_request_without_a_body_is_its_path_and_a_token(request_: api.Request, line: str) -> None:
    assert f"{request_.method} {request_.path}" == line
    assert (request_.headers, request_.body) == (BY_TOKEN, None)


@pytest.mark.parametrize(
    ("request_", "line", "body"),
    [
        (api.create_user("t", {"name": "n"}), "POST /v3/users", {"user": {"name": "n"}}),
        (api.update_user("t", "u", {"enabled": False}), "PATCH /v3/users/u", {"user": {"enabled": False}}),
        (
            api.change_password("t", "u", "old", "new"),
            "POST /v3/users/u/password",
            {"user": {"password": "new", "original_password": "old"}},
        ),
        (api.create_project("t", {"name": "n"}), "POST /v3/projects", {"project": {"name": "n"}}),
        (api.create_role("t", "r"), "POST /v3/roles", {"role": {"name": "r"}}),
        (
            api.create_application_credential("t", "u", "n"),
            "POST /v3/users/u/application_credentials",
            {"application_credential": {"name": "n"}},
        ),
        (
            api.create_trust("t", api.Trust("a", "b", "p", "r")),
            "POST /v3/OS-TRUST/trusts",
            {
                "trust": {
                    "trustor_user_id": "a",
                    "trustee_user_id": "b",
                    "impersonation": False,
                    "project_id": "p",
                    "roles": [{"name": "r"}],
                }
            },
        ),
    ],
)
def test_a_write_has_its_body_and_a_token(request_: api.Request, line: str, body: object) -> None:
    assert f"{request_.method} {request_.path}" == line
    assert request_.headers == BY_TOKEN
    assert json.loads(request_.body or b"") == body


@pytest.mark.parametrize(("method", "make"), [("GET", api.validate_token), ("DELETE", api.revoke_token)])
def test_a_request_about_a_token_names_both(method: str, make: object) -> None:
    assert callable(make)
    request = make("t", "about")
    assert (request.method, request.path) == (method, "/v3/auth/tokens")
    assert request.headers == (("X-Auth-Token", "t"), ("X-Subject-Token", "about"))


def test_a_request_shows_no_secret_where_it_is_printed() -> None:
    assert "pass-word" not in repr(api.log_in(ADMIN))
    assert "secret-token" not in repr(api.read_user("secret-token", "u"))
