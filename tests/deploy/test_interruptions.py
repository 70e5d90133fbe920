"""Deployments that are cut off at any moment: the same command again goes on and ends well."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time

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


@pytest.fixture(scope="module")
def moments() -> dict[str, int]:
    """After how many finished changes each environment is cut off; printed by pytest where a test fails."""
    return {name: random.randint(3, 100) for name in ("dev", "prod")}


def test_ctrl_c_and_kill_and_again(bench: Workbench, account: Account, moments: dict[str, int]):
    stopped = deploy_until(bench, "dev", moments["dev"])
    killed = deploy_until(bench, "prod", moments["prod"])
    os.kill(stopped.pid, signal.SIGINT)
    os.kill(killed.pid, signal.SIGKILL)
    interrupted = ended(stopped)
    assert interrupted.code == 130, str(interrupted)
    assert "the state holds them" in interrupted.err and "kit deploy --env dev" in interrupted.err
    assert "Traceback" not in interrupted.err
    assert ended(killed).code == -signal.SIGKILL
    for name in ("prod", "dev"):
        again = deploy_again(bench, name)
        assert again.code == 0, f"cut off after {moments[name]} changes: {again}"
        assert "Smoke test passed" in again.err
        assert bench.kit("plan", "--env", name).code == 0, "something was left half done"


def test_an_interrupted_destroy_goes_on(bench: Workbench, account: Account):
    process = bench.start("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert process.stderr is not None
    for line in process.stderr:
        if " 20 of " in line:
            break
    os.kill(process.pid, signal.SIGTERM)
    result = ended(process)
    assert result.code == 130 and "Run the same command again" in result.err, str(result)
    again = bench.kit("destroy", "--env", "dev", "--lose-data", "--confirm", "dev")
    assert again.code == 0, str(again)
    assert account.of("dev") == {}
