"""Seeding makes everyone the load needs, each with a password and a role of its own."""

from __future__ import annotations

import pytest

from harness.errors import RefusedError, StepError
from harness.keystone.credentials import Credentials
from harness.load.seed import seed
from harness.scenario import Scenario, parse_scenario
from tests.keystone_double import FakeKeystone, Reply, answer

ADMIN = Credentials("admin", "secret-of-admin", "Default", "p", "Default")


def scenario() -> Scenario:
    return parse_scenario({"name": "story", "load": {"users": 3, "client_users": 1}}, "story")


def test_each_locust_user_gets_an_account_of_its_own(server: FakeKeystone) -> None:
    made = seed(server.url, ADMIN, scenario(), seed=7)
    everyone = [made.operator, *made.probes, *made.users, *made.clients]
    assert [account.username for account in made.users] == ["kuh-7-load-0", "kuh-7-load-1", "kuh-7-load-2"]
    assert len(made.clients) == 1
    assert len({account.password for account in everyone}) == len(everyone)
    assert {server._users[account.user_id] for account in everyone} == {a.username for a in everyone}


def test_only_the_operator_and_the_real_clients_are_admins(server: FakeKeystone) -> None:
    made = seed(server.url, ADMIN, scenario(), seed=7)
    grants = [seen.path.split("/") for seen in server.requests if seen.method == "PUT"]
    admins = {path[5] for path in grants if path[7] == "id-of-role-admin"}
    members = {path[5] for path in grants if path[7] == "id-of-role-member"}
    assert admins == {made.operator.user_id, *(account.user_id for account in made.clients)}
    assert members == {account.user_id for account in (*made.probes, *made.users)}


def test_a_lab_that_was_seeded_before_is_refused_with_the_way_out(server: FakeKeystone) -> None:
    server.behave("POST /v3/projects", answer(Reply(409, {"error": {"message": "Duplicate entry."}})))
    with pytest.raises(StepError, match=r"users of seed 7 exist already; .* --set seed=N \(Duplicate entry"):
        seed(server.url, ADMIN, scenario(), seed=7)


def test_a_keystone_that_refuses_is_told_with_what_it_said_and_no_secret(server: FakeKeystone) -> None:
    said = {"error": {"message": "Could not find role, password=hunter2."}}
    server.behave("POST /v3/users", answer(Reply(400, said)))

    with pytest.raises(RefusedError, match=r"Could not find role, password=\[hidden\]") as caught:
        seed(server.url, ADMIN, scenario(), seed=7)

    assert caught.value.status == 400


def test_a_keystone_that_is_not_there_is_told_by_its_address() -> None:
    server = FakeKeystone()
    server.close()
    with pytest.raises(
        StepError, match=f"^{server.url}: the users of the load could not be made: "
    ) as caught:
        seed(server.url, ADMIN, scenario(), seed=7)
    assert not isinstance(caught.value, RefusedError)


def test_passwords_stand_in_no_description_of_an_account(server: FakeKeystone) -> None:
    made = seed(server.url, ADMIN, scenario(), seed=7)
    assert made.operator.password not in repr(made)
