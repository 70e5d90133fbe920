"""Terraform behind one class: python-terraform writes the command lines, this file runs them.

python-terraform 0.10.1 cannot stream, cancel, or take an environment, so only its command builder is used. Every
command runs in a session of its own (a Ctrl-C in the terminal reaches the kit, and the kit interrupts Terraform once)
and speaks JSON lines, from which events and diagnostics are read.

Nothing is written into the configuration's folder: Terraform runs in a folder of links to it below ``data_folder``,
with its own backend, plugins and lock file, so that runs for several environments do not meet.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import click
from python_terraform import IsFlagged
from python_terraform import Terraform as CommandBuilder

from scripts.provider_mirror import MIRROR_VARIABLE, NoMirror, find_mirror, write_config

Json = dict[str, Any]
OnEvent = Callable[[Json], None]
GUARD = Path(__file__).with_name("terraform_guard.py")
PLAIN_LINES_IN_ERRORS = 20
IMPORTS = "taken_over.tf"  # generated
UNSAVED_STATE = "errored.tfstate"  # Terraform's own name
PARALLEL_OPERATIONS = 40  # most of them sleep, waiting for AWS to settle
# After the kit's own death: a real account's resources must reach the state; a local AWS is dead as well.
GRACE_SECONDS_REAL, GRACE_SECONDS_LOCAL = 1800.0, 5.0
LOCK_TIMEOUT_VARIABLE = "KIT_LOCK_TIMEOUT"  # such as 10m: for runs that nobody watches (.github/workflows)
# From the caller's shell these would change what a command does.
NOT_PASSED_ON = re.compile(r"TF_CLI_ARGS.*|TF_WORKSPACE|TF_DATA_DIR|TF_INPUT")
NO_REGISTRY = re.compile(
    r"could not connect to|failed to request discovery document|Failed to query available provider"
)


@dataclass(frozen=True)
class Diagnostic:
    """One message of Terraform. ``file`` is relative to the configuration; ``line`` counts from 1."""

    severity: str
    summary: str
    detail: str = ""
    file: str | None = None
    line: int | None = None
    address: str | None = None

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}: " if self.file else ""
        subject = f" ({self.address})" if self.address else ""
        return f"{place}{self.summary}{subject}" + (f"\n  {self.detail}" if self.detail else "")


class TerraformError(Exception):
    """A terraform command failed. ``diagnostics`` are Terraform's own, errors only; ``command`` its first word."""

    def __init__(self, command: str, message: str, diagnostics: tuple[Diagnostic, ...] = ()) -> None:
        self.command = command
        self.diagnostics = diagnostics
        super().__init__("\n".join([message, *map(str, diagnostics)]))


class TerraformInterrupted(KeyboardInterrupt):
    """Ctrl-C: Terraform was interrupted and has ended in good order. Its state holds what was created."""


@dataclass(frozen=True)
class PlanResult:
    """A plan file, and whether applying it would change anything (resources or outputs)."""

    file: Path
    changes: bool


class Terraform:
    """The configuration in ``folder`` for one environment.

    ``data_folder`` holds plugins and working files: one for each run, never shared by two at the same time. The state is
    the file ``state`` (default: in ``data_folder``), or on S3 when ``backend`` names a partial backend file. ``env`` comes on
    top of the caller's environment; with an ``AWS_ENDPOINT_URL`` on this machine in it, the caller's own AWS settings
    are left out. ``grace_seconds``: how long a command may finish what it is doing after the kit itself was killed, and, on
    this machine, after it was interrupted: whoever ended `make` alone cannot press Ctrl-C a second time.
    ``say`` gets a line when a provider mirror is used.
    """

    def __init__(
        self,
        folder: Path,
        data_folder: Path,
        *,
        state: Path | None = None,
        backend: Path | None = None,
        env: Mapping[str, str] | None = None,
        grace_seconds: float | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(folder).resolve()
        self.data_folder = Path(data_folder).resolve()
        self.backend = Path(backend).resolve() if backend else None
        self.state = Path(state).resolve() if state else self.data_folder / "terraform.tfstate"
        self._root = self.data_folder / "root"
        self._env = dict(env or {})
        self._local = _is_this_machine(self._env.get("AWS_ENDPOINT_URL"))
        self._grace = grace_seconds or (GRACE_SECONDS_LOCAL if self._local else GRACE_SECONDS_REAL)
        self._cli_config: Path | None = None
        self._say = say or (lambda text: print(text, file=sys.stderr))

    def init(self) -> None:
        """Lay out the working folder, fetch the provider (from a mirror when the registry can't be reached)."""
        self._lay_out()
        options: Json = {"backend_config": str(self.backend)} if self.backend else {}
        options |= {"reconfigure": IsFlagged, "input": False}
        if self.environment().get(MIRROR_VARIABLE):
            self._use_mirror()
        try:
            self._json_lines("init", **options)
        except TerraformError as error:
            if self._cli_config is not None or not NO_REGISTRY.search(str(error)):
                raise
            self._use_mirror()
            self._json_lines("init", **options)

    def validate(self) -> list[Diagnostic]:
        """What Terraform finds wrong in the configuration; call ``init`` before."""
        answer = self._command_json("validate", accept=(0, 1))
        return [_diagnostic(item) for item in answer.get("diagnostics", [])]

    def plan(
        self,
        *,
        out: Path,
        var_file: Path | None = None,
        variables: Mapping[str, Any] | None = None,
        destroy: bool = False,
        refresh_only: bool = False,
        refresh: bool = True,
        only: Sequence[str] = (),
        on_event: OnEvent | None = None,
    ) -> PlanResult:
        """Write a plan file. ``variables`` win over ``var_file``; without ``refresh`` the state is believed; ``only``
        plans these addresses and what they need. Raises TerraformError.
        """
        out = Path(out).resolve()
        out.parent.mkdir(parents=True, exist_ok=True)
        options: Json = {
            "out": str(out),
            "var_file": str(Path(var_file).resolve()) if var_file else None,
            "var": dict(variables) if variables else None,  # behind var_file, so that these win
            "detailed_exitcode": IsFlagged,
            "input": False,
            "parallelism": PARALLEL_OPERATIONS,
            "destroy": IsFlagged if destroy else None,
            "refresh_only": IsFlagged if refresh_only else None,
            "refresh": None if refresh else False,
            "target": list(only) or None,
            "lock_timeout": self._lock_timeout,
        }
        code = self._json_lines("plan", on_event=on_event, accept=(0, 2), **options)
        return PlanResult(out, changes=code == 2)

    def show_json(self, plan_file: Path) -> Json:
        """A plan file as Terraform's plan JSON. Its key ``variables`` holds secrets in clear: never print it."""
        return self._command_json("show", Path(plan_file).resolve())

    def apply(self, plan_file: Path, *, on_event: OnEvent | None = None) -> None:
        """Apply exactly this plan; ``on_event`` gets every event of ``apply -json`` as it comes.

        Raises TerraformError; what was created until then is in the state, so that a new plan and apply go on there.
        On Ctrl-C Terraform is interrupted once, ends in good order, and TerraformInterrupted is raised.
        """
        options: Json = {"input": False, "parallelism": PARALLEL_OPERATIONS, "lock_timeout": self._lock_timeout}
        self._json_lines("apply", Path(plan_file).resolve(), on_event=on_event, **options)

    def destroy(
        self,
        *,
        var_file: Path | None = None,
        variables: Mapping[str, Any] | None = None,
        on_event: OnEvent | None = None,
    ) -> None:
        """Remove everything that is in the state."""
        plan_file = self.data_folder / "destroy.tfplan"
        plan = self.plan(out=plan_file, var_file=var_file, variables=variables, destroy=True, on_event=on_event)
        self.apply(plan.file, on_event=on_event)
        plan_file.unlink(missing_ok=True)

    def import_with_next_plan(self, blocks: str) -> None:
        """Put ``import`` blocks beside the configuration, in the working folder only; "" and ``init`` take them away."""
        file = self._root / IMPORTS
        if blocks:
            file.write_text(blocks, encoding="utf-8")
        else:
            file.unlink(missing_ok=True)

    def untaint(self, address: str) -> None:
        """Take back that the next plan would replace this resource. Raises TerraformError."""
        self._plain("untaint", address)

    def push_unsaved_state(self) -> None:
        """Write the state that an earlier apply left here because it could not reach the backend; nothing without one.

        One that is older than the backend's is put aside. Raises TerraformError when the backend cannot be reached.
        """
        unsaved = self._root / UNSAVED_STATE
        if not unsaved.exists():
            return
        try:
            self._plain("state push", unsaved)
        except TerraformError as error:
            if "over newer state" not in str(error):
                raise
            unsaved.replace(aside := unsaved.with_suffix(".older"))
            self._say(
                f"A state that an earlier apply could not save is older than the environment's: put aside, {aside}"
            )
            return
        unsaved.unlink()
        self._say("Saved the state that an earlier apply could not save.")

    def mocked_plans(self, test_file: str) -> dict[str, Json]:
        """Run name -> plan JSON of a test file with a mocked provider (``tests/<name>.tftest.hcl``); nothing is made.

        Raises TerraformError when a run fails.
        """
        plans: dict[str, Json] = {}

        def keep(event: Json) -> None:
            if event.get("type") == "test_plan":
                plans[event["@testrun"]] = event["test_plan"]

        self._json_lines("test", on_event=keep, verbose=IsFlagged, filter=test_file)
        return plans

    def output(self) -> Json:
        """Output name -> value."""
        return {name: value["value"] for name, value in self._command_json("output").items()}

    # ---- the working folder

    def _lay_out(self) -> None:
        self._root.mkdir(parents=True, exist_ok=True)
        wanted = {
            path.name: path for path in self.folder.iterdir() if not path.name.startswith((".", "terraform.tfstate"))
        }
        wanted.pop("backend.tf", None)
        for link in self._root.iterdir():
            if link.is_symlink() and link.name not in wanted:
                link.unlink()
        for name, path in wanted.items():
            _link(self._root / name, path)
        self.import_with_next_plan("")  # those of a run that was killed
        # The package's path is relative in plans and states, so that it is the same on every machine.
        package = self.data_folder / "build" / "lambda.zip"
        package.parent.mkdir(exist_ok=True)
        _link(package, self.folder.parent / "build" / "lambda.zip")
        local = f'backend "local" {{\n    path = {json.dumps(str(self.state))}\n  }}'
        backend = 'backend "s3" {}' if self.backend else local
        (self._root / "backend.tf").write_text(f"terraform {{\n  {backend}\n}}\n", encoding="utf-8")
        self.state.parent.mkdir(parents=True, exist_ok=True)

    def _use_mirror(self) -> None:
        text = (self.folder / "versions.tf").read_text("utf-8")
        constraint = re.search(r'source\s*=\s*"hashicorp/aws"\s*version\s*=\s*"([^"]+)"', text)
        build = self.folder.parent / "build"  # one memory for all runs
        try:
            mirror = find_mirror(
                constraint[1] if constraint else ">= 0.0.0", build=build, environment=self.environment()
            )
        except NoMirror as error:
            raise TerraformError("init", str(error)) from None
        self._say(f"Terraform takes {mirror}")
        self._cli_config = write_config(mirror, build=build)
        # A lock file of another source would refuse this one.
        (self._root / ".terraform.lock.hcl").unlink(missing_ok=True)

    # ---- running commands

    def _command_json(self, command: str, *arguments: object, accept: tuple[int, ...] = (0,)) -> Json:
        """Run a command that answers one JSON document."""
        with tempfile.TemporaryFile() as errors:
            with self._started(command, *arguments, errors=errors, json=IsFlagged) as (process, lines):
                document = b"".join(lines)
                code = process.wait()
            if code not in accept:
                errors.seek(0)
                raise TerraformError(command, f"terraform {command} failed:\n{errors.read().decode(errors='replace')}")
        return json.loads(document)

    def _plain(self, command: str, *arguments: object) -> None:
        """Run a command that speaks to people. Raises TerraformError with what it said."""
        said: list[bytes] = []
        with self._started(command, *arguments) as (process, lines):
            said += lines
            code = process.wait()
        if code:
            message = b"".join(said).decode(errors="replace")
            raise TerraformError(command, f"terraform {command} {' '.join(map(str, arguments))} failed:\n{message}")

    def _json_lines(
        self,
        command: str,
        *arguments: object,
        on_event: OnEvent | None = None,
        accept: tuple[int, ...] = (0,),
        **options: Any,
    ) -> int:
        """Run a command that answers JSON lines; every line goes to ``on_event``. Answers the exit code."""
        errors: list[Diagnostic] = []
        plain: list[str] = []
        with self._started(command, *arguments, json=IsFlagged, **options) as (process, lines):
            for line in lines:
                event = _event(line)
                if event is None:
                    plain.append(line.decode(errors="replace").rstrip())
                    continue
                if event.get("type") == "diagnostic" and event["diagnostic"].get("severity") == "error":
                    errors.append(_diagnostic(event["diagnostic"]))
                if on_event is not None:
                    on_event(event)
            code = process.wait()
        if code not in accept:
            message = f"terraform {command} failed (exit code {code})"
            raise TerraformError(command, "\n".join([message, *plain[-PLAIN_LINES_IN_ERRORS:]]), tuple(errors))
        return code

    @contextlib.contextmanager
    def _started(
        self, command: str, *arguments: object, errors: IO[bytes] | None = None, **options: Any
    ) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes]]]:
        """A running command and its output; whatever ends the block early interrupts it and waits for its good end."""
        builder = CommandBuilder(working_dir=str(self._root), terraform_bin_path=_terraform(command))
        words = builder.generate_cmd_string(command, *map(str, arguments), no_color=IsFlagged, **options)
        process = subprocess.Popen(
            [sys.executable, "-IS", str(GUARD), str(self._grace), *words],
            cwd=self._root,
            env=self.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors or subprocess.STDOUT,
            start_new_session=True,
        )
        assert process.stdout is not None and process.stdin is not None
        try:
            yield process, process.stdout
        except KeyboardInterrupt as interrupt:
            click.echo("Stopping: Terraform ends what it is doing first. Ctrl-C again gives that up.", err=True)
            self._interrupt(process)
            raise TerraformInterrupted(
                f"terraform {command} was interrupted; run the same command to go on"
            ) from interrupt
        except BaseException:
            self._interrupt(process)
            raise
        finally:
            process.stdin.close()
            process.stdout.close()
            builder.temp_var_files.clean_up()

    def _interrupt(self, process: subprocess.Popen[bytes]) -> None:
        """Ask once, then wait: Terraform finishes what it is creating and writes its state.

        Every further Ctrl-C asks again, at which Terraform gives up what is in flight. On this machine the guard does both
        when the grace is over.
        """
        assert process.stdin is not None
        process.send_signal(signal.SIGINT)
        give_up = threading.Timer(self._grace, process.stdin.close)
        give_up.daemon = True
        if self._local:
            give_up.start()
        while True:
            try:
                while process.stdout is not None and process.stdout.read(65536):
                    pass
                process.wait()
                give_up.cancel()
                return
            except KeyboardInterrupt:
                process.send_signal(signal.SIGINT)

    @property
    def _lock_timeout(self) -> str | None:
        """How long to wait for a state that another run holds; without it that is said at once."""
        return self.environment().get(LOCK_TIMEOUT_VARIABLE) or None

    def environment(self) -> dict[str, str]:
        """The environment of every command; after ``init`` with the mirror that is in use."""
        inherited = {name: value for name, value in os.environ.items() if not NOT_PASSED_ON.fullmatch(name)}
        if self._local:
            inherited = {n: value for n, value in inherited.items() if not n.startswith(("AWS_", "TF_VAR_"))}
            inherited |= {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
        if not Path(inherited.get("TF_CLI_CONFIG_FILE", "")).is_file():
            inherited.pop("TF_CLI_CONFIG_FILE", None)
        environment = {
            **inherited,
            "TF_IN_AUTOMATION": "1",
            "TF_DATA_DIR": str(self._root / ".terraform"),
            "TF_REGISTRY_DISCOVERY_RETRY": "1",
            "TF_REGISTRY_CLIENT_TIMEOUT": "5",
            "CHECKPOINT_DISABLE": "1",
            **self._env,
        }
        if self._cli_config is not None:
            environment["TF_CLI_CONFIG_FILE"] = str(self._cli_config)
        return environment


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and os.readlink(link) == str(target):
        return
    link.unlink(missing_ok=True)
    link.symlink_to(target)


def _is_this_machine(url: str | None) -> bool:
    return url is not None and urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _terraform(command: str) -> str:
    path = shutil.which("terraform")
    if path is None:
        raise TerraformError(command, "terraform is not on PATH: install Terraform 1.10 or newer, then run this again")
    return path


def _event(line: bytes) -> Json | None:
    try:
        event = json.loads(line)
    except ValueError:
        return None
    return event if isinstance(event, dict) else None


def _diagnostic(item: Json) -> Diagnostic:
    place = item.get("range") or {}
    return Diagnostic(
        severity=item.get("severity", "error"),
        summary=item.get("summary", ""),
        detail=item.get("detail", ""),
        file=place.get("filename"),
        line=(place.get("start") or {}).get("line"),
        address=item.get("address"),
    )
