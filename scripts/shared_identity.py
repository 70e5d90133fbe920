"""An SES identity that is there already: two environments of one account and region can share it, only one can own it.

The one that made it destroys it; for the others it has to be given. SES would refuse a second creation in the middle of an
apply, and an import would make two environments the owners of one identity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.plan_review.plan_json import Kind, Plan

Json = dict[str, Any]
TYPE = "aws_sesv2_email_identity"


def owner_of(ses: Any, identity: str) -> dict[str, str] | None:
    """Tags of the identity, which name its owner; None when SES has no such identity."""
    try:
        answer = ses.get_email_identity(EmailIdentity=identity)
    except ClientError as error:
        if error.response["Error"]["Code"] != "NotFoundException":
            raise
        return None
    return {tag["Key"]: tag["Value"] for tag in answer.get("Tags", [])}


def belongs_to_others(owner: Mapping[str, str] | None, *, project: str, environment: str) -> bool:
    """Is it there, and not made by this environment? Its own one is there without the state when an answer was lost."""
    return owner is not None and (owner.get("project"), owner.get("environment")) != (project, environment)


def advice(identity: str, owner: Mapping[str, str], value_file: str) -> str:
    """What to do about it, in one sentence."""
    made_by = owner.get("environment") if owner.get("managed_by") == "terraform" else None
    whose = f"made by the environment {made_by}" if made_by else "not made by this environment"
    return (
        f"SES has the identity {identity} already, {whose}: set create_identity = false in {value_file}. This environment "
        "then sends from it, and leaves it alone when it is destroyed (docs/how-to/bring-your-own.md)"
    )


def refusals(plan: Plan, ses: Any, value_file: str) -> list[str]:
    """One sentence for each identity that the plan would create although it is somebody else's.

    Who may not look is not stopped: SES refuses the creation itself.
    """
    found = []
    for change in plan.changes:
        if change.type != TYPE or change.kind is not Kind.CREATE or change.imported_id:
            continue
        values: Json = change.after or {}
        tags = values.get("tags_all") or {}
        try:
            owner = owner_of(ses, values["email_identity"])
        except (BotoCoreError, ClientError):
            continue
        if belongs_to_others(owner, project=tags.get("project", ""), environment=tags.get("environment", "")):
            found.append(advice(values["email_identity"], owner or {}, value_file))
    return found


def identities_that_go(plan: Plan) -> list[str]:
    """Identities that the plan deletes: whoever shares them cannot send any more."""
    gone = [change for change in plan.changes if change.type == TYPE and change.kind is Kind.DELETE]
    return [change.before["email_identity"] for change in gone]
