"""Bad input gets one sentence with file, key and remedy, exit status 2, and no traceback."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import pytest

from harness.refusal import shown
from tests.command import harness, harness_here


def _refused(*args: str) -> str:
    return _one_sentence(harness_here(*args))


def _one_sentence(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1, lines
    return lines[0]


def test_what_can_never_pass_is_refused_before_anything_starts(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--set", "procedure.baseline_s=3", "--out", str(tmp_path / "reports"))
    assert said == (
        "harness: --set procedure.baseline_s=3: no run of this can pass: procedure.baseline_s: 3 s is "
        "less than coverage asks for (judge.baseline_s_min is 5); give 5 or more."
    )
    assert not (tmp_path / "reports").exists()


def test_an_unknown_scenario_is_refused_with_those_that_exist(tmp_path: Path) -> None:
    said = _refused("run", "drainned", "--out", str(tmp_path))
    assert said.startswith(
        "harness: drainned: there is no such scenario; give a TOML file or one of: drained"
    )


@pytest.mark.parametrize(
    "args",
    [
        ("run", "no\nharness: PASS"),
        ("run", "drained", "--set", "x\nharness: PASS=1"),
        ("run", "drained", "--set", "\nharness: PASS"),
        ("run", "drained", "--set", "roll.drained=\x1b[2J"),
        ("run", "drained", "--to", "2031.1\nharness: PASS"),
        ("judge", "no\nharness: PASS"),
        ("compare", "--arms", "no\u2028harness: PASS"),
        ("controls", "no\rharness: PASS"),
    ],
    ids=repr,
)
def test_nothing_that_is_given_forges_a_line_or_steers_the_terminal(args: tuple[str, ...]) -> None:
    said = _refused(*args)
    assert said.startswith("harness: ")
    assert said.isprintable()


@pytest.mark.process
def test_an_unknown_key_is_refused(tmp_path: Path) -> None:
    done = harness("run", "drained", "--set", "roll.drainned=true", "--out", str(tmp_path))
    said = _one_sentence(done)
    assert said.startswith("harness: --set roll.drainned=true: roll.drainned: unknown key; known here: ")
    assert not list(tmp_path.iterdir())


def test_an_impossible_value_is_refused(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--set", "deployment.nodes=99", "--out", str(tmp_path))
    assert "deployment.nodes: 99 is not possible; expected at most 9" in said


def test_an_unknown_release_is_refused_with_those_that_are_known(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--to", "2031.1", "--out", str(tmp_path))
    assert said.startswith(
        "harness: --to 2031.1: to: unknown Keystone release '2031.1': known are 23.0.2 (2023.1), "
    )
    assert said.endswith("harness/releases/README.md says how to add one.")


def test_an_unknown_release_is_laid_to_whoever_named_it_last(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('to = "2031.1"\n', encoding="utf-8")
    asked = ("run", str(mine), "--out", str(tmp_path / "out"))
    assert _refused(*asked).startswith(f"harness: {mine}: to: unknown Keystone release '2031.1': ")
    assert _refused(*asked, "--set", "to=2032.1").startswith(
        "harness: --set to=2032.1: to: unknown Keystone "
    )
    assert _refused(*asked, "--set", "to=2026.1", "--from", "9").startswith(
        "harness: --from 9: from: unknown "
    )
    assert _refused("lab", "up", "--set", "from=9").startswith("harness: --set from=9: from: unknown ")


def test_what_is_wrong_is_laid_to_the_option_though_the_file_is_wrong_as_well(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("judge.unsent_max = -1\n", encoding="utf-8")
    said = _refused("run", str(mine), "--set", "deployment.nodes=99", "--set", "roll.drained=true")
    assert said.startswith("harness: --set deployment.nodes=99: deployment.nodes: 99 is not possible; ")


def test_a_value_is_laid_to_the_last_that_gave_it_and_not_to_one_that_gave_another(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text("deployment.nodes = 98\n", encoding="utf-8")
    assert _refused("run", str(mine)).startswith(f"harness: {mine}: deployment.nodes: 98 is not possible; ")
    said = _refused("run", str(mine), "--set", "deployment.nodes=99", "--set", "deployment.threads=2")
    assert said.startswith("harness: --set deployment.nodes=99: deployment.nodes: 99 is not possible; ")


def test_the_last_arm_is_looked_at_before_the_first_is_carried_out(tmp_path: Path) -> None:
    (tmp_path / "identity.py").touch()
    (tmp_path / "mine.toml").write_text("", encoding="utf-8")
    arms = tmp_path / "arms.toml"
    arms.write_text(
        'scenario = "mine.toml"\n[[arms]]\nname = "a"\n[[arms]]\nname = "b"\nset = ["to=2031.1"]\n',
        encoding="utf-8",
    )
    said = _refused("compare", "--arms", str(arms), "--out", str(tmp_path / "out"))
    assert said.startswith(f"harness: {arms}: arm b: --set to=2031.1: to: unknown Keystone release '2031.1'")


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("deployment.backend=moon", "deployment.backend: moon: there is no such back-end; known: local."),
        (
            'deployment={backend = "moon"}',
            "deployment.backend: moon: there is no such back-end; known: local.",
        ),
        (
            "load.users_file=no.py",
            "load.users_file: scenarios/no.py does not exist; name a Locust file that "
            "lies beside the scenario.",
        ),
        (
            'faults=[{kind = "skip_step", phase = "cooldown", step = "drain"}]',
            "faults: skip_step: the phase cooldown has no step drain here.",
        ),
    ],
)
def test_what_is_found_out_late_is_laid_to_the_option_as_well(
    tmp_path: Path, setting: str, sentence: str
) -> None:
    assert (
        _refused("run", "drained", "--set", setting) == f"harness: --set {shown(setting)[1:-1]}: {sentence}"
    )


def test_a_lab_of_no_back_end_is_laid_to_the_option_too() -> None:
    assert _refused("lab", "up", "--set", "deployment.backend=moon") == (
        "harness: --set deployment.backend=moon: deployment.backend: moon leaves no deployment running; "
        "those that do: local."
    )


def test_what_is_refused_is_not_warned_of_as_well(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--set", "deployment.nodes=1", "--set", "load.users_file=no.py")
    assert said.startswith("harness: --set load.users_file=no.py: load.users_file: ")


def test_more_settings_than_anybody_types_are_refused(tmp_path: Path) -> None:
    said = _refused("run", "drained", *(["--set", "roll.drained=true"] * 101))
    assert said == "harness: --set: is given 101 times; write a scenario file of your own."


def test_a_pair_that_upstream_does_not_support_is_refused_with_the_way_round(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--from", "2023.1", "--to", "2025.1", "--out", str(tmp_path))
    assert said == (
        "harness: Keystone cannot go from 23.0.2 (2023.1) to 27.1.0 (2025.1) in one step: "
        "upgrade to 25.0.0 (2024.1) first"
    )


def test_a_downgrade_is_refused(tmp_path: Path) -> None:
    said = _refused("run", "drained", "--from", "2026.1", "--to", "2025.1", "--out", str(tmp_path))
    assert said.startswith("harness: Keystone cannot be downgraded from 29.1.0 (2026.1) to 27.1.0 (2025.1)")


@pytest.mark.lab  # a run looks at this only on a machine that is ready
def test_a_port_in_use_is_refused_by_its_key(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = harness_here("run", "drained", "--set", f"deployment.port={port}", "--out", str(tmp_path))
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert f"port {port} on 127.0.0.1 is in use (deployment.port)" in done.stderr


@pytest.mark.lab  # a run looks at this only on a machine that is ready
def test_a_folder_that_cannot_be_written_is_refused_with_the_option_that_helps(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where a folder is needed", encoding="utf-8")
    said = _refused("run", "drained", "--out", str(blocked / "reports"))
    assert "the run directory cannot be written (Not a directory); choose another place with --out" in said


@pytest.mark.lab  # a run looks at this only on a machine that is ready
@pytest.mark.skipif(os.geteuid() == 0, reason="root may write in a read-only folder")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    said = _refused("run", "drained", "--out", str(tmp_path))
    assert "the run directory cannot be written (Permission denied); choose another place with --out" in said


@pytest.mark.lab  # a run looks at this only on a machine that is ready
def test_a_kernel_file_system_that_takes_no_folders_is_refused() -> None:
    said = _refused("run", "drained", "--out", "/proc/reports")
    assert "choose another place with --out" in said


def test_judging_a_folder_that_is_no_run_is_refused(tmp_path: Path) -> None:
    assert _refused("judge", str(tmp_path)) == (
        f"harness: {tmp_path}: holds no run.json, so it is not a run directory; "
        "give the folder that holds it."
    )


def test_judging_what_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "there is no such folder" in _refused("judge", str(tmp_path / "absent"))


def test_judging_a_run_of_another_format_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 2}', encoding="utf-8")
    assert _refused("judge", str(tmp_path)) == (
        f"harness: {tmp_path}/run.json: format is 2, this harness reads format 1; "
        "judge it with the harness that made it."
    )


def test_judging_a_torn_manifest_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 1, "scen', encoding="utf-8")
    assert "run.json: cannot be read as JSON" in _refused("judge", str(tmp_path))


def test_judging_under_a_rule_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"format": 1}', encoding="utf-8")
    assert "Traceback" not in _refused("judge", str(tmp_path), "--set", "judge.lenient=1")


@pytest.mark.parametrize(
    "args",
    [
        ("judge", "x" * 9_000),
        ("judge", "tests/evidence/runs/drained", "--gate", "x" * 9_000),
        ("judge", "tests/evidence/runs/drained", "--baseline", "x" * 9_000),
        ("run", "x" * 9_000),
        ("run", "drained", "--set", f"load.users_file={'x' * 9_000}"),
        ("run", "drained", "--to", "x" * 9_000),
        ("run", "drained", "--out", "x" * 9_000),
        ("run", "drained", "--" + "x" * 9_000),
        ("compare", "--arms", "x" * 9_000),
        ("compare", "x" * 9_000, "y" * 9_000),
        ("controls", "x" * 9_000),
        ("lab", "up", "x" * 9_000),
    ],
    ids=range(12),
)
def test_a_name_that_no_file_can_have_is_refused_in_a_line_that_can_be_read(args: tuple[str, ...]) -> None:
    assert len(_refused(*args)) < 1_500


def test_a_command_line_that_can_not_be_parsed_is_refused_in_one_line_as_well() -> None:
    assert _refused("run", "drained", "--live-port", "99999999") == (
        "harness: Invalid value for '--live-port': 99999999 is not in the range 0<=x<=65535; "
        "`harness run --help` tells what there is."
    )
    assert _refused("run") == (
        "harness: Missing argument 'SCENARIO'; `harness run --help` tells what there is."
    )
    assert _refused("nosuch").startswith("harness: No such command 'nosuch'; `harness --help` tells")


def test_a_home_of_a_user_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HARNESS_HOME", "~nobody-of-that-name/x")
    assert _refused("lab", "status") == (
        "harness: HARNESS_HOME: ~nobody-of-that-name/x: there is no such user; set it to a folder of yours."
    )


def test_a_baseline_that_is_no_text_is_refused_in_words_of_ours(tmp_path: Path) -> None:
    (tmp_path / "earlier.json").write_bytes(b"\x80")
    said = _refused("judge", "tests/evidence/runs/drained", "--baseline", str(tmp_path / "earlier.json"))
    assert said.endswith("earlier.json: no JSON (no text in UTF-8); write it anew with `harness baseline`.")
