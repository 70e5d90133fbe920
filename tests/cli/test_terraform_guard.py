"""The kit is killed: Terraform still ends in good order, although nobody reads what it writes."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from scripts.terraform_cli import GUARD

pytestmark = pytest.mark.programs

# Dies of a closed pipe as a Go program does; asked to end, it talks on and then writes its state.
TERRAFORM = """
import pathlib, signal, sys, time
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
def end(*_):
    for stream in (sys.stdout, sys.stderr):
        for _ in range(200):
            print("still finishing " + "x" * 1000, file=stream, flush=True)
    pathlib.Path(sys.argv[1]).write_text("whole")
    sys.exit(0)
signal.signal(signal.SIGINT, end)
print("started", flush=True)
while True:
    time.sleep(0.05)
"""


def guarded(*words: str, grace: float = 20.0) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-IS", str(GUARD), str(grace), sys.executable, "-c", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def test_the_state_is_written_when_nobody_listens_any_more(tmp_path: Path):
    state = tmp_path / "state"
    process = guarded(TERRAFORM, str(state))
    assert process.stdin and process.stdout and process.stderr
    assert process.stdout.readline() == b"started\n"
    for pipe in (process.stdout, process.stderr, process.stdin):  # as when the kit is killed
        pipe.close()
    assert process.wait(20) == 0
    assert state.read_text() == "whole"


def test_all_that_is_written_arrives_and_the_code_too():
    code = "import sys\nfor n in range(5000):\n    print(n)\nprint('oh', file=sys.stderr)\nsys.exit(2)"
    process = guarded(code)
    assert process.stdout and process.stderr
    out, err = process.stdout.read(), process.stderr.read()
    assert (out.split(), err, process.wait(20)) == ([b"%d" % n for n in range(5000)], b"oh\n", 2)


def test_an_interrupt_reaches_terraform_once(tmp_path: Path):
    state = tmp_path / "state"
    process = guarded(TERRAFORM, str(state))
    assert process.stdout and process.stdout.readline() == b"started\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert state.read_text() == "whole"


def test_who_does_not_end_within_the_grace_is_killed():
    stubborn = "import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nprint('started', flush=True)\ntime.sleep(60)"
    process = guarded(stubborn, grace=0.3)
    assert process.stdin and process.stdout and process.stdout.readline() == b"started\n"
    started = time.monotonic()
    process.stdin.close()
    assert process.wait(20) == -signal.SIGKILL
    assert time.monotonic() - started < 10
