"""CreateSchema: ready at once, as in the service; a schema has no status."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personalize.local_service.avro_schema import check_by_name, read_schema
from personalize.local_service.kinds import SCHEMA
from personalize.local_service.store import Resource

if TYPE_CHECKING:
    from personalize.local_service.service import Caller, Operation, Service

Json = dict[str, Any]


def create_schema(service: Service, caller: Caller, request: Json) -> Json:
    content = read_schema(request["schema"])
    check_by_name(content)
    arn = caller.arn(SCHEMA.path, request["name"])
    body = {"schemaArn": arn, **{name: request.get(name) for name in ("name", "schema", "domain")}}
    with service.store.lock:
        if service.store.find(arn) is None:
            service.check_quota("schemas", SCHEMA)
        service.store.add(Resource(SCHEMA, arn, body, content=content))
    return {"schemaArn": arn}


OPERATIONS: dict[str, Operation] = {"CreateSchema": create_schema}
