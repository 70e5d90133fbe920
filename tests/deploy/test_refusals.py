"""What people get wrong: one clear message that names the way on, exit code 1 or 2, never a traceback."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from scripts.local_aws.process import LocalAws
from tests.deploy.workbench import Ended, Workbench, ended, refuses

pytestmark = pytest.mark.e2e

DEV = "terraform/environments/dev.tfvars"
BACKEND = 'bucket = "states"\nkey = "dev.tfstate"\nregion = "us-east-1"\nuse_lockfile = true\nuse_path_style = true\n'
REFUSED = b"""<ErrorResponse><Error><Type>Sender</Type><Code>InvalidClientTokenId</Code>
<Message>The security token included in the request is invalid.</Message></Error></ErrorResponse>"""


class RefusesAll(BaseHTTPRequestHandler):
    """AWS, to somebody whose keys it does not know."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(403)
        self.send_header("content-type", "text/xml")
        self.send_header("content-length", str(len(REFUSED)))
        self.end_headers()
        self.wfile.write(REFUSED)

    do_GET = do_HEAD = do_PUT = do_POST

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture(scope="module")
def refusing_aws() -> Iterator[dict[str, str | None]]:
    """The environment of somebody whose keys AWS refuses (no endpoint for all: it is not a local AWS)."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), RefusesAll)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"
    yield {
        "AWS_ENDPOINT_URL": None, "AWS_ENDPOINT_URL_STS": url, "AWS_ENDPOINT_URL_S3": url, "AWS_ENDPOINT_URL_IAM": url,
        "AWS_ACCESS_KEY_ID": "AKIAEXPIRED", "AWS_SECRET_ACCESS_KEY": "gone", "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
    }  # fmt: skip
    server.shutdown()
    server.server_close()


NOBODY: dict[str, str | None] = {
    "AWS_ENDPOINT_URL": None, "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    "AWS_EC2_METADATA_DISABLED": "true",
}  # fmt: skip
CHANGING = (["plan"], ["deploy", "--yes"], ["destroy", "--confirm", "dev"], ["smoke-test"], ["wire"])


@pytest.mark.parametrize("words", [*CHANGING, ["bootstrap"], ["doctor"]], ids=" ".join)
def test_an_unknown_environment_is_refused_with_those_that_exist(bench: Workbench, words: list[str]):
    refuses(bench.kit(*words, "--env", "stage"), "no environment 'stage'", "dev, local, prod", code=2)


@pytest.mark.parametrize("words", CHANGING, ids=" ".join)
def test_without_a_place_for_the_state_bootstrap_is_named(bench: Workbench, words: list[str]):
    refuses(bench.kit(*words, "--env", "dev", **NOBODY), "kit bootstrap --env dev", code=1)


def test_bootstrap_without_a_region_says_how_to_name_one(bench: Workbench):
    with bench.edited(DEV, "region ", "# region "):
        refuses(bench.kit("bootstrap", "--env", "dev", **NOBODY), "AWS_REGION", "--region", code=1)


@pytest.mark.parametrize("words", [["plan"], ["deploy", "--yes"], ["bootstrap"]], ids=" ".join)
def test_refused_keys_name_the_doctor(bench: Workbench, refusing_aws: dict[str, str | None], words: list[str]):
    backend = bench.folder / "terraform/environments/dev.s3.tfbackend"
    backend.write_text(BACKEND)
    try:
        refuses(bench.kit(*words, "--env", "dev", **refusing_aws), "kit doctor", code=1)
    finally:
        backend.unlink()


def test_no_keys_at_all_name_the_doctor(bench: Workbench):
    backend = bench.folder / "terraform/environments/dev.s3.tfbackend"
    backend.write_text(BACKEND)
    try:
        refuses(bench.kit("plan", "--env", "dev", **NOBODY), "kit doctor", code=1)
    finally:
        backend.unlink()


def test_an_unknown_profile_is_told(bench: Workbench):
    result = bench.kit("bootstrap", "--env", "dev", "--profile", "nobody", **NOBODY)
    refuses(result, "nobody", code=1)


def test_the_doctor_tells_refused_keys(bench: Workbench, refusing_aws: dict[str, str | None]):
    result = bench.kit("doctor", "--env", "dev", **refusing_aws)
    refuses(result, "not ready: credentials", code=1)
    assert "AWS refuses them: InvalidClientTokenId" in result.out


@pytest.mark.parametrize("words", [["plan"], ["deploy", "--yes"], ["destroy", "--confirm", "dev"]], ids=" ".join)
def test_without_terraform_it_says_what_to_install(bench: Workbench, words: list[str], tmp_path: Path):
    tools = tmp_path / "bin"
    tools.mkdir()
    for tool in ("sh", "readlink", "dirname", "git"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout.strip()
        (tools / tool).symlink_to(found)
    refuses(bench.kit(*words, "--env", "dev", PATH=str(tools)), "terraform is not on PATH", "1.10", code=1)


@pytest.mark.parametrize(
    ("path", "old", "new", "phrases"),
    [
        (DEV, 'region       = "us-east-1"', 'region       = "us-east-1', ["dev.tfvars"]),
        (DEV, "operations = {", "operatoins = {", ["operatoins", "dev.tfvars"]),
        (DEV, 'environment  = "dev"', 'environment  = "Dev!"', ["2 to 10 lower-case letters"]),
        (DEV, "log_retention_days = 14", "log_retention_days = 15", ["log_retention_days must be one of"]),
        ("terraform/main.tf", 'module "engagement_store" {', 'module "engagement_store" {{', ["main.tf"]),
        ("terraform/main.tf", "safety             = var.safety", "safety             = var.saftey", ["main.tf", "saftey"]),
    ],
    ids=["quote", "unknown variable", "value", "number", "syntax", "reference"],
)  # fmt: skip
def test_a_broken_configuration_names_file_and_rule(
    bench: Workbench, path: str, old: str, new: str, phrases: list[str]
):
    with bench.edited(path, old, new):
        refuses(bench.kit("plan", "--env", "dev"), *phrases, code=1)


def limited(bench: Workbench, *words: str) -> Ended:
    """`kit` where no file may grow beyond 512 bytes: what a full disk does, at the first larger write."""
    program = bench.folder / "limited"
    program.write_text('#!/bin/sh\nulimit -f 1\nexec "$(dirname "$0")/scripts/kit" "$@"\n')
    program.chmod(0o755)
    process = subprocess.Popen(
        [str(program), *words], cwd=bench.folder, env={"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1", **bench.environment},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    try:
        return ended(process)
    finally:
        program.unlink()


def test_a_full_disk_is_told(bench: Workbench):
    zipped = bench.folder / "build" / "lambda.zip"
    zipped.unlink(missing_ok=True)
    refuses(limited(bench, "package"), "cannot write", code=1)
    refuses(limited(bench, "plan", "--env", "dev"), "cannot write", code=1)
    assert not zipped.exists(), "half a zip was left behind"


def test_a_build_folder_that_is_a_file_is_told(tmp_path: Path, local_aws: LocalAws):
    blocked = Workbench.make(tmp_path / "kit", AWS_ENDPOINT_URL=local_aws.endpoint_url)
    subprocess.run(["rm", "-rf", str(blocked.folder / "build")], check=True)
    (blocked.folder / "build").write_text("not a folder")
    refuses(blocked.kit("plan", "--env", "dev"), "cannot write", "build", code=1)


def test_two_at_once_in_one_environment_wait_for_each_other(bench: Workbench):
    first = bench.start("plan", "--env", "prod")
    folder = next(iter((bench.folder / "build").glob("tried-out/*")), bench.folder) / "prod"
    while first.poll() is None and not (folder / ".lock").exists():
        folder = next(iter((bench.folder / "build").glob("tried-out/*")), bench.folder) / "prod"
    second = bench.kit("plan", "--env", "prod")
    refuses(second, "a plan, deploy or destroy of prod runs already", code=1)
    assert ended(first).code == 3


@pytest.mark.parametrize("words", [["destroy"], ["deploy"]], ids=" ".join)
def test_without_somebody_to_ask_nothing_happens(bench: Workbench, words: list[str]):
    """Nothing is deployed: destroy has nothing to do; deploy asks, and there is no answer."""
    result = bench.kit(*words, "--env", "dev")
    assert "Traceback" not in result.err
    if words == ["destroy"]:
        assert result.code == 0 and "Nothing of dev is there" in result.err
    else:
        assert result.code == 1 and "Aborted" in result.err


def test_smoke_test_before_a_deployment_names_deploy(bench: Workbench):
    refuses(bench.kit("smoke-test", "--env", "dev"), "kit deploy --env dev", code=1)
