"""Real plans of small configurations: tests/fixtures/plans/<kind>/before.tf is applied on a local AWS, after.tf planned.

``python -m tests.plan_review.real_plans`` writes their reviews to docs/plan-review-examples.

Every kind's ``before.tf`` is applied in one go and the state is then divided by kind, so that a kind costs one plan.
"""

from __future__ import annotations

import json
import re
import tempfile
import threading
import zipfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from scripts.local_aws.process import LocalAws
from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.rendering import markdown
from scripts.plan_review.review import Review, review_plan
from scripts.planning import review_of_failed_plan
from scripts.terraform_cli import Terraform, TerraformError

Json = dict[str, Any]
FIXTURES = Path(__file__).parents[1] / "fixtures" / "plans"
BASE = FIXTURES / "base"
EXAMPLES = Path(__file__).parents[2] / "docs" / "plan-review-examples"
KINDS = sorted(folder.name for folder in FIXTURES.iterdir() if folder.is_dir() and folder != BASE)
# What nobody may ever see; long and odd enough not to be found by chance.
SECRETS = {
    "database_password": "correct-horse-battery-staple",
    "tenant_secrets": {"north": "xyzzy-north-4711", "west": "xyzzy-west-0815"},
    "session_token": "plugh-session-2342",
}
WORKERS = 2


@dataclass(frozen=True)
class RealPlan:
    """One kind's plan and what the review makes of it. ``error`` is Terraform's, where the plan fails."""

    kind: str
    document: Json
    review: Review
    error: TerraformError | None = None


class Bench:
    """One working folder with one initialised Terraform: configurations and states are swapped below it."""

    def __init__(self, folder: Path, aws: LocalAws, packages: tuple[Path, Path]) -> None:
        self._configuration = folder / "configuration"
        self._configuration.mkdir(parents=True)
        for path in BASE.iterdir():
            (self._configuration / path.name).write_bytes(path.read_bytes())
        self._plan = folder / "plan.tfplan"
        self.state = folder / "terraform.tfstate"
        self._variables = {
            "package_a": str(packages[0]), "package_b": str(packages[1]),
            "database_password": SECRETS["database_password"], "session_token": SECRETS["session_token"],
            "tenant_secrets": json.dumps(SECRETS["tenant_secrets"]),
        }  # fmt: skip
        environment = {**aws.client_environment(), **{f"TF_VAR_{k}": str(v) for k, v in self._variables.items()}}
        self._configure(())
        self._terraform = Terraform(
            self._configuration, folder / "data", state=self.state, env=environment, say=lambda _: None
        )
        self._terraform.init()

    def apply(self, files: Iterable[Path]) -> Json:
        """Apply these files together; answers the state."""
        self._configure(files)
        self._terraform.plan(out=self._plan)
        self._terraform.apply(self._plan)
        return json.loads(self.state.read_text())

    def plan(self, kind: str, state: Json) -> RealPlan:
        """Plan ``after.tf`` of one kind on its part of the state."""
        self._configure([FIXTURES / kind / "after.tf"])
        self.state.write_text(json.dumps(state))
        self._plan.unlink(missing_ok=True)
        try:
            self._terraform.plan(out=self._plan)
        except TerraformError as error:
            document, review = review_of_failed_plan(self._terraform, self._plan, environment=kind, error=error)
            return RealPlan(kind, document, review, error)
        document = self._terraform.show_json(self._plan)
        return RealPlan(kind, document, review_plan(read_plan(document), environment=kind))

    def _configure(self, files: Iterable[Path]) -> None:
        texts = [path.read_text() for path in files if path.exists()]
        (self._configuration / "main.tf").write_text("\n".join(texts))


def make_real_plans(folder: Path, kinds: Iterable[str] = KINDS) -> dict[str, RealPlan]:
    """Apply, change outside, plan: one real plan of each kind."""
    kinds = list(kinds)
    packages = (_package(folder / "a.zip", "1"), _package(folder / "b.zip", "2"))
    with LocalAws.start(folder / "aws") as aws, ThreadPoolExecutor(WORKERS) as pool:
        benches = list(pool.map(lambda n: Bench(folder / f"bench-{n}", aws, packages), range(WORKERS)))
        state = benches[0].apply(FIXTURES / kind / "before.tf" for kind in kinds)
        _change_outside(aws)
        local = threading.local()

        def plan(kind: str) -> RealPlan:
            if not hasattr(local, "bench"):
                local.bench = benches.pop()
            return local.bench.plan(kind, _part(state, FIXTURES / kind / "before.tf"))

        return {made.kind: made for made in pool.map(plan, kinds)}


def _part(state: Json, before: Path) -> Json:
    """The state without what this file does not declare."""
    text = before.read_text() if before.exists() else ""
    own = set(re.findall(r'^resource "(\w+)" "(\w+)"', text, re.MULTILINE))
    outputs = set(re.findall(r'^output "(\w+)"', text, re.MULTILINE))
    return {
        **state,
        "resources": [item for item in state["resources"] if (item["type"], item["name"]) in own],
        "outputs": {name: value for name, value in state["outputs"].items() if name in outputs},
        "check_results": None,
    }


def _change_outside(aws: LocalAws) -> None:
    """What somebody does by hand, for the kinds ``drift`` and ``import``."""
    session = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1")
    ssm, logs, dynamodb = (session.client(name, endpoint_url=aws.endpoint_url) for name in ("ssm", "logs", "dynamodb"))
    ssm.put_parameter(Name="/shop/price-list", Value="summer", Overwrite=True)
    logs.put_retention_policy(logGroupName="/shop/drifted", retentionInDays=7)
    dynamodb.delete_table(TableName="shop-vouchers")
    logs.create_log_group(logGroupName="/shop/made-by-hand")
    ssm.put_parameter(Name="/shop/made-by-hand", Type="String", Value="kept")


def _package(path: Path, content: str) -> Path:
    """A function's zip, the same bytes on any day."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as zipped:
        code = f"def handle(event, context):\n    return {content}\n"
        zipped.writestr(zipfile.ZipInfo("index.py", (2026, 1, 1, 0, 0, 0)), code)
    return path


# What differs from run to run: pattern -> what the examples hold in its place.
UNSTABLE = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:4566"),
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "00000000-0000-0000-0000-000000000000"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:?00)?"), "2026-01-01T00:00:00Z"),
    (re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])"), "(hash)"),
    (re.compile(r"(?<=source_code_size = )\d+"), "1000000"),
    (re.compile(r'(?<=/tmp/)[^"` ]*/(?=[ab]\.zip)|/[^"` ]*/(?=[ab]\.zip)'), ""),
)  # fmt: skip


API_ID = re.compile(r"(?<=execute-api/)[0-9a-z]+(?=/)")


def stable(text: str) -> str:
    """``text`` with everything that differs from run to run replaced."""
    for pattern, replacement in UNSTABLE:
        text = pattern.sub(replacement, text)
    for api_id in set(API_ID.findall(text)):
        text = re.sub(rf"\b{api_id}\b", "a1b2c3d4e5", text)
    return text


def write_examples() -> None:
    """Write the review of every kind as an example for people."""
    EXAMPLES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for kind, made in make_real_plans(Path(folder)).items():
            (EXAMPLES / f"{kind}.md").write_text(stable(markdown(made.review)), encoding="utf-8")


if __name__ == "__main__":
    write_examples()
