"""All 122 operations through real boto3 and a real HTTP connection: what botocore says and reads is what we do."""

from __future__ import annotations

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel

from engagement import errors
from engagement.api import dispatch
from engagement.api.routes import SLASHES_ALLOWED
from handlers.engagement_api import serve_request
from tests.api.engine_server import engine_server, pinpoint_client
from tests.api.model_examples import AWKWARD, as_parsed, example
from tests.fakes import FakeApp

pytestmark = pytest.mark.exhaustive

MODEL = ServiceModel(Loader().load_service_model("pinpoint", "service-2", "2016-12-01"), "pinpoint")
OPERATIONS = sorted(MODEL.operation_names)
ERRORS = {cls.wire_name: cls for cls in errors.EngagementError.__subclasses__() if "wire_name" in vars(cls)} | {
    "InternalServerErrorException": errors.Unavailable
}


class Echo:
    """Serves every operation: remembers the request, answers what it is told to."""

    def __init__(self):
        self.request = None
        self.answer = None

    def get(self, operation):
        def serve(app, request):
            self.request = request
            if isinstance(self.answer, Exception):
                raise self.answer
            return self.answer

        return serve


@pytest.fixture(scope="module")
def echo():
    return Echo()


@pytest.fixture(scope="module", params=[True, False], ids=["path decoded early", "path as sent"])
def client(request, echo):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serve_request, "app", FakeApp)
        patch.setattr(dispatch, "served_operations", lambda: echo)
        patch.setattr(dispatch, "find_application", lambda documents, app_id: None)
        with engine_server(serve_request.handle, decodes_early=request.param) as url:
            yield pinpoint_client(url)


def request_example(shape, everything):
    """Awkward values everywhere; slashes in a path only where ids with slashes are told apart."""
    parameters = example(shape, everything=everything)
    for name, member in shape.members.items():
        if member.serialization.get("location") == "uri" and member.serialization["name"] not in SLASHES_ALLOWED:
            parameters[name] = AWKWARD.replace("/", "")
    return parameters


def call(client, operation, parameters):
    method = next(name for name, one in client.meta.method_to_api_mapping.items() if one == operation)
    return getattr(client, method)(**parameters)


def payload_of(operation):
    output = MODEL.operation_model(operation).output_shape
    name = output.serialization.get("payload") if output else None
    return name, output.members[name] if name else None


@pytest.mark.parametrize("everything", [False, True], ids=["required", "everything"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_request_and_answer_go_round(client, echo, operation, everything):
    shape = MODEL.operation_model(operation).input_shape
    parameters = request_example(shape, everything)
    name, payload = payload_of(operation)
    echo.answer = as_parsed(example(payload, everything=True)) if payload else None
    response = call(client, operation, parameters)
    assert echo.request == as_parsed(parameters)
    assert response["ResponseMetadata"]["HTTPStatusCode"] == MODEL.operation_model(operation).http["responseCode"]
    assert response["ResponseMetadata"]["RequestId"] == "request-1"
    if payload:
        assert as_parsed(response[name]) == echo.answer


@pytest.mark.parametrize("client", [True], indirect=True, ids=["path decoded early"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_modelled_errors_raise_the_modelled_class(client, echo, operation):
    parameters = example(MODEL.operation_model(operation).input_shape, everything=False, text="x")
    for error_shape in MODEL.operation_model(operation).error_shapes:
        echo.answer = ERRORS[error_shape.name]("what went wrong")
        with pytest.raises(client.exceptions.from_code(error_shape.name)) as caught:
            call(client, operation, parameters)
        assert type(caught.value).__name__ == error_shape.name
        assert caught.value.response["Message"] == "what went wrong"
        assert caught.value.response["RequestID"] == "request-1"
        assert (
            caught.value.response["ResponseMetadata"]["HTTPStatusCode"]
            == error_shape.metadata["error"]["httpStatusCode"]
        )


@pytest.mark.parametrize("client", [True], indirect=True, ids=["path decoded early"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_lost_race_is_a_conflict_only_where_the_model_has_one(client, echo, operation):
    echo.answer = errors.Conflict("somebody else was first")
    modelled = {shape.name for shape in MODEL.operation_model(operation).error_shapes}
    name = "ConflictException" if "ConflictException" in modelled else "TooManyRequestsException"
    with pytest.raises(client.exceptions.from_code(name), match="somebody else was first") as caught:
        call(client, operation, example(MODEL.operation_model(operation).input_shape, everything=False, text="x"))
    assert type(caught.value).__name__ == name


def test_every_modelled_error_is_one_of_ours():
    modelled = {shape.name for name in MODEL.operation_names for shape in MODEL.operation_model(name).error_shapes}
    assert modelled == set(ERRORS)
    assert len(MODEL.operation_names) == 122
