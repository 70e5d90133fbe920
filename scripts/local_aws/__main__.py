"""Serve the local AWS until told to stop: ``python -m scripts.local_aws --run-folder build/local``.

Everything it keeps is in the run folder: ``tmp/`` (emptied at the end), ``state/``, ``lock`` (held while it lives)
and ``local-aws.json`` (who it is; ``process.py`` reads it).
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import IO

from scripts.local_aws.process_group import members, start_mark

DESCRIPTION = "Serve the local AWS on 127.0.0.1."
GRACE_SECONDS = 4.0
# When, from which port, status, seconds, method, path, operation; a status of "-" is a client that went away.
REQUEST_LINE = "%(t)s %(h)s %(s)s %(L)s %(m)s %(U)s %({x-amz-target}i)s"


def main() -> None:
    arguments = _arguments()
    run_folder = arguments.run_folder.resolve()
    lock = _lock(run_folder)
    listener = _listen(arguments.port)
    port = listener.getsockname()[1]
    _settle_environment(run_folder, port)
    _describe(run_folder, port, arguments.starter)
    try:
        # Not asyncio.run: it would wait for threads that hold long polls. The process ends without them.
        asyncio.new_event_loop().run_until_complete(
            _serve(listener, port, run_folder, watch_stdin=arguments.starter is not None)
        )
    except BaseException:
        traceback.print_exc()
        _leave(run_folder, lock, code=1)
    _leave(run_folder, lock, code=0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m scripts.local_aws", description=DESCRIPTION)
    parser.add_argument("--port", type=int, default=0, help="0 (the default) takes a free port")
    parser.add_argument("--run-folder", type=Path, required=True, help="everything that is written goes here")
    parser.add_argument(
        "--starter",
        metavar="PID@MARK",
        help="the process that holds the other end of standard input (process_group.py: name_of): end when it closes",
    )
    return parser.parse_args()


def _lock(run_folder: Path) -> IO[str]:
    """One server for one run folder; the lock goes with the process, however it ends.

    One that is just ending, because its starter was killed, is waited for.
    """
    run_folder.mkdir(parents=True, exist_ok=True)
    lock = (run_folder / "lock").open("w")
    deadline = time.monotonic() + GRACE_SECONDS + 2
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return lock
        except OSError:
            if time.monotonic() > deadline:
                sys.exit(f"a local AWS is running in {run_folder} already; end it first (`make local-down`)")
            time.sleep(0.05)


def _listen(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError as error:
        sys.exit(f"port {port} of 127.0.0.1 is not free ({error.strerror}); leave --port out to take a free one")
    listener.listen(1024)
    return listener


def _settle_environment(run_folder: Path, port: int) -> None:
    """What ministack reads when it is imported. The functions it runs inherit this environment."""
    temporary = run_folder / "tmp"
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    os.environ.update(
        GATEWAY_PORT=str(port),
        BIND_HOST="127.0.0.1",
        MINISTACK_HOST="127.0.0.1",
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        LAMBDA_EXECUTOR="local",
        # Never touch containers of a Docker engine that this machine may run.
        DOCKER_HOST=f"unix://{run_folder}/no-docker.sock",
        TMPDIR=str(temporary),
        STATE_DIR=str(run_folder / "state"),
        S3_DATA_DIR=str(run_folder / "state" / "s3"),
        # Functions see what they would see in Lambda: no profile of the person at the keyboard.
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")


def _describe(run_folder: Path, port: int, starter: str | None) -> None:
    facts = {
        "pid": os.getpid(),
        "started": start_mark(os.getpid()),
        "port": port,
        "endpoint_url": f"http://127.0.0.1:{port}",
        "starter": starter,
    }
    draft = run_folder / "local-aws.json.new"
    draft.write_text(json.dumps(facts, indent=1) + "\n")
    draft.replace(run_folder / "local-aws.json")


async def _serve(listener: socket.socket, port: int, run_folder: Path, *, watch_stdin: bool) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from scripts.local_aws.assembly import assemble

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    if watch_stdin:
        threading.Thread(target=_wait_for_stdin, args=(loop, stop), daemon=True).start()
    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.3
    config.shutdown_timeout = 3
    config.loglevel = os.environ["LOG_LEVEL"]
    stopping = asyncio.ensure_future(stop.wait())
    config.accesslog = _request_log(run_folder / "requests.log")
    config.access_log_format = REQUEST_LINE
    await serve(assemble(port), config, shutdown_trigger=lambda: stopping)


def _request_log(path: Path) -> logging.Logger:
    """One line a request: what a client that got no answer had asked for, and what somebody else's answer was."""
    log = logging.getLogger("local_aws.requests")
    log.addHandler(logging.FileHandler(path, mode="w"))
    log.setLevel(logging.INFO)
    log.propagate = False
    return log


def _wait_for_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """The starter holds the other end of standard input: when it closes, the starter is gone, however it went."""
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(stop.set)
    time.sleep(GRACE_SECONDS)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _leave(run_folder: Path, lock: IO[str], *, code: int) -> None:
    """End the functions' processes, remove what is only of use to a live server, and go."""
    leader = os.getpgrp() == os.getpid()
    if leader and members(os.getpid()) != {os.getpid()}:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(os.getpid(), signal.SIGTERM)
    (run_folder / "local-aws.json").unlink(missing_ok=True)
    shutil.rmtree(run_folder / "tmp", ignore_errors=True)
    lock.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
