"""Import jobs: what is accepted, and the reasons with which bad files fail."""

import json

import pytest

from tests.personalize_local.account import INTERACTIONS, ROLE, csv_of, sample_csv, schema_text

pytestmark = pytest.mark.local_aws
HEADER = "USER_ID,ITEM_ID,TIMESTAMP"
GOOD = [f"u{n % 30},i{n % 7},{1_700_000_000 + n}" for n in range(1_200)]


@pytest.fixture(scope="module")
def dataset(shared_account):
    return shared_account.dataset(shared_account.group())


@pytest.mark.parametrize(
    "text,words",
    [
        ("", "has no header"),
        (HEADER + "\n", "has no rows"),
        ("USER_ID,ITEM_ID\nu,i\n", "missing the following columns: [TIMESTAMP]"),
        ("user_id,item_id,timestamp\nu,i,1\n", "missing the following columns: [USER_ID, ITEM_ID, TIMESTAMP]"),
        (f"{HEADER}\nu,i,2024-01-01\n", "line 2, column TIMESTAMP: '2024-01-01' is not a whole number"),
        (f"{HEADER}\nu,i,1\nu,,1\n", "line 3, column ITEM_ID: the value is missing"),
        (f"{HEADER}\nu,i,1.5\n", "is not a whole number"),
        (f"{HEADER}\nu,i,{10**20}\n", "does not fit into a long"),
        (f"{HEADER}\nu,i\n", "line 2: 2 fields, 3 expected"),
        (f"{HEADER}\nu,i,1,x\n", "line 2: 4 fields, 3 expected"),
        (f"{HEADER}\n{'u' * 257},i,1\n", "an id of 257 characters"),
        (f"{HEADER}\nü,i,1\n".encode("latin-1"), "is not UTF-8"),
        (f'{HEADER}\n"u,i,1\n', "line 2"),
    ],
)
def test_a_bad_file_fails_with_its_reason(account, dataset, text, words):
    assert words in account.import_text(dataset, text, expect="CREATE FAILED")["failureReason"]


@pytest.mark.parametrize(
    "text",
    [
        "\ufeff" + "\n".join([HEADER, *GOOD]),
        "\r\n".join([HEADER, *GOOD, ""]),
        "\n".join(["EXTRA,TIMESTAMP,USER_ID,ITEM_ID", *(",".join(["x", *row.split(",")[2:], *row.split(",")[:2]]) for row in GOOD)]),
        "\n".join([HEADER, *GOOD[:600], "", *GOOD[600:]]),
    ],
    ids=["byte order mark", "windows lines", "other columns and order", "blank line"],
)  # fmt: skip
def test_a_good_file_in_unusual_dress_is_taken(account, text):
    group = account.group()
    account.import_text(account.dataset(group), text)
    assert account.metrics(account.version(account.solution(group)))["coverage"] == 1.0


def test_a_failed_import_leaves_the_data_as_it_was(account, dataset):
    account.import_text(dataset, sample_csv())
    account.import_text(dataset, f"{HEADER}\nu,i,x\n", expect="CREATE FAILED")
    group = account.describe("Dataset", dataset)["datasetGroupArn"]
    assert account.metrics(account.version(account.solution(group)))["coverage"] == 1.0


def test_without_a_bucket_policy_the_import_fails(account, dataset):
    bucket = account.new_bucket(readable=False)
    reason = account.import_from(dataset, account.put(sample_csv(), bucket), expect="CREATE FAILED")["failureReason"]
    assert reason.startswith("Insufficient privileges for accessing data in S3")
    assert f"s3:ListBucket on arn:aws:s3:::{bucket}" in reason


def test_a_policy_for_another_prefix_is_not_enough(account, dataset):
    bucket = account.new_bucket(readable=False)
    principal = {"Service": "personalize.amazonaws.com"}
    statements = [
        {"Effect": "Allow", "Principal": principal, "Action": "s3:ListBucket", "Resource": f"arn:aws:s3:::{bucket}"},
        {
            "Effect": "Allow",
            "Principal": principal,
            "Action": "s3:GetObject",
            "Resource": f"arn:aws:s3:::{bucket}/in/*",
        },
    ]
    account.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    reason = account.import_from(dataset, account.put(sample_csv(), bucket), expect="CREATE FAILED")["failureReason"]
    assert "s3:GetObject" in reason
    account.import_from(dataset, account.put(sample_csv(), bucket, "in/a.csv"))


@pytest.mark.parametrize("location", ["s3://no-such-bucket-here/a.csv", "BUCKET/none.csv", "BUCKET/empty/"])
def test_what_is_not_there_can_t_be_imported(account, dataset, location):
    location = location.replace("BUCKET", f"s3://{account.bucket}")
    assert account.import_from(dataset, location, expect="CREATE FAILED")["failureReason"]


@pytest.mark.parametrize(
    "change,words",
    [
        ({"roleArn": None}, "roleArn is needed"),
        ({"roleArn": "admin"}, "at 'roleArn'"),
        ({"dataSource": {"dataLocation": "https://example.org/a.csv"}}, "is not an S3 location"),
        ({"dataSource": {}}, "dataLocation is needed"),
    ],
)
def test_a_job_that_makes_no_sense_is_refused_at_once(account, dataset, change, words):
    request = {
        "jobName": account.name("job"), "datasetArn": dataset, "roleArn": ROLE,
        "dataSource": {"dataLocation": "s3://b/k"}, **change,
    }  # fmt: skip
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match=words):
        account.personalize.create_dataset_import_job(**{k: v for k, v in request.items() if v is not None})


@pytest.mark.parametrize(
    "role,words",
    [
        ("arn:aws:iam::000000000000:role/nope", "can't assume the role .*role/nope: it does not exist"),
        ("arn:aws:iam::000000000000:role/elsewhere/personalize", "it does not exist; there is .*role/personalize"),
        ("arn:aws:iam::000000000000:role/of-lambda", "trust policy does not let personalize.amazonaws.com"),
        ("arn:aws:iam::123456789012:role/personalize", "not a role of the account 000000000000"),
    ],
)
def test_a_role_that_personalize_can_t_take_is_refused_by_all_that_take_one(account, trained, role, words):
    account.new_role("of-lambda", trusted="lambda.amazonaws.com")
    path, service = {"path": f"s3://{account.bucket}/x/"}, account.personalize
    name, version = {"jobName": account.name("job"), "roleArn": role}, {"solutionVersionArn": trained.version}
    files = {"jobInput": {"s3DataSource": path}, "jobOutput": {"s3DataDestination": path}}
    source = {"dataSource": {"dataLocation": path["path"]}}
    calls = [
        lambda: service.create_dataset_import_job(**name, **source, datasetArn=trained.dataset),
        lambda: service.create_dataset_export_job(
            **name, datasetArn=trained.dataset, jobOutput=files["jobOutput"], ingestionMode="ALL"
        ),
        lambda: service.create_batch_inference_job(**name, **version, **files),
        lambda: service.create_batch_segment_job(**name, **version, **files),
        lambda: service.create_dataset_group(
            name=name["jobName"], roleArn=role, kmsKeyArn="arn:aws:kms:us-east-1:000000000000:key/k"
        ),
    ]
    for call in calls:
        with pytest.raises(service.exceptions.InvalidInputException, match=words):
            call()


def test_a_role_in_a_folder_can_be_taken(account, dataset):
    role = account.new_role("reader-in-folder", path="/of/data/")
    service = account.personalize
    job = {"jobName": account.name("job"), "datasetArn": dataset, "roleArn": role}
    made = service.create_dataset_import_job(**job, dataSource={"dataLocation": account.put(sample_csv())})
    account.wait("DatasetImportJob", made["datasetImportJobArn"])


def test_a_folder_is_imported_whole(account):
    lines = sample_csv().splitlines()
    prefix = account.name("folder")
    for number, part in enumerate((lines[1:1_501], lines[1_501:])):
        account.put("\n".join([lines[0], *part]), key=f"{prefix}/part-{number}.csv")
    group = account.group()
    account.import_from(account.dataset(group), f"s3://{account.bucket}/{prefix}/")
    assert account.metrics(account.version(account.solution(group)))["coverage"] == 1.0


def test_incremental_adds_and_full_replaces(account):
    lines = sample_csv().splitlines()
    first, second = lines[:901], [lines[0], *lines[901:]]
    group = account.group()
    dataset, solution = account.dataset(group), account.solution(group)
    account.import_text(dataset, "\n".join(first))
    assert "900 unique interactions" in _failure(account, solution)
    account.import_text(dataset, "\n".join(second), importMode="INCREMENTAL")
    account.version(solution)
    account.import_text(dataset, "\n".join(first))
    assert "900 unique interactions" in _failure(account, solution)


def _failure(account, solution):
    arn = account.version(solution, expect="CREATE FAILED")
    return account.describe("SolutionVersion", arn)["failureReason"]


@pytest.mark.parametrize(
    "rows,words",
    [
        ([(f"u{n % 30}", f"i{n % 7}", 1_700_000_000 + n) for n in range(999)], "999 unique interactions; at least 1000"),
        ([("u0", "i0", 1_700_000_000)] * 2_000, "has 1 unique interaction;"),
        (
            [(f"u{n % 24}", f"i{n % 7}", 1_700_000_000 + n) for n in range(1_500)] + [(f"once{n}", "i0", 1) for n in range(99)],
            "24 users with at least 2 interactions each; at least 25",
        ),
    ],
)  # fmt: skip
def test_too_little_data_fails_the_training(account, rows, words):
    group = account.group()
    account.import_text(account.dataset(group), csv_of(HEADER, rows))
    assert words in _failure(account, account.solution(group))


def test_training_without_any_data_is_refused(account):
    group = account.group()
    solution = account.solution(group)
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="no active INTERACTIONS dataset"):
        account.personalize.create_solution_version(solutionArn=solution)
    account.dataset(group)
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="has no data"):
        account.personalize.create_solution_version(solutionArn=solution)


def test_event_type_and_value_choose_what_is_trained_with(account):
    schema = schema_text(
        "Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long", EVENT_TYPE="string", EVENT_VALUE="float?"
    )
    group = account.group()
    dataset = account.dataset(group, schema)
    rows = []
    for n in range(2_400):
        kind, item, value = ("click", f"clicked{n % 5}", "") if n % 2 else ("watch", f"watched{n % 3}", n % 10 / 10)
        rows.append((f"u{n % 31}", item, 1_700_000_000 + n, kind, value))
    account.import_text(dataset, csv_of("USER_ID,ITEM_ID,TIMESTAMP,EVENT_TYPE,EVENT_VALUE", rows))
    clicks = account.campaign(account.version(account.solution(group, eventType="click")))
    assert {item[:7] for item in account.recommended(clicks, "u1")} == {"clicked"}
    config = {"eventsConfig": {"eventParametersList": [{"eventType": "watch", "eventValueThreshold": 0.0}]}}
    watches = account.campaign(account.version(account.solution(group, solutionConfig=config)))
    assert {item[:7] for item in account.recommended(watches, "u1")} == {"watched"}
    high = account.solution(group, eventType="watch", solutionConfig={"eventValueThreshold": "0.9"})
    assert "after filtering by event type and event value" in _failure(account, high)


def test_a_schema_may_grow_by_nullable_columns(account):
    group = account.group()
    dataset = account.dataset(group)
    account.import_text(dataset, sample_csv())
    wider = json.loads(INTERACTIONS)
    wider["fields"].append({"name": "DEVICE", "type": ["null", "string"]})
    schema = account.personalize.create_schema(name=account.name("wider"), schema=json.dumps(wider))["schemaArn"]
    account.personalize.update_dataset(datasetArn=dataset, schemaArn=schema)
    while account.describe("Dataset", dataset)["schemaArn"] != schema:
        pass
    more = csv_of(HEADER + ",DEVICE", [("user_1", "NEWS", 1_800_000_000 + n, "phone") for n in range(10)])
    account.import_text(dataset, more, importMode="INCREMENTAL")
    account.version(account.solution(group))
    narrower = schema_text("Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long", NEW="string")
    refused = account.personalize.create_schema(name=account.name("refused"), schema=narrower)["schemaArn"]
    with pytest.raises(account.personalize.exceptions.InvalidInputException, match="keep every field"):
        account.personalize.update_dataset(datasetArn=dataset, schemaArn=refused)
