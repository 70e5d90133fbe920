"""Clients of the local AWS answer to nobody's environment: a profile that does not exist here, or a proxy, is not theirs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import botocore.session
from botocore.config import Config

REGION = "us-east-1"
KEYS = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}


def local_session(data_folder: Path | None = None) -> boto3.Session:
    """A session that reads no AWS variable, no proxy's and no configuration file; service data also from ``data_folder``."""
    read: dict[str, Any] = botocore.session.Session.SESSION_VARIABLES
    unread = {name: (None, None, default, convert) for name, (_, _, default, convert) in read.items()}
    for name in ("config_file", "credentials_file"):
        unread[name] = (None, None, "", None)
    unread["data_path"] = (None, None, str(data_folder) if data_folder else None, None)
    session = botocore.session.Session(session_vars=unread)
    session.set_default_client_config(Config(proxies={}))
    return boto3.Session(botocore_session=session, region_name=REGION, **KEYS)
