"""The users' file is looked at before a lab comes up: a mistake in it costs a sentence, not a run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.errors import HarnessError, UsageError
from harness.load import users_file
from harness.load.users_file import need_users

pytestmark = pytest.mark.process

ROOT = Path(__file__).parent.parent.parent
README = (ROOT / "scenarios/README.md").read_text(encoding="utf-8")
(AUDITOR,) = (
    text for text in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "class Auditor" in text
)


def _file(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(text, encoding="utf-8")
    return path


def _refused(path: Path, users: int, client_users: int) -> str:
    with pytest.raises(UsageError) as caught:
        need_users(path, users, client_users)
    return str(caught.value).removeprefix(f"{path}: ")


def test_the_users_of_the_readme_are_there_where_no_real_clients_are_asked_for(tmp_path: Path) -> None:
    need_users(_file(tmp_path, AUDITOR), 4, 0)


def test_a_kind_of_user_that_is_not_there_is_refused_with_the_key_that_asks_for_it(tmp_path: Path) -> None:
    assert _refused(_file(tmp_path, AUDITOR), 4, 1) == (
        "has no class of real clients (RealClientUser), and load.client_users is 1; add one, or set "
        "load.client_users = 0."
    )


def test_a_file_that_can_not_be_loaded_is_its_writers_mistake_whatever_it_prints(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    prints = "import sys; print('{}'); print('harness: PASS', file=sys.stderr); sys.exit(0)"

    assert _refused(_file(tmp_path, prints), 1, 0) == (
        "cannot be loaded (SystemExit: 0); mend the Locust file, or name another one with load.users_file."
    )
    assert capfd.readouterr() == ("", "")


def test_a_file_that_does_not_come_to_an_end_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(users_file, "LOAD_DEADLINE_S", 0.2)

    assert _refused(_file(tmp_path, "while True: pass"), 1, 0).startswith(
        "was not loaded within 0 s; a Locust file"
    )


def test_a_file_that_kills_its_process_says_so(tmp_path: Path) -> None:
    with pytest.raises(HarnessError, match=r"the process that was to load it ended with status -9$"):
        need_users(_file(tmp_path, "import os; os.kill(os.getpid(), 9)"), 1, 0)


def test_where_nobody_is_asked_for_nothing_is_looked_at(tmp_path: Path) -> None:
    need_users(tmp_path / "nobody.py", 0, 0)
