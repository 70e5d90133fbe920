"""How an unmodified AWS client, in any language, is pointed at the kit: environment variables and one data folder.

botocore reads ``AWS_DATA_PATH`` and merges ``service-2.sdk-extras.json`` over its own Pinpoint model, so that it signs
for API Gateway's IAM authoriser (``execute-api``) in place of ``mobiletargeting``.
"""

from __future__ import annotations

import json
import os
import shlex
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from scripts.local_session import local_session

SIGNING_NAME = {"version": 1.0, "merge": {"metadata": {"signingName": "execute-api"}}}


def write_client_data(folder: Path) -> Path:
    """Write what AWS_DATA_PATH points to; answers the folder."""
    target = folder / "pinpoint" / "2016-12-01" / "service-2.sdk-extras.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps(SIGNING_NAME) + "\n", encoding="utf-8")
    return folder


# A shell may name a profile, another endpoint or a proxy that the local AWS knows nothing of.
LOCAL_ONLY = (
    "unset AWS_PROFILE AWS_DEFAULT_PROFILE AWS_SESSION_TOKEN AWS_IGNORE_CONFIGURED_ENDPOINT_URLS AWS_CA_BUNDLE",
    "for name in $(env | sed -n 's/^\\(AWS_ENDPOINT_URL_[A-Z0-9_]*\\)=.*/\\1/p'); do unset \"$name\"; done",
    "export AWS_CONFIG_FILE=/dev/null AWS_SHARED_CREDENTIALS_FILE=/dev/null",
    'export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}"',
    'export no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"',
)


def write_environment_file(path: Path, variables: Mapping[str, str], *, before: Sequence[str] = ()) -> None:
    """A file for ``source``: one export per line, values quoted for the shell, after the lines of ``before``."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [*before, *(f"export {name}={shlex.quote(value)}" for name, value in variables.items())]
    path.write_text("# made by kit; source it, then use any AWS client\n" + "\n".join(lines) + "\n", encoding="utf-8")


class Clients:
    """boto3 clients for one place: the local AWS (``endpoint_url`` given) or a real account (None)."""

    def __init__(
        self,
        *,
        api_url: str | None,
        data_folder: Path,
        endpoint_url: str | None = None,
        region: str | None = None,
        profile: str | None = None,
    ) -> None:
        self._endpoint_url = endpoint_url
        self._api_url = api_url
        self._data_folder = data_folder
        self._profile = profile
        # boto3 reads AWS_DEFAULT_REGION only; every other tool reads AWS_REGION.
        keys: dict[str, Any] = {"region_name": region or os.environ.get("AWS_REGION"), "profile_name": profile}
        given = {name: value for name, value in keys.items() if value}
        self.session = local_session() if endpoint_url else boto3.Session(**given)

    def client(self, service: str, **options: Any) -> Any:
        """A client of one AWS service."""
        config = Config(retries={"mode": "standard", "max_attempts": 5}, user_agent_extra="targeted-messaging-kit")
        return self.session.client(service, endpoint_url=self._endpoint_url, config=config, **options)

    def shared(self) -> Callable[[str], Any]:
        """Service -> one client for all threads; a session may make only one client at a time."""
        made: dict[str, Any] = {}
        lock = threading.Lock()

        def client(service: str) -> Any:
            with lock:
                if service not in made:
                    made[service] = self.client(service)
                return made[service]

        return client

    def pinpoint(self) -> Any:
        """The unmodified Pinpoint client, pointed at the engagement API."""
        if not self._api_url:
            raise ValueError("the engagement API's URL is not known yet: apply the Terraform configuration first")
        data = write_client_data(self._data_folder)
        # A session of its own: botocore looks for service data when a session is made.
        if self._endpoint_url:
            session = local_session(data)
        else:
            os.environ["AWS_DATA_PATH"] = str(data)
            who: dict[str, Any] = {"profile_name": self._profile} if self._profile else {}
            session = boto3.Session(region_name=self.session.region_name, **who)
        return session.client("pinpoint", endpoint_url=self._api_url, config=Config(retries={"mode": "standard"}))
