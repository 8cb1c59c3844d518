from __future__ import annotations

import pytest

from harness.redact import LINE_CHARS_MAX, redacted

FERNET = "gAAAAABnQ0F9-" + "Ab9_" * 44
BCRYPT = "$2b$12$EixZaYVK1fsbw1ZfbX3OXePaWxn96p36WQoeG6Lruj3vjPGga31lW"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (f"X-Subject-Token: {FERNET}", "X-Subject-Token: [hidden]"),
        (f"could not validate {FERNET} of req", "could not validate [hidden] of req"),
        ("password=short and more", "password=[hidden] and more"),
        ('{"password": "two words", "name": "x"}', '{"password": [hidden], "name": "x"}'),
        ("mysql+pymysql://keystone:s3cret@127.0.0.1/keystone", "mysql+pymysql://[hidden]@127.0.0.1/keystone"),
        ("Authorization: Bearer abc rest", "Authorization: [hidden] rest"),
        (f"hash is {BCRYPT} there", "hash is [hidden] there"),
        ("GET /v2.0/tokens/9f86d081884c7d659a2feaa0c55ad015 x", "GET /v2.0/tokens/[hidden] x"),
        ("uuid token 9f86d081884c7d659a2feaa0c55ad015", "uuid token [hidden]"),
        ("(1054, 'x') [parameters: {'hash': 'abc'}] y", "(1054, 'x') parameters: [hidden]"),
        ("made with J7xk_Qp0vS-mT3bWc9LrYd2hNfA5ZeUg", "made with [hidden]"),
    ],
)
def test_what_may_be_a_secret_is_hidden_and_the_rest_stays(line: str, shown: str) -> None:
    assert redacted(line) == shown


@pytest.mark.parametrize(
    "line",
    [
        "2026-11-22 14:34:46.551 13772 WARNING keystone.common.password_hashing "
        "[req-6f78082d-3579-4418-be64-2b555675c09c] Truncating password to algorithm specific maximum length",
        "t=22/Nov/2026:14:01:57.920 client=127.0.0.1:44040 server=node-1 status=502 ts=SH-- retries=0 "
        "req/queue/connect/response/all_ms=0/0/0/-1/906 bytes=232 "
        "id=req-02c6e08d-c199-4263-9610-74a3d8a1e67e POST /v3/auth/tokens",
        "GET /v3/users/4f87ee4f020d4cf48ad831fe3d9cbb3a status=200 took_ms=17",
        "Invalid application credential: Could not find role assignment with role: r, user or group: u.",
        "CRITICAL keystone Unhandled error: sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) "
        "(4151, 'Access denied, this account is locked')",
    ],
)
def test_what_logs_usually_say_is_shown_as_it_is(line: str) -> None:
    assert redacted(line) == line


def test_a_line_of_megabytes_is_cut_and_a_secret_at_the_cut_is_not_half_shown() -> None:
    line = "x " * (LINE_CHARS_MAX // 2 - 10) + FERNET + " y" * 2_000_000

    shown = redacted(line)

    assert len(shown) <= LINE_CHARS_MAX
    assert FERNET[:8] not in shown
    assert FERNET[:19] not in redacted("x " * (4 * LINE_CHARS_MAX - 8) + FERNET)
