"""Start and end the local AWS from the kit: a context manager, or detached for ``make local``.

Only the standard library, and none of the server's own files: this runs in ``.venv``, the server in ``.venv-local``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType

from scripts.local_aws.process_group import end_group, is_alive, name_of, start_mark

REPOSITORY = Path(__file__).resolve().parents[2]
PYTHON = REPOSITORY / ".venv-local" / "bin" / "python"
DESCRIPTION = "local-aws.json"
LOG = "local-aws.log"
LOG_LINES_IN_ERRORS = 15
# Everything else of the caller's environment stays out: profiles, proxies and PYTHONPATH would reach the functions.
PASSED_ON = (
    "PATH", "HOME", "LANG", "LC_ALL", "TZ", "LOG_LEVEL", "SFN_WAIT_SCALE", "PERSONALIZE_STEP_SECONDS",
    "PERSONALIZE_SETTINGS",
)  # fmt: skip


class LocalAwsError(Exception):
    """The local AWS did not start, or did not end; the message says what to do."""


@dataclass
class LocalAws:
    """A running local AWS, made by ``start`` or ``attach``. As a context manager it ends with its block."""

    run_folder: Path
    port: int
    pid: int
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_file(self) -> Path:
        return self.run_folder / LOG

    def client_environment(self) -> dict[str, str]:
        """What an AWS client (boto3, Terraform, the AWS CLI) needs in its environment to talk to this local AWS."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    @classmethod
    def start(
        cls,
        run_folder: Path,
        port: int | None = None,
        *,
        detached: bool = False,
        timeout: float = 30.0,
        settings: Mapping[str, str] | None = None,
    ) -> LocalAws:
        """Start the server and wait until it answers.

        It ends with this process, however this process ends, unless ``detached``. ``settings`` are variables for
        the server such as ``SFN_WAIT_SCALE`` and ``PERSONALIZE_STEP_SECONDS``. Raises LocalAwsError: not set up,
        folder or port taken, not ready within ``timeout`` seconds.
        """
        run_folder = Path(run_folder).resolve()
        run_folder.mkdir(parents=True, exist_ok=True)
        if cls.attach(run_folder) is not None and not _ends_by_itself(run_folder):
            raise LocalAwsError(f"a local AWS is running in {run_folder} already; end it first (`make local-down`)")
        process = _launch(run_folder, port or 0, detached=detached, settings=settings or {})
        try:
            port = _wait_until_ready(run_folder, process, timeout)
        except BaseException:
            end_group(process.pid)
            process.wait()
            raise
        return cls(run_folder, port, process.pid, process)

    @classmethod
    def attach(cls, run_folder: Path) -> LocalAws | None:
        """The local AWS that runs in this folder, or None. A stale file, or a pid used again, is not taken for one."""
        facts = _read_description(Path(run_folder).resolve())
        if facts is None or start_mark(facts["pid"]) != facts["started"]:
            return None
        return cls(Path(run_folder).resolve(), facts["port"], facts["pid"])

    @classmethod
    def stop_detached(cls, run_folder: Path) -> bool:
        """End the local AWS of this folder, if one runs there. Answers whether there was one."""
        found = cls.attach(run_folder)
        if found is not None:
            found.stop()
        return found is not None

    def stop(self) -> None:
        """End the server and every function it runs; called twice, the second call does nothing.

        Raises LocalAwsError when a process does not end.
        """
        if self._process is None and start_mark(self.pid) is None:
            return
        left = end_group(self.pid)
        if self._process is not None:
            if self._process.stdin is not None:
                self._process.stdin.close()
            if not left:
                self._process.wait()
        if left:
            raise LocalAwsError(f"processes {sorted(left)} of the local AWS do not end; end them by hand (kill -9)")
        _tidy(self.run_folder)

    def __enter__(self) -> LocalAws:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _ends_by_itself(run_folder: Path) -> bool:
    """Is the server that runs here about to end, because its starter is gone? The next one waits for its lock."""
    facts = _read_description(run_folder)
    if facts is None:
        return True
    return facts.get("starter") is not None and not is_alive(facts["starter"])


def _launch(run_folder: Path, port: int, *, detached: bool, settings: Mapping[str, str]) -> subprocess.Popen[bytes]:
    if not PYTHON.exists():
        raise LocalAwsError(f"the local AWS has no environment yet ({PYTHON.parent.parent}); run `make setup`")
    command = [str(PYTHON), "-m", "scripts.local_aws", "--port", str(port), "--run-folder", str(run_folder)]
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    with (run_folder / LOG).open("wb") as log:
        return subprocess.Popen(
            command if detached else [*command, "--starter", name_of(os.getpid())],
            cwd=REPOSITORY,
            env={**environment, "PYTHONUNBUFFERED": "1", **settings},
            stdin=subprocess.DEVNULL if detached else subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Its own session: Ctrl-C in the terminal reaches the kit, and the kit ends the whole group.
            start_new_session=True,
        )


def _wait_until_ready(run_folder: Path, process: subprocess.Popen[bytes], timeout: float) -> int:
    """The port, once /_kit/health answers."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise LocalAwsError(f"the local AWS ended at its start:\n{_log_end(run_folder)}")
        facts = _read_description(run_folder)
        if facts is not None and facts["pid"] == process.pid and _answers(facts["endpoint_url"]):
            return facts["port"]
        time.sleep(0.02)
    raise LocalAwsError(f"the local AWS was not ready within {timeout:g} s:\n{_log_end(run_folder)}")


def _answers(endpoint_url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{endpoint_url}/_kit/health", timeout=5) as answer:
            return answer.status == 200
    except (OSError, urllib.error.URLError):
        return False


def _read_description(run_folder: Path) -> dict | None:
    try:
        facts = json.loads((run_folder / DESCRIPTION).read_text())
    except (FileNotFoundError, ValueError):
        return None
    return facts if isinstance(facts, dict) and {"pid", "started", "port", "endpoint_url"} <= set(facts) else None


def _log_end(run_folder: Path) -> str:
    lines = (run_folder / LOG).read_text(errors="replace").splitlines()
    return "\n".join(lines[-LOG_LINES_IN_ERRORS:]) or "(its log is empty)"


def _tidy(run_folder: Path) -> None:
    (run_folder / DESCRIPTION).unlink(missing_ok=True)
    shutil.rmtree(run_folder / "tmp", ignore_errors=True)
