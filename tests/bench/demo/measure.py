"""The demo's later runs beside a bare ``terraform apply`` of the same configuration on the same local AWS."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from scripts.build_folder import REPO, TERRAFORM
from scripts.local_aws.process import LocalAws
from scripts.packaging import build_package
from scripts.terraform_cli import Terraform

RUNS = 3


def demo_seconds(build: Path) -> float:
    """One run of ``kit demo``; raises when it fails."""
    path = os.pathsep.join([str(REPO), str(REPO / "lambda_src")])
    environment = {**os.environ, "KIT_BUILD": str(build), "PYTHONPATH": path}
    started = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "scripts.cli", "demo"], cwd=REPO, env=environment, check=True, stdout=subprocess.DEVNULL
    )
    return time.monotonic() - started


def bare_apply_seconds(build: Path, number: int) -> float:
    """``terraform apply`` alone (it plans first), on an empty local AWS; set-up is not counted."""
    folder = build / f"bare-{number}"
    with LocalAws.start(folder) as aws:
        terraform = Terraform(
            TERRAFORM, data_folder=build / "terraform", state=folder / "terraform.tfstate", env=aws.client_environment()
        )
        terraform.init()
        variables = {"local_aws_url": aws.endpoint_url}
        started = time.monotonic()
        terraform.plan(out=folder / "plan", var_file=TERRAFORM / "environments/local.tfvars", variables=variables)
        terraform.apply(folder / "plan")
        return time.monotonic() - started


def measure() -> list[dict]:
    """Alternating runs; the first run of the demo is set-up and does not count."""
    build_package()
    with tempfile.TemporaryDirectory(prefix="kit-bench-") as folder:
        build = Path(folder)
        demo_seconds(build)
        demos, applies = [], []
        for number in range(RUNS):
            applies.append(bare_apply_seconds(build, number))
            demos.append(demo_seconds(build))
    ours, peer = median(demos), median(applies)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return [
        {
            "name": "demo, second run", "unit": "s", "ours": round(ours, 1), "peer": round(peer, 1),
            "peer_name": "bare terraform apply", "ratio": round(ours / peer, 3), "target": "<= 1.3", "runs": RUNS,
        },
        {
            "name": "demo, largest process", "unit": "MB", "ours": round(peak), "peer": None, "peer_name": None,
            "ratio": None, "target": None, "runs": RUNS,
        },
    ]  # fmt: skip
