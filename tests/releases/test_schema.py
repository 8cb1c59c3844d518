"""What the version tables must hold between and after the phases of an upgrade."""

from __future__ import annotations

import pytest

from harness.errors import HarnessError
from harness.releases.schema import Schema
from tests.procedure.doubles import NEW, NEW_HEADS, OLD, OLD_HEADS, release

SCHEMA = Schema({OLD.version: OLD_HEADS, NEW.version: NEW_HEADS})


def test_a_complete_schema_has_both_heads_of_its_release() -> None:
    assert SCHEMA.tables(OLD, OLD) == {"alembic_version": ["c27", "e27"]}
    assert SCHEMA.tables(NEW, NEW) == {"alembic_version": ["c29", "e29"]}


def test_between_expand_and_contract_it_has_one_of_each_release() -> None:
    assert SCHEMA.tables(NEW, OLD) == {"alembic_version": ["c27", "e29"]}


def test_a_release_of_another_upgrade_is_a_fault_of_the_harness() -> None:
    with pytest.raises(HarnessError, match="are not known to this upgrade"):
        SCHEMA.tables(release("31.0.0"), OLD)
