"""However a command is asked to stop, its ``finally`` blocks run."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.interrupts import STARTED_BY

pytestmark = pytest.mark.programs

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

IN_A_FINALISER = """
import os, signal
from scripts.interrupts import terminate_like_ctrl_c

class Finalised:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
        sum(range(1000))  # here the signal's exception comes up, and is dropped

try:
    with terminate_like_ctrl_c() as interruptions:
        Finalised()
        print("goes on", flush=True)
        interruptions.sleep(30)
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


def test_an_interruption_that_a_finaliser_swallowed_is_not_lost():
    done = subprocess.run(
        [sys.executable, "-c", IN_A_FINALISER], cwd=REPO, env={**os.environ, "PYTHONPATH": str(REPO)},
        capture_output=True, text=True, timeout=20,
    )  # fmt: skip
    assert done.stdout == "goes on\ncleaned up\n", done.stderr


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
