"""What a turn of the retraining may call in AWS: read from the driver, as tests/rules/code_paths.py reads the engine."""

from __future__ import annotations

import ast
from pathlib import Path

import botocore.session
from botocore import xform_name

from personalize.driver.model import Kind
from personalize.driver.personalize_api import _NOUNS

DRIVER = Path(__file__).parents[2] / "personalize" / "driver"
UPDATED = {Kind.CAMPAIGN, Kind.DATASET, Kind.SOLUTION}
UNTAGS = {"untag_resource"}  # only `kit train --undo-roll-back` does
S3 = {
    "get_object": "s3:GetObject", "head_object": "s3:GetObject", "list_objects_v2": "s3:ListBucket",
    "head_bucket": "s3:ListBucket", "put_object": "s3:PutObject", "upload_file": "s3:PutObject",
    "get_bucket_policy": "s3:GetBucketPolicy",
}  # fmt: skip


def training_actions() -> set[str]:
    """IAM actions behind the driver's calls; handing a role to Personalize is one of its own."""
    spelled = {xform_name(name): name for name in _operations()}
    verbs = ("create", "describe", "delete")
    calls = {f"{verb}_{noun.snake}" for verb in verbs for noun in _NOUNS.values()}
    calls |= {f"update_{_NOUNS[kind].snake}" for kind in UPDATED}
    calls |= {f"list_{noun.snake}s" for noun in _NOUNS.values()}
    calls |= _texts("personalize_api.py") & set(spelled)
    found = {f"personalize:{spelled[call]}" for call in calls - UNTAGS if call in spelled}
    called = _attributes("sources.py") | _texts("sources.py")
    return found | {action for call, action in S3.items() if call in called} | {"iam:PassRole"}


def _operations() -> list[str]:
    return list(botocore.session.get_session().get_service_model("personalize").operation_names)


def _tree(name: str) -> ast.Module:
    return ast.parse((DRIVER / name).read_text("utf-8"))


def _texts(name: str) -> set[str]:
    return {
        node.value for node in ast.walk(_tree(name)) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def _attributes(name: str) -> set[str]:
    return {node.attr for node in ast.walk(_tree(name)) if isinstance(node, ast.Attribute)}
