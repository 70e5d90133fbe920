"""Runs one terraform command so that it ends when the kit does, however the kit ends.

``python terraform_guard.py <grace seconds> terraform ...``: standard input is a pipe from the kit. When it closes, the
kit is gone: terraform is interrupted, given the grace to finish what it is creating and to write its state, then the
whole process group, providers included, is killed. An interrupt of this process reaches terraform once.

Stands alone (no import of the kit): it is started for every terraform command and has to start fast.
"""

import os
import signal
import subprocess
import sys
import threading


def main() -> int:
    grace = float(sys.argv[1])
    command = sys.argv[2:]
    # Terraform must not share the pipe: it would keep a copy of it.
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: process.send_signal(signal.SIGINT))
    threading.Thread(target=end_with_the_kit, args=(process, grace), daemon=True).start()
    return process.wait()


def end_with_the_kit(process: subprocess.Popen, grace: float) -> None:
    while sys.stdin.buffer.read(4096):
        pass
    process.send_signal(signal.SIGINT)
    try:
        process.wait(grace)
    except subprocess.TimeoutExpired:
        os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code if code >= 0 else 128 - code)
