"""A run gets the open files it needs, or is refused before anything is started."""

from __future__ import annotations

import resource

import pytest

from harness.errors import UsageError
from harness.run.conduct import conduct
from harness.run.open_files import NEEDED, soft_limit
from tests.run.tiny import World


@pytest.mark.parametrize(
    ("soft", "hard", "raised"),
    [
        (1024, 4096, 1024),
        (20_000, 20_000, 20_000),
        (256, 4096, NEEDED),
        (256, resource.RLIM_INFINITY, NEEDED),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, resource.RLIM_INFINITY),
    ],
)
def test_a_soft_limit_that_is_too_low_is_raised_and_no_other(soft: int, hard: int, raised: int) -> None:
    assert soft_limit(soft, hard) == raised


def test_a_hard_limit_that_is_too_low_is_refused_before_anything_is_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (64, 64))
    with pytest.raises(UsageError) as refusal:
        conduct(world.order(), means=world.means)
    assert str(refusal.value) == (
        "64 files may be open at most, and the servers of a run need 1024: start it from a shell whose hard "
        "limit allows that (ulimit -Hn), or raise the limit of this user."
    )
    assert list(world.done) == []
    assert not (world.folder / "reports").exists()
