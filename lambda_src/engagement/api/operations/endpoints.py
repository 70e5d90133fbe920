"""Endpoints and users."""

from __future__ import annotations

from typing import Any

from engagement.usecases.find_endpoints import (
    delete_endpoint,
    delete_user_endpoints,
    find_endpoint,
    find_user_endpoints,
)
from engagement.usecases.write_endpoints import write_endpoint, write_endpoints

Json = dict[str, Any]


def update_one(app: Any, request: Json) -> Json:
    return write_endpoint(app, request["ApplicationId"], request["EndpointId"], request["EndpointRequest"])


def update_batch(app: Any, request: Json) -> Json:
    return write_endpoints(app, request["ApplicationId"], request["EndpointBatchRequest"]["Item"])


def get_one(app: Any, request: Json) -> Json:
    return find_endpoint(app, request["ApplicationId"], request["EndpointId"])


def delete_one(app: Any, request: Json) -> Json:
    return delete_endpoint(app, request["ApplicationId"], request["EndpointId"])


def get_user(app: Any, request: Json) -> Json:
    return find_user_endpoints(app, request["ApplicationId"], request["UserId"])


def delete_user(app: Any, request: Json) -> Json:
    return delete_user_endpoints(app, request["ApplicationId"], request["UserId"])


OPERATIONS = {
    "UpdateEndpoint": update_one,
    "UpdateEndpointsBatch": update_batch,
    "GetEndpoint": get_one,
    "DeleteEndpoint": delete_one,
    "GetUserEndpoints": get_user,
    "DeleteUserEndpoints": delete_user,
}
