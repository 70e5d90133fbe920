"""May Personalize take a role? Asked of the local AWS's IAM: the role must be there and trust the service."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from personalize.local_service.aws_client import local_client
from personalize.local_service.bucket_policy import SERVICE, allows
from personalize.local_service.errors import invalid_input

REFUSED = "Amazon Personalize can't assume the role {role}: {why}."
log = logging.getLogger("personalize")


def trusts_personalize(policy: Mapping[str, Any], facts: Mapping[str, str]) -> bool:
    """``policy`` is a role's trust policy; ``facts`` as in ``bucket_policy.allows``. A trust names no resource."""
    statements = policy.get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    whole = {"Statement": [{**statement, "Resource": "*"} for statement in listed]}
    return allows(whole, action="sts:AssumeRole", resource="role", facts=facts)


class Roles:
    """``client`` is an IAM client of ``account``; an IAM that does not answer refuses nothing."""

    def __init__(self, client: Any, account: str, region: str) -> None:
        self._client = client
        self._account = account
        self._facts = {"aws:SourceAccount": account, "aws:SourceArn": f"arn:aws:personalize:{region}:{account}:any"}

    @classmethod
    def at(cls, endpoint_url: str, account: str, region: str) -> Roles:
        patience = {"connect_timeout": 2, "read_timeout": 5, "retries": {"total_max_attempts": 1}}
        return cls(local_client("iam", endpoint_url, region, **patience), account, region)

    def demand(self, arn: str) -> None:
        """Raises InvalidInputException when the role ``arn`` is not there or does not trust Personalize."""
        from botocore.exceptions import BotoCoreError, ClientError

        account, _, path = arn.partition(":iam::")[2].partition(":role/")
        if account != self._account:
            raise invalid_input(REFUSED.format(role=arn, why=f"it is not a role of the account {self._account}"))
        try:
            role = self._client.get_role(RoleName=path.rsplit("/", 1)[-1])["Role"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchEntity":
                raise invalid_input(REFUSED.format(role=arn, why="it does not exist")) from None
            log.warning("the role %s was not checked: %s", arn, error)
            return
        except BotoCoreError as error:
            log.warning("the role %s was not checked: %s", arn, error)
            return
        if role["Arn"].partition(":role/")[2] != path:
            raise invalid_input(REFUSED.format(role=arn, why=f"it does not exist; there is {role['Arn']}"))
        if not trusts_personalize(role["AssumeRolePolicyDocument"], self._facts):
            raise invalid_input(REFUSED.format(role=arn, why=f"its trust policy does not let {SERVICE} assume it"))
