"""Requests against the service's own model, and schemas against the Avro subset."""

import json

import botocore.session
import pytest

from personalize.local_service.avro_schema import check_by_name, check_for_dataset, read_schema
from personalize.local_service.errors import ServiceError
from personalize.local_service.validation import check
from tests.personalize_local.account import schema_text

MODEL = botocore.session.get_session().get_service_model("personalize")
GROUP = "arn:aws:personalize:us-east-1:000000000000:dataset-group/g"


def refusal(operation, request):
    with pytest.raises(ServiceError) as caught:
        check(MODEL.operation_model(operation).input_shape, request)
    return caught.value


@pytest.mark.parametrize(
    "operation,request_,words",
    [
        ("CreateDatasetGroup", {}, "1 validation error detected: Value null at 'name' failed"),
        ("CreateDatasetGroup", {"name": ""}, "length greater than or equal to 1"),
        ("CreateDatasetGroup", {"name": "x" * 64}, "length less than or equal to 63"),
        ("CreateDatasetGroup", {"name": "-x"}, "regular expression pattern: ^[a-zA-Z0-9]"),
        ("CreateDatasetGroup", {"name": "x", "domain": "CARS"}, "enum value set: [ECOMMERCE, VIDEO_ON_DEMAND]"),
        ("CreateCampaign", {"name": "x", "solutionVersionArn": "nothing"}, "at 'solutionVersionArn'"),
        (
            "CreateCampaign",
            {"name": "x", "solutionVersionArn": GROUP, "minProvisionedTPS": 0},
            "Value '0' at 'minProvisionedTPS' failed to satisfy constraint: Member must have value greater than",
        ),
        ("CreateDatasetGroup", {"name": "x", "tags": [{"tagKey": "a"}]}, "null at 'tags.1.member.tagValue'"),
        ("ListCampaigns", {"maxResults": 101}, "less than or equal to 100"),
        ("CreateSchema", {"name": "$", "schema": "s" * 20_001}, "2 validation errors detected"),
    ],
)
def test_a_breach_is_worded_as_the_service_does(operation, request_, words):
    error = refusal(operation, request_)
    assert error.code == "InvalidInputException"
    assert words in error.message


@pytest.mark.parametrize("value", [7, True, ["x"], {"x": 1}])
def test_a_wrong_json_type_is_a_serialization_error(value):
    assert refusal("CreateDatasetGroup", {"name": value}).code == "SerializationException"


def test_a_sensitive_value_is_not_repeated():
    request = {"name": "x", "datasetGroupArn": GROUP, "filterExpression": "s" * 2_501}
    assert "sss" not in refusal("CreateFilter", request).message


def test_what_the_model_allows_passes():
    check(MODEL.operation_model("CreateDatasetGroup").input_shape, {"name": "x_1-y", "tags": []})


@pytest.mark.parametrize(
    "text,words",
    [
        ("no json", "not JSON"),
        ("[]", "must be an Avro record"),
        ("[" * 5_000, "nested too deep"),
        ('{"type": "record", "name": "I", "fields": ' + "[" * 5_000 + "]" * 5_000 + "}", "nested too deep"),
        (json.dumps({"type": "record", "fields": []}), "must have a name"),
        (json.dumps({"type": "record", "name": "I", "fields": []}), "at least one field"),
        (schema_text("I", USER_ID="int"), "USER_ID must be of type string"),
        (schema_text("I", A="decimal"), 'A has the type "decimal"'),
        (json.dumps({"type": "record", "name": "I", "fields": [{"type": "int"}]}), "without a valid name"),
        (
            json.dumps({"type": "record", "name": "I", "fields": [{"name": "A", "type": "int"}] * 2}),
            "more than once",
        ),
        (
            json.dumps({"type": "record", "name": "I", "fields": [{"name": "A", "type": "int", "categorical": True}]}),
            "only a string can be categorical",
        ),
    ],
)
def test_what_is_no_schema_is_refused(text, words):
    with pytest.raises(ServiceError) as caught:
        read_schema(text)
    assert caught.value.code == "InvalidInputException"
    assert words in caught.value.message


@pytest.mark.parametrize(
    "text,kind,words",
    [
        (schema_text("I", USER_ID="string", ITEM_ID="string"), "INTERACTIONS", "must contain the field TIMESTAMP"),
        (schema_text("I", USER_ID="string?", ITEM_ID="string", TIMESTAMP="long"), "INTERACTIONS", "can't be null"),
        (schema_text("U", USER_ID="string"), "USERS", "at least one metadata field"),
        (schema_text("U", USER_ID="string"), "ITEMS", "must contain the field ITEM_ID"),
    ],
)
def test_a_schema_has_to_suit_its_dataset(text, kind, words):
    with pytest.raises(ServiceError) as caught:
        check_for_dataset(read_schema(text), kind)
    assert words in caught.value.message


@pytest.mark.parametrize("name", ["Interactions", "interactions", "Users", "Items", "Action_Interactions"])
def test_a_record_with_the_name_of_a_dataset_type_has_to_suit_it_at_once(name):
    with pytest.raises(ServiceError) as caught:
        check_by_name(read_schema(schema_text(name, COLOUR="string")))
    assert caught.value.code == "InvalidInputException"


@pytest.mark.parametrize("name", ["Visits", "InteractionsOfToday"])
def test_another_name_tells_nothing_about_the_fields(name):
    check_by_name(read_schema(schema_text(name, COLOUR="string")))
