"""The examples in docs/ci are valid by the systems' schemas, and every command in them is one that exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import jsonschema
import pytest
import yaml

from harness.command.cli import cli
from harness.scenario import load_gate
from tests.command import ROOT

CI = ROOT / "docs" / "ci"
EXAMPLES = tuple(sorted(CI.rglob("*.y*ml")))
ZUUL = CI / "zuul"
BASH = "/bin/bash"
_TEMPLATE = re.compile(r"\{\{.*?\}\}")

_NAME = {"type": "string", "pattern": r"^[a-z0-9-]+$"}
_PLAYBOOK = {"type": "string", "pattern": r"^playbooks/[a-z-]+/[a-z]+\.yaml$"}


def _closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    """A JSON schema of an object with these keys alone."""
    required = sorted(set(properties) - set(optional))
    return {"type": "object", "additionalProperties": False, "required": required, "properties": properties}


_LIST_OF_TEXT = {"type": "array", "minItems": 1, "items": {"type": "string"}}
_NODES = {"type": "array", "minItems": 1, "items": _closed({"name": _NAME, "label": _NAME})}
_JOB = _closed(
    {
        "name": _NAME,
        "parent": _NAME,
        "description": {"type": "string"},
        "timeout": {"type": "integer", "minimum": 600},
        "nodeset": _closed({"nodes": _NODES}),
        "required-projects": _LIST_OF_TEXT,
        "run": _PLAYBOOK,
        "post-run": _PLAYBOOK,
    }
)
_PROJECT = _closed({"check": _closed({"jobs": _LIST_OF_TEXT})})
ZUUL_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": {"oneOf": [_closed({"job": _JOB}), _closed({"project": _PROJECT})]},
}
"""Attributes of Zuul's jobs and projects as its documentation names them, those alone that are used."""

_TASK = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {
        "name": {"type": "string"},
        "ansible.builtin.command": _closed({"cmd": {"type": "string"}, "chdir": {"type": "string"}}),
        "ansible.posix.synchronize": _closed(
            {
                "mode": {"enum": ["pull"]},
                "src": {"type": "string"},
                "dest": {"type": "string"},
                "rsync_opts": _LIST_OF_TEXT,
            }
        ),
        "zuul_return": _closed({"data": {"type": "object"}}),
        "failed_when": {"type": "boolean"},
        "delegate_to": {"enum": ["localhost"]},
    },
    "oneOf": [
        {"required": [module]}
        for module in ("ansible.builtin.command", "ansible.posix.synchronize", "zuul_return")
    ],
}
PLAYBOOK_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "items": _closed(
        {
            "hosts": {"enum": ["all"]},
            "vars": {"type": "object"},
            "tasks": {"type": "array", "minItems": 1, "items": _TASK},
        },
        "vars",
    ),
}


def _check(schema: str, path: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "check-jsonschema", "--builtin-schema", schema, path],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


VENDORED = (("vendor.github-workflows", "github-workflow.yml"), ("vendor.gitlab-ci", "gitlab-ci.yml"))


@pytest.mark.slow
@pytest.mark.parametrize(("schema", "name"), VENDORED)
def test_an_example_is_valid_by_the_schema_of_its_system(schema: str, name: str) -> None:
    done = _check(schema, CI / name)
    assert done.returncode == 0, done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("schema", "name", "old", "new"),
    [
        (*VENDORED[0], "runs-on:", "runs-one:"),
        (*VENDORED[1], "when: always", "when: allways"),
    ],
)
def test_the_schema_notices_a_slip(tmp_path: Path, schema: str, name: str, old: str, new: str) -> None:
    text = (CI / name).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / name).write_text(text.replace(old, new), encoding="utf-8")

    assert _check(schema, tmp_path / name).returncode == 1


def _yaml(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def test_the_zuul_job_has_only_attributes_that_zuul_knows_and_playbooks_that_are_there() -> None:
    document = _yaml(ZUUL / "zuul.yaml")
    jsonschema.validate(document, ZUUL_SCHEMA)

    job = next(each["job"] for each in document if "job" in each)
    project = next(each["project"] for each in document if "project" in each)
    assert project["check"]["jobs"] == [job["name"]]
    assert all((ZUUL / job[key]).is_file() for key in ("run", "post-run"))


@pytest.mark.parametrize("path", sorted(ZUUL.rglob("playbooks/**/*.yaml")), ids=lambda path: path.name)
def test_each_task_of_a_playbook_has_a_name_and_one_module_with_arguments_that_it_knows(path: Path) -> None:
    jsonschema.validate(_yaml(path), PLAYBOOK_SCHEMA)


def test_what_zuul_does_not_know_is_noticed() -> None:
    document = _yaml(ZUUL / "zuul.yaml")
    document[0]["job"]["post_run"] = document[0]["job"].pop("post-run")

    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, ZUUL_SCHEMA)


def test_reports_are_kept_however_the_job_ended() -> None:
    steps = _yaml(CI / "github-workflow.yml")["jobs"]["upgrade-under-load"]["steps"]
    upload = next(step for step in steps if str(step.get("uses", "")).startswith("actions/upload-artifact"))
    artifacts = _yaml(CI / "gitlab-ci.yml")["keystone-upgrade"]["artifacts"]
    assert upload["if"] == "always()"
    assert upload["with"]["path"].split() == ["reports/", "!reports/**/logs/", "!reports/**/backup.sql"]
    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {"junit": "reports/*/*/junit.xml"}
    assert "reports/**/backup.sql" in artifacts["exclude"]
    # Zuul runs a post-run playbook whatever became of the run.
    (fetch, _) = _yaml(ZUUL / "playbooks" / "keystone-upgrade" / "post.yaml")[0]["tasks"]
    assert "--exclude=backup.sql" in fetch["ansible.posix.synchronize"]["rsync_opts"]


# --- the commands


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in value.values():
            yield from _texts(below)
    elif isinstance(value, list):
        for below in value:
            yield from _texts(below)


def _commands(text: str) -> Iterator[list[str]]:
    """Each `harness ...` in the lines of a shell text, as its arguments."""
    for line in _TEMPLATE.sub("X", text).splitlines():
        try:
            words = shlex.split(line, comments=True)
        except ValueError:  # prose with an apostrophe
            continue
        if len(words) > 1 and Path(words[0]).name == "harness":  # alone, it is a folder
            yield words[1:]


def _markdown_commands(path: Path) -> Iterator[list[str]]:
    """Those in the fenced shell blocks of a page."""
    blocks = re.findall(r"```sh\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    yield from (command for block in blocks for command in _commands(block.replace("\\\n", " ")))


def _parse(arguments: list[str]) -> None:
    """Parse it with the real command line, and do nothing."""
    context = cli.make_context("harness", list(arguments))
    name, command, rest = cli.resolve_command(context, [*context._protected_args, *context.args])
    assert command is not None
    command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_every_harness_command_of_an_example_parses_and_names_files_that_exist(path: Path) -> None:
    found = [command for text in _texts(_yaml(path)) for command in _commands(text)]

    assert bool(found) is (path.name not in ("zuul.yaml", "post.yaml"))
    for command in found:
        _parse(command)
        assert (ROOT / "scenarios" / Path(command[1]).name).is_file()


def test_every_harness_command_of_the_page_about_gates_parses() -> None:
    found = list(_markdown_commands(ROOT / "docs" / "gate.md"))

    assert {command[0] for command in found} == {"run", "judge", "baseline"}
    for command in found:
        _parse(command)


def test_an_option_that_is_gone_is_noticed() -> None:
    with pytest.raises(click.NoSuchOption):
        _parse(["run", "drained", "--gates", "ci/gate.toml"])


@pytest.mark.parametrize("name", ["github-workflow.yml", "gitlab-ci.yml"])
def test_the_shell_lines_of_an_example_are_sound_shell(name: str) -> None:
    lines = [text for text in _texts(_yaml(CI / name)) if re.search(r"\b(apt-get|harness|cat|make) ", text)]

    assert len(lines) >= 4
    done = subprocess.run([BASH, "-n"], input="\n".join(lines), text=True, check=False, timeout=60)
    assert done.returncode == 0


def test_the_example_of_a_gate_is_one() -> None:
    gate = load_gate(CI / "gate.toml")

    assert (len(gate.budgets), len(gate.accepted)) == (1, 1)


def test_the_tables_on_the_page_about_gates_are_gates(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "gate.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)

    assert len(blocks) >= 3
    for block in blocks:
        (tmp_path / "gate.toml").write_text(block, encoding="utf-8")
        load_gate(tmp_path / "gate.toml")
