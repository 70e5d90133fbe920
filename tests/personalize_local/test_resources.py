"""Resources by the API: states, unique names, parents in use, lists in pages, tags, quotas, what is not served."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.personalize_local.account import INTERACTIONS, RECIPE, ROLE, sample_csv

pytestmark = pytest.mark.local_aws
NOWHERE = "arn:aws:personalize:us-east-1:000000000000:"


def test_a_creation_goes_through_the_service_s_states(account):
    account.control(step_seconds=0.15)
    try:
        arn = account.personalize.create_dataset_group(name=account.name("slow"))["datasetGroupArn"]
        seen = []
        while not seen or seen[-1] != "ACTIVE":
            status = account.describe("DatasetGroup", arn)["status"]
            if status not in seen:
                seen.append(status)
    finally:
        account.control(step_seconds=0.02)
    assert seen == ["CREATE PENDING", "CREATE IN_PROGRESS", "ACTIVE"]


def test_names_are_unique(account):
    name = account.name("schema")
    account.personalize.create_schema(name=name, schema=INTERACTIONS)
    with pytest.raises(account.personalize.exceptions.ResourceAlreadyExistsException, match=f"schema/{name}"):
        account.personalize.create_schema(name=name, schema=INTERACTIONS)


def test_names_are_unique_per_region(account):
    name = account.name("schema")
    account.personalize.create_schema(name=name, schema=INTERACTIONS)
    import boto3

    elsewhere = boto3.client(
        "personalize", endpoint_url=account.endpoint_url, region_name="eu-west-1",
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip
    arn = elsewhere.create_schema(name=name, schema=INTERACTIONS)["schemaArn"]
    assert ":eu-west-1:" in arn
    assert [s["schemaArn"] for s in elsewhere.list_schemas()["schemas"]] == [arn]


def test_of_many_at_once_one_creates(account):
    name = account.name("race")

    def create(_):
        try:
            return account.personalize.create_dataset_group(name=name)["datasetGroupArn"]
        except account.personalize.exceptions.ResourceAlreadyExistsException:
            return None

    with ThreadPoolExecutor(8) as pool:
        assert sum(arn is not None for arn in pool.map(create, range(16))) == 1


@pytest.mark.parametrize(
    "operation,request_",
    [
        ("describe_campaign", {"campaignArn": NOWHERE + "campaign/none"}),
        ("describe_dataset_group", {"datasetGroupArn": NOWHERE + "dataset-group/none"}),
        ("delete_schema", {"schemaArn": NOWHERE + "schema/none"}),
        ("describe_recipe", {"recipeArn": "arn:aws:personalize:::recipe/none"}),
        ("create_solution_version", {"solutionArn": NOWHERE + "solution/none"}),
        ("get_solution_metrics", {"solutionVersionArn": NOWHERE + "solution/none/1"}),
        ("list_solution_versions", {"solutionArn": NOWHERE + "solution/none"}),
        ("list_tags_for_resource", {"resourceArn": NOWHERE + "solution/none"}),
        ("create_campaign", {"name": "c", "solutionVersionArn": NOWHERE + "solution/none/1"}),
    ],
)
def test_what_is_not_there_is_not_found(account, operation, request_):
    with pytest.raises(account.personalize.exceptions.ResourceNotFoundException, match="does not exist"):
        getattr(account.personalize, operation)(**request_)


def test_an_arn_of_another_kind_is_not_found(account, trained):
    with pytest.raises(account.personalize.exceptions.ResourceNotFoundException):
        account.describe("Campaign", trained.solution)


def test_building_on_what_is_not_ready_is_refused(account):
    account.control(step_seconds=1.0)
    try:
        group = account.personalize.create_dataset_group(name=account.name("group"))["datasetGroupArn"]
        schema = account.personalize.create_schema(name=account.name("schema"), schema=INTERACTIONS)["schemaArn"]
        with pytest.raises(account.personalize.exceptions.ResourceInUseException, match="CREATE PENDING"):
            account.personalize.create_dataset(
                name=account.name("dataset"), datasetGroupArn=group, schemaArn=schema, datasetType="Interactions"
            )
    finally:
        account.control(step_seconds=0.02)


def test_parents_are_deleted_last(account):
    made = account.trained_campaign()
    schema = account.describe("Dataset", made.dataset)["schemaArn"]
    in_use = account.personalize.exceptions.ResourceInUseException
    for delete, arn in (
        ("delete_dataset_group", {"datasetGroupArn": made.group}),
        ("delete_schema", {"schemaArn": schema}),
        ("delete_solution", {"solutionArn": made.solution}),
    ):
        with pytest.raises(in_use):
            getattr(account.personalize, delete)(**arn)
    account.personalize.delete_campaign(campaignArn=made.campaign)
    with pytest.raises(in_use, match=r"is used by campaign"):
        account.personalize.delete_solution(solutionArn=made.solution)
    _gone(account, "Campaign", made.campaign)
    account.personalize.delete_solution(solutionArn=made.solution)
    _gone(account, "Solution", made.solution)
    _gone(account, "SolutionVersion", made.version)
    account.personalize.delete_dataset(datasetArn=made.dataset)
    _gone(account, "Dataset", made.dataset)
    account.personalize.delete_schema(schemaArn=schema)
    account.personalize.delete_dataset_group(datasetGroupArn=made.group)
    _gone(account, "DatasetGroup", made.group)


def _gone(account, kind, arn):
    states = set()
    for _ in range(500):
        try:
            states.add(account.describe(kind, arn)["status"])
        except account.personalize.exceptions.ResourceNotFoundException:
            assert states <= {"DELETE PENDING", "DELETE IN_PROGRESS"}
            return
    raise AssertionError(f"{arn} is still there: {states}")


def test_lists_come_in_pages(account):
    made = {
        account.personalize.create_schema(name=account.name("page"), schema=INTERACTIONS)["schemaArn"] for _ in "abcde"
    }
    pages = list(account.personalize.get_paginator("list_schemas").paginate(PaginationConfig={"PageSize": 2}))
    listed = [schema["schemaArn"] for page in pages for schema in page["schemas"]]
    assert made <= set(listed)
    assert len(listed) == len(set(listed))
    assert all(len(page["schemas"]) <= 2 for page in pages)


@pytest.mark.parametrize("token", ["nonsense", "bm90aGluZw==", ""])
def test_a_token_that_is_none_is_refused(account, token):
    with pytest.raises(account.personalize.exceptions.InvalidNextTokenException):
        account.personalize.list_schemas(nextToken=token)


def test_a_token_of_another_list_is_refused(account):
    for _ in range(2):
        account.personalize.create_schema(name=account.name("page"), schema=INTERACTIONS)
    token = account.personalize.list_schemas(maxResults=1)["nextToken"]
    with pytest.raises(account.personalize.exceptions.InvalidNextTokenException):
        account.personalize.list_campaigns(nextToken=token)


def test_lists_are_filtered_by_parent(account):
    trained, other = account.trained_campaign(), account.group()
    account.solution(other)
    solutions = account.personalize.list_solutions(datasetGroupArn=trained.group)["solutions"]
    assert [s["solutionArn"] for s in solutions] == [trained.solution]
    campaigns = account.personalize.list_campaigns(solutionArn=trained.solution)["campaigns"]
    assert [c["campaignArn"] for c in campaigns] == [trained.campaign]
    versions = account.personalize.list_solution_versions(solutionArn=trained.solution)["solutionVersions"]
    assert [v["solutionVersionArn"] for v in versions] == [trained.version]


def test_recipes_are_listed_and_described(account):
    pages = account.personalize.get_paginator("list_recipes").paginate(PaginationConfig={"PageSize": 4})
    names = {recipe["name"] for page in pages for recipe in page["recipes"]}
    assert {"aws-user-personalization-v2", "aws-popularity-count", "aws-similar-items", "aws-item-affinity"} <= names
    recipe = account.personalize.describe_recipe(recipeArn=RECIPE + "aws-hrnn")["recipe"]
    assert recipe["recipeType"] == "USER_PERSONALIZATION"
    assert (
        account.personalize.describe_algorithm(algorithmArn=recipe["algorithmArn"])["algorithm"]["name"] == "aws-hrnn"
    )


def test_tags(account):
    tags = [{"tagKey": "team", "tagValue": "news"}, {"tagKey": "cost centre", "tagValue": "ü-7"}]
    arn = account.personalize.create_dataset_group(name=account.name("tagged"), tags=tags)["datasetGroupArn"]
    account.personalize.tag_resource(resourceArn=arn, tags=[{"tagKey": "team", "tagValue": "events"}])
    account.personalize.untag_resource(resourceArn=arn, tagKeys=["cost centre", "never there"])
    assert account.personalize.list_tags_for_resource(resourceArn=arn)["tags"] == [
        {"tagKey": "team", "tagValue": "events"}
    ]
    too_many = [{"tagKey": f"k{n}", "tagValue": "v"} for n in range(51)]
    with pytest.raises(account.personalize.exceptions.TooManyTagsException):
        account.personalize.tag_resource(resourceArn=arn, tags=too_many)
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="more than once"):
        account.personalize.tag_resource(resourceArn=arn, tags=tags[:1] * 2)


def test_quotas(account):
    group = account.group()
    account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=group)
    with pytest.raises(account.personalize.exceptions.LimitExceededException, match="the quota is 1"):
        account.personalize.create_event_tracker(name=account.name("tracker"), datasetGroupArn=group)
    account.control(quotas={"solutions_per_group": 1})
    try:
        account.solution(group)
        with pytest.raises(account.personalize.exceptions.LimitExceededException, match="1 solutions; the quota is 1"):
            account.solution(group)
    finally:
        account.control(quotas={"solutions_per_group": 10})


def test_one_dataset_of_a_type_in_a_group(account):
    group = account.group()
    account.dataset(group)
    with pytest.raises(account.personalize.exceptions.ResourceAlreadyExistsException):
        account.dataset(group)


@pytest.mark.parametrize(
    "options,words",
    [
        ({}, "either recipeArn or performAutoML"),
        ({"recipeArn": RECIPE + "aws-hrnn", "performAutoML": True}, "either recipeArn or performAutoML"),
        ({"recipeArn": RECIPE + "aws-semantic-similarity"}, "does not serve the recipe aws-semantic-similarity"),
    ],
)
def test_solutions_that_make_no_sense_are_refused(account, options, words):
    with pytest.raises(ClientError, match=words):
        account.personalize.create_solution(name=account.name("s"), datasetGroupArn=account.group(), **options)


def test_automl_as_the_sample_s_template_asks_for_it(account):
    group = account.group()
    account.import_text(account.dataset(group), sample_csv())
    arn = account.personalize.create_solution(name=account.name("auto"), datasetGroupArn=group, performAutoML=True)
    body = account.wait("Solution", arn["solutionArn"])
    assert body["autoMLResult"]["bestRecipeArn"] == RECIPE + "aws-user-personalization"
    version = account.describe("SolutionVersion", account.version(arn["solutionArn"]))
    assert version["recipeArn"] == RECIPE + "aws-user-personalization"
    assert version["performAutoML"]


def test_an_operation_that_is_not_served_says_so(account):
    with pytest.raises(ClientError, match="does not serve CreateDataDeletionJob") as caught:
        account.personalize.create_data_deletion_job(
            jobName="x", datasetGroupArn=account.group(), dataSource={"dataLocation": "s3://b/k"}, roleArn=ROLE
        )
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 501


def test_validation_comes_from_the_service_s_model(account):
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="3 validation errors detected"):
        account.personalize.create_campaign(name="", solutionVersionArn="x")
