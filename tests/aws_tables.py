"""Tables as Terraform makes them, for moto."""

from __future__ import annotations

from typing import Any


def make_table(client: Any, name: str = "engagement") -> str:
    """A table with the kit's key schema (terraform/modules/engagement_store/tables.json)."""
    client.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk")],
        BillingMode="PAY_PER_REQUEST",
    )
    return name
