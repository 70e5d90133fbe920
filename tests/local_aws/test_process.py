"""The life of the local AWS: it starts, says why when it can't, and leaves no process and no file behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import suppress
from pathlib import Path

import pytest

from scripts.local_aws import process
from scripts.local_aws.process import LocalAws, LocalAwsError
from scripts.local_aws.process_group import members, start_mark
from tests.local_aws.aws_clients import clients_of, create_function

pytestmark = pytest.mark.local_aws

REPOSITORY = Path(__file__).resolve().parents[2]
SLEEPER = "import time\ndef handle(event, context):\n    print('on')\n    time.sleep(event['seconds'])\n"
STARTER = """
import sys, time
from pathlib import Path
from scripts.local_aws.process import LocalAws
with LocalAws.start(Path(sys.argv[1])) as aws:
    print(aws.pid, flush=True)
    time.sleep(60)
"""


def wait_until_gone(group: int, seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while members(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert members(group) == set()


def starter(run_folder: Path) -> tuple[subprocess.Popen[str], int]:
    """A program that starts a local AWS and then does something else."""
    program = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(run_folder)], cwd=REPOSITORY, stdout=subprocess.PIPE, text=True
    )
    assert program.stdout is not None
    return program, int(program.stdout.readline())


def test_it_answers_when_start_returns_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as aws:
        health = json.load(urllib.request.urlopen(f"{aws.endpoint_url}/_kit/health"))
        assert health == {"status": "ready", "pid": aws.pid, "endpoint_url": aws.endpoint_url}
        assert members(aws.pid) == {aws.pid}
    assert members(aws.pid) == set()
    assert not (tmp_path / "tmp").exists()
    assert not (tmp_path / "local-aws.json").exists()


def test_it_listens_on_loopback_only(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as aws:
        assert listening(aws.pid) == {f"127.0.0.1:{aws.port}"}


def listening(pid: int) -> set[str]:
    """Addresses on which a process accepts TCP connections."""
    if not Path("/proc/self/net/tcp").exists():
        command = ["lsof", "-nP", "-a", "-p", str(pid), "-iTCP", "-sTCP:LISTEN", "-Fn"]
        rows = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        return {row[1:] for row in rows if row.startswith("n")}
    mine = {os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()}
    found = set()
    for table in ("tcp", "tcp6"):
        for row in map(str.split, Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]):
            if row[3] == "0A" and f"socket:[{row[9]}]" in mine:
                address, _, port = row[1].partition(":")
                host = "127.0.0.1" if address == "0100007F" else address
                found.add(f"{host}:{int(port, 16)}")
    return found


def test_two_at_once_do_not_meet(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path / "one") as one, LocalAws.start(tmp_path / "two") as two:
        clients_of(one)("sqs").create_queue(QueueName="only-in-one")
        assert one.port != two.port
        assert not clients_of(two)("sqs").list_queues().get("QueueUrls")


def test_a_second_one_in_the_same_folder_is_refused(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path), pytest.raises(LocalAwsError, match=r"running in .* already"):
        LocalAws.start(tmp_path)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(LocalAwsError, match=f"port {port} of 127.0.0.1 is not free"):
            LocalAws.start(tmp_path, port)


def test_a_missing_environment_says_what_to_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PYTHON", tmp_path / ".venv-local" / "bin" / "python")
    with pytest.raises(LocalAwsError, match="run `make setup`"):
        LocalAws.start(tmp_path)


def test_one_that_hangs_is_ended_and_shows_its_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    hanging = tmp_path / "python"
    hanging.write_text("#!/bin/sh\necho said before it hung\nsleep 60\n")
    hanging.chmod(0o755)
    monkeypatch.setattr(process, "PYTHON", hanging)
    before = time.monotonic()
    with pytest.raises(LocalAwsError, match=r"not ready within 0.5 s:\nsaid before it hung"):
        LocalAws.start(tmp_path / "run", timeout=0.5)
    assert time.monotonic() - before < 5


def test_stop_ends_functions_in_the_middle_of_their_work(tmp_path: Path) -> None:
    with LocalAws.start(tmp_path) as aws:
        clients = clients_of(aws)
        create_function(clients, "sleeper", SLEEPER)
        clients("lambda").invoke(FunctionName="sleeper", InvocationType="Event", Payload=b'{"seconds": 60}')
        deadline = time.monotonic() + 10
        while len(members(aws.pid)) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert len(members(aws.pid)) == 2
    assert members(aws.pid) == set()
    aws.stop()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_the_program_that_started_it(tmp_path: Path, how: signal.Signals) -> None:
    program, group = starter(tmp_path)
    program.send_signal(how)
    program.wait(timeout=10)
    wait_until_gone(group)
    assert LocalAws.attach(tmp_path) is None
    with LocalAws.start(tmp_path) as again:
        assert again.pid != group


def end(program: subprocess.Popen[bytes], how: signal.Signals) -> None:
    """Signal it until it has ended, as people press Ctrl-C again: Python drops a KeyboardInterrupt that comes up while its
    import system lets go of a lock, which is early in any program's life.
    """
    for _ in range(3):
        program.send_signal(how)
        with suppress(subprocess.TimeoutExpired):
            program.wait(timeout=10)
            return
    program.kill()
    raise AssertionError(f"it goes on after three times {how.name}")


def servers_of(run_folder: Path) -> list[str]:
    """Command lines that name the folder, the starter's own left out."""
    listing = subprocess.run(["ps", "-axww", "-o", "stat=,args="], capture_output=True, text=True, check=True).stdout
    return [row for row in listing.splitlines() if f"--run-folder {run_folder}" in row and not row.startswith("Z")]


@pytest.mark.parametrize("seconds", [0.03, 0.06, 0.1, 0.15, 0.2, 0.25, 0.3])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_starter_that_dies_at_any_moment_leaves_nothing(tmp_path: Path, seconds: float, how: signal.Signals) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path)],
        cwd=REPOSITORY,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    end(program, how)
    with LocalAws.start(tmp_path) as aws:
        # A server that had hardly begun ends once it looks for its starter: on a busy machine the next one is up before.
        deadline = time.monotonic() + 15
        while len(servers_of(tmp_path)) > 1 and time.monotonic() < deadline:
            time.sleep(0.05)
        assert len(servers_of(tmp_path)) == 1
        assert clients_of(aws)("sts").get_caller_identity()["Account"] == "000000000000", (
            "it was not this one that ended"
        )
    assert servers_of(tmp_path) == []


def test_detached_it_outlives_its_starter_until_it_is_stopped(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from scripts.local_aws.process import LocalAws\n"
    code += "LocalAws.start(Path(sys.argv[1]), detached=True)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=REPOSITORY, check=True)
    found = LocalAws.attach(tmp_path)
    assert found is not None
    assert clients_of(found)("sts").get_caller_identity()["Account"] == "000000000000"
    assert LocalAws.stop_detached(tmp_path) is True
    assert members(found.pid) == set()
    assert LocalAws.stop_detached(tmp_path) is False


def test_a_pid_that_was_used_again_is_not_taken_for_ours(tmp_path: Path) -> None:
    mine = {"pid": os.getpid(), "started": "a process before", "port": 1, "endpoint_url": "http://127.0.0.1:1"}
    (tmp_path / "local-aws.json").write_text(json.dumps(mine))
    assert LocalAws.attach(tmp_path) is None
    assert LocalAws.stop_detached(tmp_path) is False
    assert start_mark(os.getpid()) is not None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": 1}'])
def test_a_broken_description_is_no_local_aws(tmp_path: Path, content: str) -> None:
    (tmp_path / "local-aws.json").write_text(content)
    assert LocalAws.attach(tmp_path) is None
