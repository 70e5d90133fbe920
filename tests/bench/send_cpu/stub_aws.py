"""A stand-in for DynamoDB, S3, SES, Firehose and KMS on one loopback port, in a process of its own.

It keeps just enough state for a batch to be sent by the real adapters: what is measured is the CPU of our process, so the
services only have to answer correctly. ``python -m tests.bench.send_cpu.stub_aws SECONDS`` prints its port and serves until its
standard input ends; SES answers after so many seconds.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Json = dict[str, Any]


class Table:
    """Items by (table, pk, sk), with the few expressions that the sending adapters use."""

    def __init__(self) -> None:
        self.items: dict[tuple[str, str, str], Json] = {}
        self.lock = threading.Lock()

    def handle(self, operation: str, request: Json) -> Json:
        with self.lock:
            return getattr(self, operation)(request)

    def GetItem(self, request: Json) -> Json:
        item = self.items.get(_key(request["TableName"], request["Key"]))
        return {"Item": item} if item else {}

    def PutItem(self, request: Json) -> Json:
        self._put(request["TableName"], request["Item"])
        return {}

    def BatchGetItem(self, request: Json) -> Json:
        found = {
            table: [item for key in wanted["Keys"] if (item := self.items.get(_key(table, key)))]
            for table, wanted in request["RequestItems"].items()
        }
        return {"Responses": found, "UnprocessedKeys": {}}

    def BatchWriteItem(self, request: Json) -> Json:
        for table, writes in request["RequestItems"].items():
            for write in writes:
                self._put(table, write["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def TransactWriteItems(self, request: Json) -> Json:
        for write in request["TransactItems"]:
            if "Put" in write:
                self._put(write["Put"]["TableName"], write["Put"]["Item"])
            else:
                self._add(write["Update"])
        return {}

    def UpdateItem(self, request: Json) -> Json:
        key = _key(request["TableName"], request["Key"])
        for part in request["UpdateExpression"].removeprefix("SET ").split(", "):
            name, value = part.split(" = ")
            names = request.get("ExpressionAttributeNames", {})
            self.items[key][names.get(name, name)] = request["ExpressionAttributeValues"][value]
        return {}

    def Query(self, request: Json) -> Json:
        values = list(request["ExpressionAttributeValues"].values())
        prefix = values[1]["S"] if len(values) > 1 else ""
        found = [
            item
            for (table, pk, sk), item in self.items.items()
            if (table, pk) == (request["TableName"], values[0]["S"]) and sk.startswith(prefix)
        ]
        return {"Items": sorted(found, key=lambda item: item["sk"]["S"])}

    def _put(self, table: str, item: Json) -> None:
        self.items[_key(table, item)] = item

    def _add(self, update: Json) -> None:
        item = self.items.setdefault(_key(update["TableName"], update["Key"]), dict(update["Key"]))
        for part in update["UpdateExpression"].removeprefix("ADD ").split(", "):
            name, value = part.split(" ")
            name = update["ExpressionAttributeNames"][name]
            number = int(item.get(name, {"N": "0"})["N"]) + int(update["ExpressionAttributeValues"][value]["N"])
            item[name] = {"N": str(number)}


def _key(table: str, item: Json) -> tuple[str, str, str]:
    return table, item["pk"]["S"], item["sk"]["S"]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    table = Table()
    objects: dict[str, bytes] = {}  # noqa: RUF012 (shared by all requests on purpose)
    mails = 0
    ses_answers_after = 0.0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "")
        if target.startswith("DynamoDB"):
            self._answer(json.dumps(self.table.handle(target.split(".")[1], json.loads(body))).encode())
        elif target.startswith("Firehose"):
            count = len(json.loads(body)["Records"])
            self._answer(json.dumps({"FailedPutCount": 0, "RequestResponses": [{"RecordId": "r"}] * count}).encode())
        elif target.startswith("TrentService"):
            self._answer(b'{"Mac": "c2VjcmV0IGtleSBvZiB0aGUgYmVuY2ggZm9yIHRva2Vucw=="}')
        elif self.path.startswith("/v2/email/outbound-emails"):
            Handler.mails += 1
            time.sleep(self.ses_answers_after)
            self._answer(json.dumps({"MessageId": f"m-{Handler.mails:08d}"}).encode())
        else:
            self._answer(b'{"message": "not part of this stub"}', 404)

    def do_PUT(self) -> None:
        self.objects[self.path.split("?")[0]] = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(b"")

    def do_GET(self) -> None:
        if self.path.startswith("/v2/email/suppression/addresses"):
            self._answer(b'{"SuppressedDestinationSummaries": []}')
        elif self.path == "/mails":
            self._answer(str(Handler.mails).encode())
        elif self.path.split("?")[0] in self.objects:
            self._answer(self.objects[self.path.split("?")[0]])
        else:
            self._answer(b"", 404)

    def _answer(self, body: bytes, status: int = 200) -> None:
        head = (
            f'HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nETag: "1"\r\n'
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def main() -> None:
    Handler.ses_answers_after = float(sys.argv[1])
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
