"""The file that is sourced, in a shell that somebody has used before."""

from __future__ import annotations

import json
import os
import shutil
import subprocess

import pytest

from scripts.client_environment import LOCAL_ONLY, write_environment_file

SHOWN = "import json, os; print(json.dumps(dict(os.environ)))"


def sourced(path, shell="sh", **before):
    """The environment of a program that the shell starts after it sourced the file."""
    command = f'. "{path}"; exec python3 -c "{SHOWN}"'
    environment = {"PATH": os.environ["PATH"], **before}
    return json.loads(subprocess.run([shell, "-euc", command], env=environment, check=True, capture_output=True).stdout)


def test_values_come_through_the_shell_as_they_are(tmp_path):
    value = "a b'c\"$HOME`id`\n"
    write_environment_file(tmp_path / "own.env", {"AWS_DATA_PATH": value})
    assert sourced(tmp_path / "own.env")["AWS_DATA_PATH"] == value


@pytest.mark.parametrize("shell", [found for found in ("sh", "bash", "zsh") if shutil.which(found)])
def test_what_the_shell_had_for_another_aws_does_not_reach_the_local_one(tmp_path, shell):
    path = tmp_path / "local.env"
    write_environment_file(path, {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, before=LOCAL_ONLY)
    had = {
        "AWS_PROFILE": "gone", "AWS_DEFAULT_PROFILE": "gone", "AWS_SESSION_TOKEN": "x", "AWS_CA_BUNDLE": "/nope.pem",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true", "AWS_ENDPOINT_URL_S3": "http://nobody.example", "AWS_ENDPOINT_URL_SQS": "x",
        "AWS_CONFIG_FILE": "/nope", "HTTP_PROXY": "http://proxy.example:1", "NO_PROXY": "intranet.example", "KEPT": "1",
    }  # fmt: skip
    found = sourced(path, shell, **had)
    assert {name for name in found if name.startswith("AWS_")} == {
        "AWS_ENDPOINT_URL", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    }  # fmt: skip
    assert found["AWS_CONFIG_FILE"] == found["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert found["NO_PROXY"] == "127.0.0.1,localhost,intranet.example" and found["no_proxy"] == "127.0.0.1,localhost"
    assert (found["KEPT"], found["HTTP_PROXY"]) == ("1", "http://proxy.example:1")


def test_a_client_reaches_the_local_aws_past_a_proxy(tmp_path, monkeypatch):
    from urllib.request import proxy_bypass_environment

    write_environment_file(tmp_path / "local.env", {}, before=LOCAL_ONLY)
    found = sourced(tmp_path / "local.env", http_proxy="http://proxy.example:1", no_proxy="intranet.example")
    proxies = {name.removesuffix("_proxy"): value for name, value in found.items() if name.endswith("_proxy")}
    for host in ("127.0.0.1:4566", "localhost", "abc.execute-api.localhost:4566"):
        assert proxy_bypass_environment(host, proxies), host
    assert not proxy_bypass_environment("example.org", proxies)
