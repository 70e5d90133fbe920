"""However a command is asked to stop, its ``finally`` blocks run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.interrupts import STARTED_BY

REPO = Path(__file__).parents[2]
COMMAND = """
import time
from scripts.interrupts import terminate_like_ctrl_c
try:
    with terminate_like_ctrl_c():
        print("ready", flush=True)
        time.sleep(30)
except KeyboardInterrupt:
    print("cleaned up", flush=True)
"""


def started(**environment: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", COMMAND],
        cwd=REPO,
        env={**os.environ, "PYTHONPATH": str(REPO), **environment},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_each_signal_cleans_up(number):
    process = started()
    process.send_signal(number)
    assert process.communicate(timeout=10)[0] == "cleaned up\n"


def test_a_make_that_is_killed_takes_the_command_with_it():
    make = subprocess.Popen(["sleep", "30"])
    process = started(**{STARTED_BY: str(make.pid)})
    make.kill()
    try:
        assert process.communicate(timeout=10)[0] == "cleaned up\n"
    finally:
        make.wait()


def test_a_make_that_was_killed_before_the_command_looked_does_too():
    make = subprocess.Popen(["true"])
    make.wait()
    process = started(**{STARTED_BY: str(make.pid)})
    assert process.communicate(timeout=10)[0] == "cleaned up\n"
