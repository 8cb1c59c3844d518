"""A program's own error, from the lines of its log."""

from __future__ import annotations

from harness.evidence.program_error import QUOTE_CHARS_MAX, last_error

STAMP = "2026-11-22 11:30:01.750 17"
DUPLICATE = (
    "sqlalchemy.exc.OperationalError: (pymysql.err.OperationalError) (1061, \"Duplicate key name 'ix_t'\")"
)
FAILED_EXPAND = [
    f"{STAMP} INFO alembic.runtime.migration [-] Running upgrade 47147121 -> e8725d6fa226, Add index",
    f"{STAMP} CRITICAL keystone [-] Unhandled error: {DUPLICATE}",
    "[SQL: CREATE INDEX ix_t ON t (id)]",
    "(Background on this error at: https://sqlalche.me/e/20/e3q8)",
    f"{STAMP} ERROR keystone Traceback (most recent call last):",
    f'{STAMP} ERROR keystone   File "/releases/29/lib/python3.11/site-packages/pymysql/err.py", line 1, in x',
    f"{STAMP} ERROR keystone pymysql.err.OperationalError: (1061, \"Duplicate key name 'ix_t'\")",
    f"{STAMP} ERROR keystone ",
    f"{STAMP} ERROR keystone The above exception was the direct cause of the following exception:",
    f"{STAMP} ERROR keystone {DUPLICATE}",
    f"{STAMP} ERROR keystone [SQL: CREATE INDEX ix_t ON t (id)]",
    f"{STAMP} ERROR keystone [parameters: ('alice', '$2b$04$abcdefghijklmnopqrstuv')]",
    f"{STAMP} ERROR keystone (Background on this error at: https://sqlalche.me/e/20/e3q8)",
    f"{STAMP} ERROR keystone ",
]


def test_of_a_command_that_failed_its_exception_is_quoted() -> None:
    assert last_error(FAILED_EXPAND) == DUPLICATE


def test_the_last_exception_of_a_chain_is_meant() -> None:
    lines = ["Traceback (most recent call last):", "ValueError: first", "", "keystone.exception.Broken: last"]
    assert last_error([*lines[:3], "KeyError: 'last'"]) == "KeyError: 'last'"
    assert last_error(lines) == "ValueError: first"


def test_a_line_that_the_log_calls_an_error_is_quoted_without_its_stamp() -> None:
    lines = [f"{STAMP} ERROR keystone.cmd.cli [-] Table is broken", f"{STAMP} INFO keystone [-] bye"]
    assert last_error(lines) == "Table is broken"


def test_a_program_that_only_complains_is_quoted_by_its_last_line() -> None:
    lines = ["usage: keystone-manage [-h]", "keystone-manage: error: unrecognized arguments: --expnd", ""]
    assert last_error(lines) == "keystone-manage: error: unrecognized arguments: --expnd"


def test_what_a_program_only_tells_is_no_error() -> None:
    assert last_error([f"{STAMP} INFO keystone [-] nothing wrong"]) is None
    assert last_error([]) is None


def test_a_quote_hides_secrets_and_steers_no_terminal() -> None:
    line = "\x1b[01;31mOperationalError: no route to mysql+pymysql://keystone:hush@127.0.0.1/keystone\x1b[00m"
    quote = last_error([line])
    assert quote is not None
    assert "hush" not in quote
    assert "\x1b" not in quote
    assert "[00m" not in quote
    assert quote.startswith("OperationalError: no route to ")


def test_a_quote_is_bounded() -> None:
    quote = last_error(["ValueError: " + "no " * 10_000])
    assert quote is not None
    assert len(quote) == QUOTE_CHARS_MAX
