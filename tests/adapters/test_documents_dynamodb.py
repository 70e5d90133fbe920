"""What only the real store can get wrong: item sizes, leftovers, replaced parts, faults."""

from __future__ import annotations

import pytest
from botocore.exceptions import EndpointConnectionError

from engagement.adapters.documents_dynamodb import DynamoDocuments
from engagement.errors import Conflict, Forbidden, TooManyRequests, Unavailable
from tests.aws_faults import Broken, client_error
from tests.aws_tables import make_table
from tests.contract.test_documents import changed, incompressible

pytestmark = pytest.mark.contract

LARGE = incompressible(1_200_000)


@pytest.fixture
def client(aws):
    client = aws("dynamodb")
    make_table(client)
    return client


@pytest.fixture
def documents(client):
    return DynamoDocuments(table="engagement", client=client)


def items(client):
    pages = client.get_paginator("scan").paginate(TableName="engagement")
    return [item for page in pages for item in page["Items"]]


def test_small_bodies_can_be_read_in_the_console_large_ones_are_packed(documents, client):
    documents.create("c", "small", {"Name": "a name"})
    documents.create("c", "packed", {"text": "word " * 100_000})
    by_id = {item["sk"]["S"]: item for item in items(client)}
    assert by_id["small"]["body"] == {"S": '{"Name":"a name"}'}
    assert len(by_id["packed"]["packed"]["B"]) < 10_000


def test_nothing_is_left_of_large_bodies_that_were_replaced_or_deleted(documents, client):
    document = documents.create("c", "d", {"text": LARGE})
    assert len(items(client)) == 1 + 3  # 1.2 million characters, compressed, are three parts
    document = documents.put("c", changed(document, {"text": "now small"}))
    assert len(items(client)) == 1
    document = documents.put("c", changed(document, {"text": LARGE}), new_version=True)
    document = documents.put("c", changed(document, {"text": "3"}), new_version=True)
    document = documents.remove_version("c", document, 2, {"text": "3"})
    assert len(items(client)) == 2
    documents.put("c", changed(document, {"text": LARGE}), new_version=True)
    documents.delete("c", "d")
    assert items(client) == []


def test_a_lost_race_takes_its_parts_back(documents, client):
    document = documents.create("c", "d", {"text": "x"})
    with pytest.raises(Conflict):
        documents.create("c", "d", {"text": LARGE})
    stale = changed(document, {"text": LARGE})
    documents.put("c", changed(document, {"text": "y"}))
    with pytest.raises(Conflict):
        documents.put("c", stale)
    assert len(items(client)) == 1


def test_a_reader_whose_parts_are_replaced_reads_again(documents, client):
    first = documents.create("c", "d", {"text": LARGE})

    class Slow:
        """Replaces the document between a reader's two requests, once."""

        replaced = False

        def __getattr__(self, name):
            return getattr(client, name)

        def query(self, **request):
            if not self.replaced:
                self.replaced = True
                documents.put("c", changed(first, {"text": LARGE + "!"}))
            return client.query(**request)

    assert DynamoDocuments(table="engagement", client=Slow()).get("c", "d").body == {"text": LARGE + "!"}


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (client_error("ProvisionedThroughputExceededException"), TooManyRequests),
        (client_error("AccessDeniedException"), Forbidden),
        (client_error("ResourceNotFoundException"), Unavailable),
        (client_error("ValidationException"), Unavailable),
        (client_error("InternalServerError", 500), Unavailable),
        (client_error("TransactionConflictException"), Conflict),
        (EndpointConnectionError(endpoint_url="http://x"), Unavailable),
    ],
)
def test_faults_of_the_store_are_never_the_callers(error, expected):
    documents = DynamoDocuments(table="t", client=Broken(error))
    with pytest.raises(expected):
        documents.get("c", "d")
    with pytest.raises(expected):
        documents.create("c", "d", {})


def test_two_transactions_at_once_are_a_conflict(documents, client):
    document = documents.create("c", "d", {"n": 1})
    cancelled = client_error("TransactionCanceledException", CancellationReasons=[{"Code": "TransactionConflict"}])

    class Busy:
        def __getattr__(self, name):
            return getattr(client, name)

        def transact_write_items(self, **request):
            raise cancelled

    with pytest.raises(Conflict):
        DynamoDocuments(table="engagement", client=Busy()).put("c", document, new_version=True)
