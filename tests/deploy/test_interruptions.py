"""Deployments that are cut off at any moment: the same command again goes on and ends well.

The moments are random: see ``chance``.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.deploy.account import Account
from tests.deploy.workbench import Ended, Workbench, ended

pytestmark = pytest.mark.deploy


def deploy_until(bench: Workbench, environment: str, changes: int) -> subprocess.Popen[str]:
    """A deployment that has finished this many changes and is at work on others."""
    process = bench.start("deploy", "--env", environment, "--yes", "--skip-smoke-test")
    assert process.stderr is not None
    seen: list[str] = []
    for line in process.stderr:
        seen.append(line)
        if f" {changes} of " in line:
            return process
    raise AssertionError("the deployment ended by itself\n" + "".join(seen))


def deploy_again(bench: Workbench, environment: str) -> Ended:
    """What a person does; while the killed run's Terraform still finishes, the message says to wait."""
    deadline = time.monotonic() + 180
    while True:
        result = bench.kit("deploy", "--env", environment, "--yes")
        if "Another run holds the state" not in result.err or time.monotonic() > deadline:
            return result
        assert result.code == 1 and "Traceback" not in result.err, str(result)
        time.sleep(2)


def below(pid: int) -> list[int]:
    """A process and all that it started: Terraform has a session of its own."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:  # ended meanwhile
            continue
    found = [pid]
    for parent in found:
        found += [child for child, its_parent in parents.items() if its_parent == parent]
    return found


def kill_with_terraform(process: subprocess.Popen[str]) -> None:
    """As when a machine goes down: nobody finishes anything, answers that are on their way are lost."""
    for pid in below(process.pid):
        os.kill(pid, signal.SIGKILL)


def test_ctrl_c_and_kill_and_again(bench: Workbench, account: Account, chance: random.Random):
    moments = [chance.randint(3, 80), chance.randint(3, 80), chance.randint(1, 20), chance.randint(1, 20)]
    print(f"cut off after {moments} changes")
    stopped = deploy_until(bench, "dev", moments[0])
    os.kill(stopped.pid, signal.SIGINT)
    killed = deploy_until(bench, "prod", moments[1])
    os.kill(killed.pid, signal.SIGKILL)
    interrupted = ended(stopped)
    assert interrupted.code == 130, str(interrupted)
    assert "the state holds them" in interrupted.err and "kit deploy --env dev" in interrupted.err
    assert "Traceback" not in interrupted.err
    assert ended(killed).code == -signal.SIGKILL
    goes_down = deploy_until(bench, "dev", moments[2])
    kill_with_terraform(goes_down)
    ended(goes_down)
    again = deploy_again(bench, "prod")
    assert again.code == 0 and "Smoke test passed" in again.err, str(again)
    impatient = deploy_until(bench, "dev", moments[3])
    os.kill(impatient.pid, signal.SIGINT)
    time.sleep(chance.random())
    os.kill(impatient.pid, signal.SIGINT)
    assert ended(impatient).code == 130
    again = deploy_again(bench, "dev")
    assert again.code == 0 and "Smoke test passed" in again.err, str(again)
    for name in ("prod", "dev"):
        assert bench.kit("plan", "--env", name).code == 0, "something was left half done"
    assert len(account.of("dev")["apis"]) == 1, "what is made twice is made once"
    assert len(account.enabled_keys()) == 2, "a key of each environment"
