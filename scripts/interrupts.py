"""SIGTERM ends a command as Ctrl-C does: ``finally`` blocks run, nothing is left behind."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from scripts.local_aws.process_group import is_alive, name_of

INTERRUPTED = 130
# The Makefile puts the pid of make here where a command is to end with it: who kills make alone means the command.
STARTED_BY = "KIT_STARTED_BY"
LOOK_AGAIN_SECONDS = 0.5


class Interruptions:
    """Whether somebody has asked this command to end."""

    def __init__(self) -> None:
        self.asked = False

    def sleep(self, seconds: float) -> None:
        """Sleep, and raise KeyboardInterrupt when somebody has asked and it got lost: Python drops an exception that comes
        up while a finaliser runs.
        """
        if not self.asked:
            time.sleep(seconds)
        if self.asked:
            raise KeyboardInterrupt


@contextmanager
def terminate_like_ctrl_c() -> Iterator[Interruptions]:
    """While inside, SIGINT, SIGTERM and SIGHUP raise KeyboardInterrupt in the main thread; so does our starter's end.

    SIGINT is named too: a shell starts background jobs with it ignored, and then Python leaves it ignored.
    """
    interruptions = Interruptions()

    def interrupt(number: int, frame: FrameType | None) -> None:
        interruptions.asked = True
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    left = threading.Event()
    starter = os.environ.get(STARTED_BY, "")
    if starter.isdigit():
        threading.Thread(target=_end_with, args=(int(starter), left), daemon=True).start()
    try:
        yield interruptions
    finally:
        left.set()
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def undisturbed() -> Iterator[None]:
    """While inside, a further Ctrl-C or SIGTERM waits its turn: cleaning up is not to be cut short."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _end_with(starter: int, left: threading.Event) -> None:
    name = name_of(starter)
    while not left.wait(LOOK_AGAIN_SECONDS):
        if not is_alive(name):
            os.kill(os.getpid(), signal.SIGTERM)
            return
