"""The closed sets of names that stand in a run directory: phases, steps, edges, outcomes, verdicts."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from harness.errors import ExitCode


class Phase(StrEnum):
    """A part of the procedure, in the order in which a run goes through them."""

    SETUP = "setup"  # the deployment comes up and the users of the load are made; no probes yet
    BASELINE = "baseline"
    PREFLIGHT = "preflight"
    FLUSH = "flush"
    TRUST = "trust"
    EXPAND = "expand"
    MIGRATE = "migrate"
    ROLL = "roll"
    CONTRACT = "contract"
    RESTORE = "restore"
    COOLDOWN = "cooldown"
    TEARDOWN = "teardown"  # probes have ended; servers stop


PROBED_PHASES: tuple[Phase, ...] = tuple(
    phase for phase in Phase if phase not in (Phase.SETUP, Phase.TEARDOWN)
)
"""Phases during which the probes run and must have left evidence, in order."""


DATABASE_PHASES = frozenset({Phase.FLUSH, Phase.TRUST, Phase.EXPAND, Phase.MIGRATE, Phase.CONTRACT})
"""Phases that change the database, where what waits for a lock in it is evidence."""


class Step(StrEnum):
    """One action in a phase, perhaps on one node."""

    # setup and teardown
    CLEAR_LEFTOVERS = "clear_leftovers"
    DEPLOYMENT_UP = "deployment_up"
    SEED = "seed"
    SEED_OLD_DATA = "seed_old_data"  # what there was before the run, in kinds
    LOAD_UP = "load_up"
    LOAD_DOWN = "load_down"
    DEPLOYMENT_DOWN = "deployment_down"
    # baseline and cooldown
    OBSERVE = "observe"
    JUDGE_BASELINE = "judge_baseline"
    # preflight
    BACKUP = "backup"
    VERSIONS = "versions"
    DOCTOR = "doctor"
    UPGRADE_CHECK = "upgrade_check"
    # flush
    TOKEN_FLUSH = "token_flush"  # noqa: S105 - the name of a keystone-manage command
    # trust and restore
    SET_TRUST = "set_trust"
    RESTORE_TRUST = "restore_trust"
    # expand, migrate, contract
    DB_SYNC = "db_sync"
    PROVE_SCHEMA = "prove_schema"
    DB_CHECK = "db_check"
    PROVE_NODES = "prove_nodes"
    # roll, once per node
    DRAIN = "drain"
    WAIT_DRAINED = "wait_drained"
    MAINT = "maint"
    STOP = "stop"
    SWITCH = "switch"
    START = "start"
    PROVE = "prove"
    READY = "ready"
    WAIT_UP = "wait_up"
    SETTLE = "settle"
    # checks of what the upgrade did to data and tokens
    MAKE_COHORT = "make_cohort"  # baseline: users and tokens that every later phase checks again
    CHECK_COHORT = "check_cohort"
    CHECK_OLD_DATA = "check_old_data"
    CHECK_CONTINUITY = "check_continuity"  # roll, with both releases serving; and after
    READ_BACK = "read_back"  # every acknowledged write, after the roll and after contract
    # a control's doing
    INJECT = "inject"


class Ability(StrEnum):
    """What not every deployment can do or tell; a run names what its own could."""

    FAULTS = "faults"  # harm on purpose
    BACKUP = "backup"  # a dump of the database
    TRUST = "trust"  # reading and setting log_bin_trust_function_creators
    DRAIN = "drain"  # taking a node out of the balancer, and back
    REFERENCE = "reference"  # a known-good target beside the balancer
    DATABASE_ACTIVITY = "database_activity"  # what waits in the database
    BALANCER_COUNTERS = "balancer_counters"  # what the balancer counts, and whom it sees up
    OLD_ROWS = "old_rows"  # rows written behind the API, as earlier releases left them


STEP_NEEDS: Mapping[Step, Ability] = {
    Step.BACKUP: Ability.BACKUP,
    Step.SET_TRUST: Ability.TRUST,
    Step.RESTORE_TRUST: Ability.TRUST,
    Step.DRAIN: Ability.DRAIN,
    Step.WAIT_DRAINED: Ability.DRAIN,
    Step.MAINT: Ability.DRAIN,
    Step.READY: Ability.DRAIN,
    Step.WAIT_UP: Ability.BALANCER_COUNTERS,
}
"""Steps that not every deployment can take, and what they need of it: the plan leaves them out without it,
and the judge lets that pass."""


class Edge(StrEnum):
    """What a journal line says of its phase or step."""

    BEGIN = "begin"
    END = "end"
    SKIP = "skip"
    FAIL = "fail"
    NOTE = "note"


class Outcome(StrEnum):
    """How a request ended."""

    OK = "ok"
    FAILED = "failed"  # certainly not done, or refused
    UNKNOWN = "unknown"  # a write that was cut or timed out: it may have happened
    UNSENT = "unsent"  # was due, never left the generator


class Connection(StrEnum):
    """The kind of connection a lane uses."""

    NEW = "new"
    REUSED = "reused"


class Error(StrEnum):
    """Class of a request's failure."""

    REFUSED = "refused"  # no connection could be made
    RESET = "reset"  # RST while the request was under way
    CLOSED = "closed"  # the peer closed before a complete status line and headers
    TRUNCATED = "truncated"  # headers came, the body did not come whole
    TIMEOUT = "timeout"  # over the total deadline
    HTTP_5XX = "http_5xx"
    HTTP_4XX = "http_4xx"
    UNEXPECTED_STATUS = "unexpected_status"  # any other status than the expected one
    BAD_BODY = "bad_body"  # not JSON, or about another user, project or token
    NO_TOKEN = "no_token"  # noqa: S105 - not attempted: the login it needs had failed, which counts itself
    POOL_FULL = "pool_full"  # unsent: every greenlet of the generator was busy
    LATE_STOP = "late_stop"  # unsent: due, but the generator was told to stop first
    OTHER = "other"


class Operation(StrEnum):
    """Identity operations that lanes drive."""

    TOKEN_ISSUE = "token_issue"  # noqa: S105 - POST /v3/auth/tokens, password method, project scope
    TOKEN_VALIDATE = "token_validate"  # noqa: S105 - GET /v3/auth/tokens
    USER_CREATE = "user_create"  # POST /v3/users
    USER_GET = "user_get"  # GET /v3/users/{id}
    USER_DELETE = "user_delete"  # DELETE /v3/users/{id}
    PROJECT_LIST = "project_list"  # GET /v3/projects?domain_id=, policy-checked
    USER_UPDATE = "user_update"  # PATCH /v3/users/{id}
    PASSWORD_CHANGE = "password_change"  # noqa: S105 - POST /v3/users/{id}/password, by the user itself
    PROJECT_CREATE = "project_create"  # POST /v3/projects
    PROJECT_DELETE = "project_delete"  # DELETE /v3/projects/{id}
    ROLE_GRANT = "role_grant"  # PUT /v3/projects/{project}/users/{user}/roles/{role}
    ROLE_REVOKE = "role_revoke"  # DELETE of the same
    APPLICATION_CREDENTIAL_CREATE = (
        "application_credential_create"  # POST /v3/users/{id}/application_credentials
    )
    PING = "ping"  # GET / of the known-good target beside the balancer; Keystone is never asked it


LEDGER_OPERATIONS = frozenset(
    {
        Operation.USER_CREATE,
        Operation.USER_UPDATE,
        Operation.USER_DELETE,
        Operation.PASSWORD_CHANGE,
        Operation.PROJECT_CREATE,
        Operation.PROJECT_DELETE,
        Operation.ROLE_GRANT,
        Operation.ROLE_REVOKE,
    }
)
"""Writes that stand in the ledger, because they can be read back afterwards."""

WRITES = LEDGER_OPERATIONS | {Operation.TOKEN_ISSUE, Operation.APPLICATION_CREDENTIAL_CREATE}
"""Operations whose cut request is `unknown`, not `failed`: the server may have carried them out."""

PROBE_OPERATIONS = frozenset(
    {
        Operation.TOKEN_ISSUE,
        Operation.TOKEN_VALIDATE,
        Operation.USER_CREATE,
        Operation.USER_GET,
        Operation.USER_DELETE,
        Operation.PROJECT_LIST,
        Operation.APPLICATION_CREDENTIAL_CREATE,
    }
)
"""Operations that stand by themselves, so that a schedule can demand them; the others are steps of a life."""


REFERENCE_BODY = b'{"reference": "good"}'
"""What the known-good target answers."""


class Role(StrEnum):
    """Why a lane exists; decides what may be concluded from it."""

    PROBE = "probe"  # open model: counts, percentiles and gaps are evidence
    LOAD = "load"  # closed model: failures count, percentiles only illustrate
    CLIENT = "client"  # closed model through keystoneauth1: what a real client sees
    REFERENCE = "reference"  # open model against the known-good target beside the balancer


RENEWALS = "renew-"
"""How the names of the lanes begin that renew tokens kept for others; they are no load."""


class RunOutcome(StrEnum):
    """How the run's harness ended; `crashed` is what an open manifest means once its harness is dead."""

    COMPLETED = "completed"
    ABORTED = "aborted"
    CRASHED = "crashed"


class Verdict(StrEnum):
    """Answer to a question; no evidence is not good evidence, so the middle one exists."""

    PASS = "PASS"  # noqa: S105 - the verdict
    INCONCLUSIVE = "INCONCLUSIVE"
    FAIL = "FAIL"

    @property
    def exit_code(self) -> ExitCode:
        """Exit status of a process that ends with this verdict."""
        return ExitCode[self.name]


MEANT_FOR = " from balancer, server "
"""In the detail of a request that the balancer answered itself: what stands before the node it was for."""
