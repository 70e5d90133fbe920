"""Raw paths to operations, in both ways in which gateways hand on a path."""

from __future__ import annotations

import re

import pytest

from engagement.api.routes import match
from engagement.api.service_model import service_model
from engagement.errors import MethodNotAllowed, NotFound

A = "/v1/apps/a1"


@pytest.mark.parametrize("operation", service_model().operations.values(), ids=lambda one: one.name)
def test_every_operation_is_reached(operation):
    path = re.sub(r"\{([^}]+)\}", lambda label: f"%20{label.group(1)}", operation.path)
    found = match(operation.method, path)
    assert found.operation is operation
    assert found.labels == {name: f" {name}" for name in re.findall(r"\{([^}]+)\}", operation.path)}


@pytest.mark.parametrize(
    ("method", "path", "operation", "label"),
    [
        ("PUT", f"{A}/endpoints/a%2Fb%40c.d%2B", "UpdateEndpoint", "a/b@c.d+"),
        ("PUT", f"{A}/endpoints/a/b@c.d+", "UpdateEndpoint", "a/b@c.d+"),
        ("GET", f"{A}/endpoints/a%252Fb", "GetEndpoint", "a%2Fb"),
        ("GET", f"{A}/endpoints/50%25", "GetEndpoint", "50%"),
        ("GET", f"{A}/endpoints/50%", "GetEndpoint", "50%"),
        ("GET", f"{A}/endpoints/a+b", "GetEndpoint", "a+b"),
        ("GET", f"{A}/endpoints/gr%C3%B6%C3%9Fer", "GetEndpoint", "größer"),
        ("GET", f"{A}/endpoints/größer", "GetEndpoint", "größer"),
        ("DELETE", f"{A}/endpoints/a//b/", "DeleteEndpoint", "a//b/"),
        ("DELETE", f"{A}/endpoints//a", "DeleteEndpoint", "/a"),
        ("GET", f"{A}/endpoints/x/inappmessages", "GetInAppMessages", "x"),
        ("GET", f"{A}/endpoints/x/y/inappmessages", "GetInAppMessages", "x/y"),
        ("PUT", f"{A}/endpoints/x/inappmessages", "UpdateEndpoint", "x/inappmessages"),
        ("GET", f"{A}/users/team%2Fann", "GetUserEndpoints", "team/ann"),
        ("GET", f"{A}/users/team/ann", "GetUserEndpoints", "team/ann"),
        (
            "GET",
            "/v1/tags/arn%3Aaws%3Amobiletargeting%3Ar%3A1%3Aapps%2Fx",
            "ListTagsForResource",
            "arn:aws:mobiletargeting:r:1:apps/x",
        ),
        (
            "POST",
            "/v1/tags/arn:aws:mobiletargeting:r:1:apps/x/segments/y",
            "TagResource",
            "arn:aws:mobiletargeting:r:1:apps/x/segments/y",
        ),
        ("GET", "/v1/templates/versions/email", "GetEmailTemplate", "versions"),
        ("GET", "/v1/templates/email/EMAIL/versions", "ListTemplateVersions", "email"),
    ],
)
def test_ids_are_decoded_once(method, path, operation, label):
    found = match(method, path)
    assert (found.operation.name, label in found.labels.values()) == (operation, True)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PATCH", "/v1/apps", "GET, POST"),
        ("POST", A, "DELETE, GET"),
        ("POST", f"{A}/endpoints/x", "DELETE, GET, PUT"),
        ("POST", f"{A}/endpoints/x/y", "DELETE, GET, PUT"),
        ("GET", f"{A}/messages", "POST"),
        ("get", "/v1/apps", "GET, POST"),
    ],
)
def test_a_wrong_method_names_the_right_ones(method, path, allowed):
    with pytest.raises(MethodNotAllowed, match=allowed):
        match(method, path)


@pytest.mark.parametrize(
    "path", ["", "/", "/v1", "/v1/app", "/v2/apps", "/v1/apps/", f"{A}/", f"{A}/endpoint/x", f"{A}/endpoints/", f"{A}/campaigns/c/x", "/v1/apps//settings",
             f"{A}/segments/s/versions/1/2", "//v1/apps", "/v1/templates/n/fax", "/v1/tags/", "/v1/tags"],
)  # fmt: skip
def test_other_paths_are_not_found(path):
    with pytest.raises(NotFound):
        match("GET", path)
