"""`kit train` and `kit status` as processes, from a folder that is not the kit's: in the background, and interrupted."""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.personalize_driver.local_account import LocalAccount, started
from tests.personalize_driver.scene import rows

pytestmark = pytest.mark.local_aws
REPO = Path(__file__).parents[2]
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAccount]:
    with started(tmp_path_factory.mktemp("aws")) as aws:
        yield LocalAccount(aws)


class Shell:
    """Somebody's terminal: a folder with an interactions file, and `kit` for one name prefix."""

    def __init__(self, account: LocalAccount, folder: Path) -> None:
        self.account, self.folder = account, folder
        (folder / "mine.csv").write_text(rows(1500, users=40))
        self.environment = {
            **os.environ, "KIT_BUILD": str(folder / "build"), "COLUMNS": "200", "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test", "AWS_REGION": "us-east-1",
        }  # fmt: skip
        given = {
            **account.variables(f"shell-{next(_numbers)}"),
            "interactions_file": "mine.csv",
            "interactions_key": f"personalize/{folder.name}.csv",
        }
        self.place = ["--endpoint-url", account.endpoint_url]
        for name, value in given.items():
            self.place += ["--var", f"{name}={value}"]

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(REPO / "scripts" / "kit"), words[0], *self.place, *words[1:]],
            cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True, start_new_session=True,
        )  # fmt: skip

    def kit(self, *words: str) -> str:
        """What it says on its standard output; progress, which ``--json`` moves to the other stream, is not in it."""
        run = self.start(*words)
        output, progress = run.communicate(timeout=120)
        assert run.returncode == 0, output + progress
        return output

    def status(self) -> list[str]:
        """The statuses of everything that `kit status` finds."""
        return [one["status"] for one in json.loads(self.kit("status", "--json"))["resources"]]

    def actions(self) -> set[str]:
        return {step["action"] for step in json.loads(self.kit("train", "--plan", "--json"))["steps"]}


@pytest.fixture
def shell(account: LocalAccount, tmp_path: Path) -> Iterator[Shell]:
    account.pace(0.4)
    yield Shell(account, tmp_path)
    account.pace(0.05)


def until(check: Callable[[], bool], seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def test_detached_it_works_on_while_status_shows_how_far_it_is(shell: Shell):
    assert "create" in shell.actions()  # rows are checked meanwhile, and the plan stays one document
    told = shell.kit("train", "--detach")
    assert "goes on in the background" in told and "kit status" in told
    assert "ACTIVE" not in told.split("goes on in the background")[1]
    until(lambda: any("CREATE" in status for status in shell.status()))
    shell.account.pace(0.05)
    until(lambda: shell.actions() == {"leave"})
    (log,) = (shell.folder / "build").glob("train-*.log")
    assert str(log) in told
    until(lambda: "Next: make wire" in log.read_text(encoding="utf-8"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_it_says_what_goes_on_and_how_to_come_back(shell: Shell, number: signal.Signals):
    shell.account.pace(3)
    run = shell.start("train")
    until(lambda: any("CREATE" in status for status in shell.status()))
    os.kill(run.pid, number)
    output, errors = run.communicate(timeout=30)
    assert run.returncode == 130, output + errors
    assert "the service does not stop" in output and "`kit train` comes back" in output
    shell.account.pace(0.05)
    shell.kit("train")
    assert shell.actions() == {"leave"}


def test_two_at_once_and_one_of_them_killed(shell: Shell):
    shell.account.pace(3)
    first, second = shell.start("train"), shell.start("train")
    until(lambda: any("CREATE" in status for status in shell.status()))
    first.kill()
    first.communicate(timeout=30)
    shell.account.pace(0.05)
    output, errors = second.communicate(timeout=120)
    assert second.returncode == 0, output + errors
    assert shell.actions() == {"leave"}
