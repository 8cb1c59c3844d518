from __future__ import annotations

import pytest

from harness.report.text import at_most_percent, at_most_seconds, one_line, seconds, shortened


@pytest.mark.parametrize(
    ("value_s", "words"),
    [
        (0, "0 s"),
        (0.04, "40 ms"),
        (0.25, "0.25 s"),
        (0.9999, "1.0 s"),
        (7.94, "7.9 s"),
        (99.96, "1 min 40 s"),
        (725, "12 min 05 s"),
        (None, "—"),
    ],
)
def test_durations_read_well(value_s: float | None, words: str) -> None:
    assert seconds(value_s) == words


@pytest.mark.parametrize(
    ("value_s", "words"),
    [(0.161, "0.17 s"), (1.02, "1.1 s"), (1.1, "1.1 s"), (0.0041, "5 ms"), (120.2, "2 min 01 s")],
)
def test_a_bound_on_a_duration_is_never_rounded_down(value_s: float, words: str) -> None:
    assert at_most_seconds(value_s) == words


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.0141, "1.5 %"), (0.2701, "28 %"), (1.0, "100 %"), (0.00001, "0.001 %"), (0.0, "0 %")],
)
def test_a_bound_on_a_rate_is_never_rounded_down(share: float, words: str) -> None:
    assert at_most_percent(share) == words


def test_control_characters_become_visible_and_lines_become_one() -> None:
    assert one_line("a\x07b\n  c\u202ed") == "a\N{REPLACEMENT CHARACTER}b c\N{REPLACEMENT CHARACTER}d"


def test_a_long_text_keeps_its_beginning_and_its_end() -> None:
    assert shortened("load/token_validate/reused", 11) == "load/…eused"
