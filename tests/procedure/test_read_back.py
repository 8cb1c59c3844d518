"""The read-back against a little identity service: what it sees, and what it is kept from seeing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.evidence.ledger import (
    BALANCER,
    Change,
    EntityRead,
    Ledger,
    ReadBack,
    Stage,
    WriteLog,
    derived_password,
    read_ledger,
)
from harness.evidence.names import Operation, Outcome
from harness.keystone import api
from harness.keystone.credentials import Credentials
from harness.procedure import read_back as module
from harness.procedure.read_back import Access
from harness.procedure.read_back import ReadBack as Reader
from tests.keystone_double import FakeKeystone, Reply, answer, cut
from tests.procedure.doubles import FakeDeployment, deployment

SECRET = "of-this-run"
ADMIN = Credentials("admin", "secret-of-admin", "Default", "p", "Default")


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READS_PER_S", 1000.0)
    monkeypatch.setattr(module, "_RETRY_S", 0.01)


class Life:
    """A user, its project and its grant, as the server has them and as the ledger tells it."""

    def __init__(self, server: FakeKeystone, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.log = WriteLog(folder / "ledger" / "load.jsonl")
        server._users["u1"] = "alice"
        server.attributes["u1"] = {"description": "as made", "password": derived_password(SECRET, "alice", 2)}
        server.projects["p1"] = {"id": "p1", "name": "alice-project", "description": "d", "enabled": True}
        server.grants.add("u1/p1/r1")
        self.wrote(
            Change(Operation.USER_CREATE, "alice", None, {"description": "as made", "password": 1}), "u1"
        )
        self.wrote(Change(Operation.PASSWORD_CHANGE, "alice", "u1", {"password": 2}))
        self.wrote(Change(Operation.PROJECT_CREATE, "alice-project", None, {"description": "d"}), "p1")
        self.wrote(Change(Operation.ROLE_GRANT, "alice/alice-project/member", "u1/p1/r1"))

    def wrote(self, change: Change, made_id: str | None = None, outcome: Outcome = Outcome.OK) -> None:
        seq = self.log.invoked("lane", change, f"req-{change.op}-{change.name}")
        self.log.completed(seq, outcome, error=None, made_id=made_id, node="node1", release="27.1.0")

    def lab(self) -> FakeDeployment:
        lab = deployment()
        lab.url, lab.admin = self.server.url, ADMIN
        lab.nodes = lab.nodes[:2]
        for node in lab.nodes:
            node.url = self.server.url
        return lab

    def read(self, stage: Stage = Stage.CONTRACT) -> ReadBack:
        access = Access(self.lab(), SECRET)
        reader = Reader(
            self.folder / "ledger", self.folder / "ledger.jsonl", access, logins_sample=5, deadline_s=10.0
        )
        reader(stage)
        return self.ledger.read_backs[-1]

    @property
    def ledger(self) -> Ledger:
        return read_ledger(self.folder / "ledger", self.folder / "ledger.jsonl")


@pytest.fixture
def life(server: FakeKeystone, tmp_path: Path) -> Life:
    return Life(server, tmp_path)


def entity(read: ReadBack, name: str) -> EntityRead:
    return next(each for each in read.entities if each.name == name)


def test_everything_is_seen_by_list_and_by_id_and_by_login(life: Life) -> None:
    read = life.read()
    assert (read.views, read.errors) == ((BALANCER, "node1", "node2"), ())
    assert read.end_ns is not None
    user = entity(read, "alice")
    for view in read.views:
        listed = user.found[view].listed
        assert listed is not None
        assert [(seen.id, seen.attributes["description"]) for seen in listed] == [("u1", "as made")]
        assert entity(read, "alice/alice-project/member").found[view].listed != ()
    by_id = user.found[BALANCER].by_id
    assert by_id is not None
    assert (by_id.status, by_id.node) == (200, "node1")
    assert [(login.version, login.status) for login in user.found[BALANCER].logins] == [(2, 201), (1, 401)]
    assert [(login.version, login.status) for login in user.found["node2"].logins] == [(2, 201)]
    assert read.requests == life.server.count()


def test_what_is_gone_is_seen_to_be_gone(life: Life) -> None:
    del life.server._users["u1"]
    life.server.grants.clear()
    read = life.read()
    found = entity(read, "alice").found[BALANCER]
    assert found.listed == ()
    assert found.by_id is not None
    assert found.by_id.status == 404
    assert entity(read, "alice/alice-project/member").found["node1"].listed == ()


def test_an_unknown_creation_is_looked_for_by_its_name(life: Life) -> None:
    life.wrote(Change(Operation.USER_CREATE, "carol", None, {"enabled": True}), None, Outcome.UNKNOWN)
    life.server._users["u9"] = "carol"
    found = entity(life.read(), "carol").found["node2"]
    assert found.listed is not None
    assert [seen.id for seen in found.listed] == ["u9"]


def test_a_name_that_stands_twice_is_seen_twice(life: Life) -> None:
    life.server._users["u2"] = "alice"
    listed = entity(life.read(), "alice").found["node1"].listed
    assert listed is not None
    assert [seen.id for seen in listed] == ["u1", "u2"]


def test_a_list_that_is_not_to_be_had_is_told_as_such(life: Life) -> None:
    life.server.behave("GET /v3/users?", answer(Reply(503)))
    read = life.read()
    assert {found.listed for found in entity(read, "alice").found.values()} == {None}
    assert read.errors[0] == "balancer: GET /v3/users: status 503"
    assert entity(read, "alice-project").found["node1"].listed != ()


def test_a_view_that_nobody_can_log_in_to_shows_nothing(life: Life) -> None:
    life.server.behave("POST /v3/auth/tokens", cut)
    read = life.read()
    assert {found.listed for each in read.entities for found in each.found.values()} == {None}
    assert {login.status for login in entity(read, "alice").found[BALANCER].logins} == {0}
    assert read.errors[0] == "balancer: POST /v3/auth/tokens: RemoteDisconnected (3 times)"


def test_a_read_that_fails_once_is_asked_again(life: Life) -> None:
    life.server.behave("GET /v3/users/u1", answer(Reply(502)), times=1)
    by_id = entity(life.read(), "alice").found[BALANCER].by_id
    assert by_id is not None
    assert by_id.status == 200


def test_a_list_in_pages_is_read_to_its_end(life: Life) -> None:
    more = "http://public.example:5000/v3/users?domain_id=default&marker=u0"
    first = Reply(200, {"users": [{"id": "u0", "name": "other"}], "links": {"next": more}})
    life.server.behave("GET /v3/users?domain_id=default", answer(first), times=1)
    listed = entity(life.read(), "alice").found[BALANCER].listed
    assert listed is not None
    assert [seen.id for seen in listed] == ["u1"]


def test_a_list_that_keystone_cuts_is_asked_for_in_pages(life: Life) -> None:
    """From 27.0.0 on it ends after 1,000 members without a word: users behind them were called lost."""
    life.server.db_limit = 2
    life.server._users |= {f"a{number}": f"other-{number}" for number in range(5)}
    read = life.read()
    for view in read.views:
        listed = entity(read, "alice").found[view].listed
        assert listed is not None
        assert [seen.id for seen in listed] == ["u1"]
    assert read.errors == ()


def test_a_release_without_pages_gives_the_whole_list(life: Life) -> None:
    life.server._users |= {f"a{number}": f"other-{number}" for number in range(api.PAGE_MEMBERS + 1)}
    listed = entity(life.read(), "alice").found[BALANCER].listed
    assert listed is not None
    assert [seen.id for seen in listed] == ["u1"]


def test_a_list_that_is_begun_again_where_a_page_ended_is_whole(life: Life) -> None:
    """Whoever ended a page was deleted before the next was asked for."""
    life.server.db_limit = 2
    life.server._users |= {f"a{number}": f"other-{number}" for number in range(5)}
    life.server.behave("GET /v3/users?domain_id=default&limit=2&marker", answer(Reply(404)), times=1)
    listed = entity(life.read(), "alice").found[BALANCER].listed
    assert listed is not None
    assert [seen.id for seen in listed] == ["u1"]


@pytest.mark.parametrize(
    ("members", "says"),
    [(3, {"truncated": True}), (api.PAGE_MEMBERS, {})],
    ids=["it says so", "by its length"],
)
def test_a_list_that_was_cut_shows_nobody_to_be_gone(life: Life, members: int, says: dict[str, bool]) -> None:
    others = [{"id": f"a{number}", "name": f"other-{number}"} for number in range(members)]
    life.server.behave("GET /v3/users?", answer(Reply(200, {"users": others, "links": {}, **says})))
    read = life.read()
    assert {found.listed for found in entity(read, "alice").found.values()} == {None}
    assert read.errors[0] == f"balancer: the list of users was cut after {members} members"


def test_a_read_back_without_time_reads_nothing_and_says_so(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "DEADLINE_S", 0.0)
    read = life.read()
    assert {found.listed for each in read.entities for found in each.found.values()} == {None}
    assert read.errors[1:] == (
        "node1: no time was left after 0 s (2 times)",
        "node2: no time was left after 0 s (2 times)",
    )
    assert read.requests == life.server.count() == 0


def test_no_password_stands_in_the_ledger(life: Life, tmp_path: Path) -> None:
    life.read()
    text = "".join(path.read_text() for path in tmp_path.rglob("*.jsonl"))
    assert '"password":2' in text
    for version in (1, 2):
        assert derived_password(SECRET, "alice", version) not in text
    assert SECRET not in text
    assert ADMIN.password not in text


def test_what_is_written_to_while_it_is_read_is_marked_as_changing(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A deletion between the cut-off and the last read would otherwise be a lost write."""
    listing = module._View.lists

    def deleted_meanwhile(view: module._View) -> module._Lists:
        if view._name == BALANCER:
            life.wrote(Change(Operation.USER_DELETE, "alice", "u1"))
        return listing(view)

    monkeypatch.setattr(module._View, "lists", deleted_meanwhile)
    assert entity(life.read(), "alice").changing
    assert not entity(life.read(), "alice-project").changing


def test_each_stage_is_kept(life: Life) -> None:
    life.read(Stage.ROLL)
    life.read(Stage.CONTRACT)
    assert [each.stage for each in life.ledger.read_backs] == [Stage.ROLL, Stage.CONTRACT]
    assert life.ledger.damaged == 0


def test_requests_go_out_at_the_stated_pace(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    """The pace hands out instants; that none comes early is a matter of arithmetic, not of this machine."""
    slept: list[float] = []
    monkeypatch.setattr("harness.procedure.read_back.time.monotonic", lambda: 100.0)
    monkeypatch.setattr("harness.procedure.read_back.time.sleep", slept.append)
    pace = module._Pace(20.0, 0.19)
    assert [pace.wait() for _ in range(5)] == [True, True, True, True, False]
    assert slept == pytest.approx([0.0, 0.05, 0.1, 0.15])
