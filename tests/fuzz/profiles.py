"""How many inputs each part of the fuzzer makes: a few hundred in the tests, many by `make fuzz`."""

from __future__ import annotations

import os
from datetime import timedelta

from hypothesis import HealthCheck, settings

SHORT = 400
"""Inputs of all parts together where nobody says how many: a few seconds."""
INPUTS_VARIABLE = "HARNESS_FUZZ_INPUTS"
"""Names the environment variable that says how many it shall be; `make fuzz` sets it."""
HANG_S = 20
"""An input that takes longer hangs. Most take some milliseconds."""


def inputs(share: float) -> settings:
    """Settings of a part that makes its share of all inputs, the same ones each time in the tests.

    Args:
        share: between 0 and 1; those of what people write are 1 together, of run directories a tenth.
    """
    asked = os.environ.get(INPUTS_VARIABLE)
    return settings(
        max_examples=max(1, round(share * int(asked or SHORT))),
        derandomize=asked is None,
        database=None,
        deadline=timedelta(seconds=HANG_S),
        print_blob=True,
        # A folder and patches that all inputs of a part share are wanted here.
        suppress_health_check=[
            HealthCheck.function_scoped_fixture,
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
