"""Runs one terraform command so that it ends in good order when the kit does, however the kit ends.

``python terraform_guard.py <grace seconds> terraform ...``: standard input is a pipe from the kit. When it closes, the
kit is gone: terraform is interrupted, given the grace to finish what it is creating and to write its state, then the
whole process group, providers included, is killed. An interrupt of this process reaches terraform once.

Terraform's output goes through this process: a Go program is killed by its next line when nobody reads its standard
output any more, before its state is written.

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
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
    )
    assert process.stdout is not None and process.stderr is not None
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: process.send_signal(signal.SIGINT))
    threading.Thread(target=end_with_the_kit, args=(process, grace), daemon=True).start()
    outputs = [
        threading.Thread(target=pass_on, args=(source.fileno(), target), daemon=True)
        for source, target in ((process.stdout, 1), (process.stderr, 2))
    ]
    for output in outputs:
        output.start()
    code = process.wait()
    for output in outputs:
        output.join()
    return code


def pass_on(source: int, target: int) -> None:
    """Copy to the end; when nobody reads the copy any more, go on reading."""
    read_by_the_kit = True
    while part := os.read(source, 65536):
        while part and read_by_the_kit:
            try:
                part = part[os.write(target, part) :]
            except OSError:
                read_by_the_kit = False


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
    os._exit(code if code >= 0 else 128 - code)
