"""Endpoints, users, segments and import jobs as an unmodified boto3 client meets them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from handlers.engagement_api import serve_request
from tests.api.engine_server import engine_server, pinpoint_client
from tests.fakes import FakeApp

ROLE = "arn:aws:iam::123456789012:role/engine"


class Engine:
    """A client and one application of its own."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.app_id = client.create_app(CreateApplicationRequest={"Name": "spring"})["ApplicationResponse"]["Id"]

    def call(self, operation: str, **parameters: Any) -> Any:
        return getattr(self.client, operation)(ApplicationId=self.app_id, **parameters)

    def put(self, endpoint_id: str, **request: Any) -> Any:
        return self.call("update_endpoint", EndpointId=endpoint_id, EndpointRequest=request)

    def get(self, endpoint_id: str) -> dict[str, Any]:
        return self.call("get_endpoint", EndpointId=endpoint_id)["EndpointResponse"]

    def batch(self, *items: dict[str, Any]) -> Any:
        return self.call("update_endpoints_batch", EndpointBatchRequest={"Item": list(items)})

    def refused(self, error: str, operation: str, **parameters: Any) -> str:
        with pytest.raises(getattr(self.client.exceptions, error)) as caught:
            self.call(operation, **parameters)
        return caught.value.response["Message"]


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> FakeApp:
    app = FakeApp(DATA_BUCKET="data")
    monkeypatch.setattr(serve_request, "app", lambda: app)
    return app


@pytest.fixture
def engine(app: FakeApp) -> Iterator[Engine]:
    with engine_server(serve_request.handle) as url:
        yield Engine(pinpoint_client(url))


class TestEndpoints:
    def test_put_answers_accepted_and_get_gives_it_back(self, engine: Engine) -> None:
        answer = engine.put(
            "e1", Address="a@x.example", ChannelType="EMAIL", Metrics={"m": 2}, Location={"Country": "HT"}
        )
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert answer["MessageBody"]["Message"] == "Accepted" and answer["MessageBody"]["RequestID"]
        endpoint = engine.get("e1")
        assert endpoint["ApplicationId"] == engine.app_id
        assert (endpoint["Metrics"], endpoint["Location"], endpoint["Attributes"]) == (
            {"m": 2.0},
            {"Country": "HT"},
            {},
        )
        assert (endpoint["OptOut"], endpoint["EndpointStatus"]) == ("NONE", "ACTIVE")
        assert endpoint["EffectiveDate"] == endpoint["CreationDate"]
        assert endpoint["RequestId"] and 0 <= int(endpoint["CohortId"]) < 100

    @pytest.mark.parametrize("endpoint_id", ["a/b@c.d+", "日本 ü", "x#?&=", "a%2Fb"])
    def test_ids_of_any_characters(self, engine: Engine, endpoint_id: str) -> None:
        engine.put(endpoint_id, Address="a", ChannelType="CUSTOM", User={"UserId": endpoint_id})
        assert engine.get(endpoint_id)["Id"] == endpoint_id
        users = engine.call("get_user_endpoints", UserId=endpoint_id)["EndpointsResponse"]["Item"]
        assert [one["Id"] for one in users] == [endpoint_id]
        assert engine.call("delete_endpoint", EndpointId=endpoint_id)["EndpointResponse"]["Id"] == endpoint_id

    def test_an_update_merges(self, engine: Engine) -> None:
        engine.put(
            "e1",
            Attributes={"a": ["1"], "b": ["2"]},
            OptOut="ALL",
            User={"UserId": "u", "UserAttributes": {"n": ["v"]}},
        )
        engine.put("e1", Attributes={"a": [], "c": ["3"]}, User={"UserAttributes": {"m": ["w"]}})
        endpoint = engine.get("e1")
        assert endpoint["Attributes"] == {"b": ["2"], "c": ["3"]}
        assert endpoint["User"] == {"UserId": "u", "UserAttributes": {"n": ["v"], "m": ["w"]}}
        assert endpoint["OptOut"] == "ALL"

    def test_a_wrong_value_is_named_by_path(self, engine: Engine) -> None:
        for request, says in [
            ({"OptOut": "SOME"}, "EndpointRequest.OptOut: value 'SOME' is none of ALL, NONE"),
            ({"EndpointStatus": "GONE"}, "EndpointRequest.EndpointStatus"),
            ({"Location": {"Latitude": 99}}, "EndpointRequest.Location.Latitude: value '99' is not between -90 and 90"),
            ({"Attributes": {"n" * 51: ["v"]}}, "has 51 characters, the limit is 50"),
            ({"Attributes": {"n": ["v" * 101]}}, "EndpointRequest.Attributes.n[0]: value 'vvv"),
            ({"Attributes": {"n": ["v"] * 51}}, "is over the limit of 50 values"),
            ({"EffectiveDate": "soon"}, "is not an ISO-8601 date"),
        ]:
            assert says in engine.refused(
                "BadRequestException", "update_endpoint", EndpointId="e1", EndpointRequest=request
            )
        engine.refused("NotFoundException", "get_endpoint", EndpointId="e1")

    def test_a_batch_is_whole_or_not_at_all(self, engine: Engine) -> None:
        answer = engine.batch({"Id": "e1", "Address": "a"}, {"Id": "e2", "Address": "b"})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202 and answer["MessageBody"]["Message"] == "Accepted"
        items = [{"Id": "e3"}, {"Id": "e4", "OptOut": "SOME"}]
        assert "Item[1].OptOut" in engine.refused(
            "BadRequestException", "update_endpoints_batch", EndpointBatchRequest={"Item": items}
        )
        full = [
            {"Id": f"f{n}", "ChannelType": "EMAIL", "Address": f"{n}@x.example", "User": {"UserId": "u"}}
            for n in range(16)
        ]
        says = engine.refused("BadRequestException", "update_endpoints_batch", EndpointBatchRequest={"Item": full})
        assert "Item[15].User.UserId: value 'u' already has 15 endpoints" in says
        engine.refused("NotFoundException", "get_endpoint", EndpointId="e3")
        engine.refused("NotFoundException", "get_endpoint", EndpointId="f0")
        for bad, says in [
            ([{"Address": "a"}], "Item[0].Id"),
            ([{"Id": str(n)} for n in range(101)], "the limit is 100"),
            ([], "empty"),
        ]:
            assert says in engine.refused(
                "BadRequestException", "update_endpoints_batch", EndpointBatchRequest={"Item": bad}
            )

    def test_delete_answers_what_was_there(self, engine: Engine) -> None:
        engine.put("e1", Address="a", ChannelType="CUSTOM", User={"UserId": "u"})
        engine.put("e2", Address="b", ChannelType="CUSTOM", User={"UserId": "u"})
        answer = engine.call("delete_endpoint", EndpointId="e1")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202 and answer["EndpointResponse"]["Address"] == "a"
        engine.refused("NotFoundException", "delete_endpoint", EndpointId="e1")
        answer = engine.call("delete_user_endpoints", UserId="u")
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
        assert [one["Id"] for one in answer["EndpointsResponse"]["Item"]] == ["e2"]
        for operation in ("get_user_endpoints", "delete_user_endpoints"):
            engine.refused("NotFoundException", operation, UserId="u")

    def test_other_applications_have_their_own(self, engine: Engine) -> None:
        engine.put("e1", Address="a")
        other = Engine(engine.client)
        other.refused("NotFoundException", "get_endpoint", EndpointId="e1")
        with pytest.raises(engine.client.exceptions.NotFoundException):
            engine.client.update_endpoint(ApplicationId="0" * 32, EndpointId="e1", EndpointRequest={})


JOB = {
    "Format": "CSV",
    "S3Url": "s3://data/people.csv",
    "RoleArn": ROLE,
    "DefineSegment": True,
    "RegisterEndpoints": True,
}


class TestSegmentsAndImports:
    def test_the_segment_id_is_in_the_create_answer(self, engine: Engine, app: FakeApp) -> None:
        answer = engine.call(
            "create_import_job", ImportJobRequest={**JOB, "SegmentName": "all_users", "ExternalId": "x"}
        )
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
        job = answer["ImportJobResponse"]
        assert job["JobStatus"] == "CREATED" and job["Definition"]["ExternalId"] == "x"
        segment = engine.call("get_segment", SegmentId=job["Definition"]["SegmentId"])["SegmentResponse"]
        assert (segment["Name"], segment["SegmentType"], segment["Version"]) == ("all_users", "IMPORT", 1)
        assert segment["ImportDefinition"]["RoleArn"] == ROLE
        assert engine.call("get_import_job", JobId=job["Id"])["ImportJobResponse"]["Id"] == job["Id"]
        assert [one["Id"] for one in engine.call("get_import_jobs")["ImportJobsResponse"]["Item"]] == [job["Id"]]
        of_segment = engine.call("get_segment_import_jobs", SegmentId=segment["Id"])["ImportJobsResponse"]["Item"]
        assert [one["Id"] for one in of_segment] == [job["Id"]]
        (message,) = app.imports_queue.messages
        assert message == {
            "app_id": engine.app_id, "job_id": job["Id"], "bucket": "data", "key": "people.csv", "piece": 0, "offset": 0, "line": 0,
        }  # fmt: skip
        engine.refused("NotFoundException", "get_import_job", JobId="0" * 32)

    def test_the_jobs_of_one_segment_over_several_pages(self, engine: Engine) -> None:
        first = engine.call("create_import_job", ImportJobRequest=JOB)["ImportJobResponse"]["Definition"]["SegmentId"]
        for n in range(6):
            more = {**JOB, "SegmentId": first} if n % 2 else JOB
            engine.call("create_import_job", ImportJobRequest=more)
        seen, token = [], {}
        while True:
            page = engine.call("get_segment_import_jobs", SegmentId=first, PageSize="1", **token)["ImportJobsResponse"]
            seen += [one["Id"] for one in page["Item"]]
            if "NextToken" not in page:
                break
            token = {"Token": page["NextToken"]}
        assert len(seen) == len(set(seen)) == 4

    def test_a_segment_lives(self, engine: Engine) -> None:
        request = {
            "Name": "haiti",
            "Dimensions": {"Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["HT"]}}},
        }
        made = engine.call("create_segment", WriteSegmentRequest={**request, "tags": {"a": "b"}})
        assert made["ResponseMetadata"]["HTTPStatusCode"] == 201
        segment = made["SegmentResponse"]
        assert segment["Dimensions"]["Location"] == request["Dimensions"]["Location"] and segment["tags"] == {"a": "b"}
        changed = engine.call(
            "update_segment", SegmentId=segment["Id"], WriteSegmentRequest={"Name": "all", "Dimensions": {}}
        )
        assert (changed["SegmentResponse"]["Version"], changed["SegmentResponse"]["Name"]) == (2, "all")
        first = engine.call("get_segment_version", SegmentId=segment["Id"], Version="1")["SegmentResponse"]
        assert first["Name"] == "haiti" and first["Dimensions"] == segment["Dimensions"]
        versions = engine.call("get_segment_versions", SegmentId=segment["Id"])["SegmentsResponse"]["Item"]
        assert [one["Version"] for one in versions] == [2, 1]
        assert [one["Id"] for one in engine.call("get_segments")["SegmentsResponse"]["Item"]] == [segment["Id"]]
        assert engine.call("delete_segment", SegmentId=segment["Id"])["SegmentResponse"]["Id"] == segment["Id"]
        engine.refused("NotFoundException", "get_segment", SegmentId=segment["Id"])
        assert "Version" in engine.refused(
            "BadRequestException", "get_segment_version", SegmentId=segment["Id"], Version="x"
        )
