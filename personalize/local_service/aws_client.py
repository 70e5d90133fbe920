"""Clients of the local AWS that this service runs beside: its buckets, its roles."""

from __future__ import annotations

from typing import Any


def local_client(service: str, endpoint_url: str, region: str, **config: Any) -> Any:
    """``config``: as botocore's Config. boto3 is loaded at the first call, which keeps the start short."""
    import boto3
    from botocore.config import Config

    session = boto3.session.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name=region)  # noqa: S106
    return session.client(service, endpoint_url=endpoint_url, config=Config(**config))
