from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from scripts.client_environment import Clients

BUCKETS = b"<ListAllMyBucketsResult><Buckets><Bucket><Name>mine</Name></Bucket></Buckets></ListAllMyBucketsResult>"


class _Answer(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = BUCKETS if "/v1/apps" not in self.path else b'{"Item": []}'
        self.server.signed.append(self.headers["Authorization"])  # type: ignore[attr-defined]
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), _Answer) as running:
        running.signed = []  # type: ignore[attr-defined]
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


ENVIRONMENTS = [
    {},
    {"AWS_PROFILE": "nonsense"},
    {"AWS_DEFAULT_PROFILE": "nonsense"},
    {"AWS_DEFAULTS_MODE": "nonsense"},
    {"AWS_USE_FIPS_ENDPOINT": "true", "AWS_RETRY_MODE": "nonsense", "AWS_MAX_ATTEMPTS": "x"},
    {"AWS_CA_BUNDLE": "/nowhere", "AWS_REGION": "nowhere-1", "AWS_DEFAULT_REGION": "nowhere-1"},
    {"AWS_ACCESS_KEY_ID": "mine", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token"},
    {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "ALL_PROXY": "http://127.0.0.1:9"},
    {"AWS_CONFIG_FILE": "{folder}/broken", "AWS_SHARED_CREDENTIALS_FILE": "{folder}/broken"},
]


@pytest.mark.parametrize("variables", ENVIRONMENTS, ids=lambda one: " ".join(one) or "nothing")
def test_the_local_aws_is_reached_whatever_the_environment_says(
    variables: dict[str, str], server: HTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken").write_text("[profile\nno = key\n=x", encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(name, value.format(folder=tmp_path))
    url = f"http://127.0.0.1:{server.server_port}"
    clients = Clients(api_url=url, data_folder=tmp_path / "data", endpoint_url=url)
    assert [bucket["Name"] for bucket in clients.client("s3").list_buckets()["Buckets"]] == ["mine"]
    assert clients.pinpoint().get_apps()["ApplicationsResponse"]["Item"] == []
    to_s3, to_engine = server.signed  # type: ignore[attr-defined]
    assert "Credential=test/" in to_s3 and "/us-east-1/s3/" in to_s3
    assert "/us-east-1/execute-api/" in to_engine, "the engine's authoriser wants its own name in the signature"
