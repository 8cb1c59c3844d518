"""Statements as evidence names them: whatever a statement holds, no value of it is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.deployment.statement import STATEMENT_CHARS_MAX, without_literals


@pytest.mark.parametrize(
    ("statement", "shape"),
    [
        ("LOCK TABLES user WRITE", "LOCK TABLES user WRITE"),
        (
            "ALTER TABLE service_provider\n  ADD x VARCHAR(64) DEFAULT 'a''b\\' c'",
            "ALTER TABLE service_provider ADD x VARCHAR(?) DEFAULT ?",
        ),
        (
            "INSERT INTO password (id, h) VALUES (1, '$2b$12$abc'), (2, \"x\")",
            "INSERT INTO password (id, h) VALUES (?), (?)",
        ),
        (
            "SELECT t1.x FROM user t1 WHERE n IN (1, 2, 3) AND y = -1.5e3",
            "SELECT t1.x FROM user t1 WHERE n IN (?) AND y = ?",
        ),
        ("SELECT 1 WHERE z = x'41' AND y = 0xDEAD", "SELECT ? WHERE z = ? AND y = ?"),
        ("SELECT id FROM token WHERE id = 'gAAAA cut by the data", "SELECT id FROM token WHERE id = ?"),
        ("SELECT /* user is bob */ id FROM user", "SELECT ? id FROM user"),
        ("", ""),
    ],
)
def test_the_shape_stays_and_the_values_go(statement: str, shape: str) -> None:
    assert without_literals(statement) == shape


def test_a_long_statement_is_cut() -> None:
    shape = without_literals(f"CREATE INDEX x ON user ({', '.join(f'column{n}' for n in range(99))})")

    assert len(shape) == STATEMENT_CHARS_MAX
    assert shape.endswith("\N{HORIZONTAL ELLIPSIS}")


@given(st.text(), st.sampled_from("'\""))
def test_no_secret_survives_in_quotes_that_close(before: str, quote: str) -> None:
    secret = "gAAAAABsecret"
    text = before.replace("'", "").replace('"', "").replace("\\", "").replace("/*", "").replace("`", "")

    assert secret not in without_literals(f"{text} {quote}{secret}{quote} x")
