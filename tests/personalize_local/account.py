"""What the tests do with the local AWS: clients, names, waiting, and the usual chain of resources."""

from __future__ import annotations

import contextlib
import itertools
import json
import time
import urllib.request
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import boto3

from personalize.sample_data import SampleSize, interactions

ROLE = "arn:aws:iam::000000000000:role/personalize"
RECIPE = "arn:aws:personalize:::recipe/"
Json = dict[str, Any]
Row = Sequence[Any]


@dataclass(frozen=True)
class Trained:
    group: str
    dataset: str
    solution: str
    version: str
    campaign: str


def schema_text(name: str, **columns: str) -> str:
    """``GENRE="string?"`` is a nullable string."""
    fields = [{"name": n, "type": ["null", t[:-1]] if t.endswith("?") else t} for n, t in columns.items()]
    return json.dumps(
        {"type": "record", "name": name, "namespace": "com.amazonaws.personalize.schema", "fields": fields}
    )


INTERACTIONS = schema_text("Interactions", USER_ID="string", ITEM_ID="string", TIMESTAMP="long")


def csv_of(header: str, rows: Iterable[Row]) -> str:
    return "\n".join([header, *(",".join(str(cell) for cell in row) for row in rows)]) + "\n"


def sample_csv(size: SampleSize | None = None) -> str:
    rows = interactions(size or SampleSize())
    return csv_of("USER_ID,ITEM_ID,TIMESTAMP", ((r.user_id, r.item_id, r.timestamp) for r in rows))


class Account:
    """Clients are botocore's own, with its parameter validation off: the service has to do the checking."""

    def __init__(self, endpoint_url: str) -> None:
        self.endpoint_url = endpoint_url
        self._numbers = itertools.count(1)
        self.personalize = self.client("personalize")
        self.runtime = self.client("personalize-runtime")
        self.events = self.client("personalize-events")
        self.s3 = self.client("s3")
        self.new_role(ROLE.rsplit("/", 1)[-1])
        self.bucket = self.new_bucket()

    def client(self, name: str) -> Any:
        return boto3.session.Session(
            aws_access_key_id="test", aws_secret_access_key="test", region_name="us-east-1"
        ).client(
            name, endpoint_url=self.endpoint_url,
            config=boto3.session.Config(parameter_validation=False, retries={"total_max_attempts": 1}),
        )  # fmt: skip

    def name(self, kind: str) -> str:
        return f"{kind}-{next(self._numbers)}"

    def new_role(self, name: str, trusted: str = "personalize.amazonaws.com", path: str = "/") -> str:
        """A role that ``trusted`` may take; the same when it is there already."""
        iam = self.client("iam")
        statement = {"Effect": "Allow", "Principal": {"Service": trusted}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        with contextlib.suppress(iam.exceptions.EntityAlreadyExistsException):
            iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=policy)
        return str(iam.get_role(RoleName=name)["Role"]["Arn"])

    def new_bucket(self, *, readable: bool = True) -> str:
        bucket = self.name("bucket-of-tests")
        self.s3.create_bucket(Bucket=bucket)
        if readable:
            statement = {
                "Effect": "Allow", "Principal": {"Service": "personalize.amazonaws.com"},
                "Action": ["s3:GetObject", "s3:ListBucket", "s3:PutObject"],
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
                "Condition": {"StringEquals": {"aws:SourceAccount": "000000000000"}},
            }  # fmt: skip
            policy = {"Version": "2012-10-17", "Statement": [statement]}
            self.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        return bucket

    def control(self, **settings: Any) -> Json:
        """Read, or with arguments change, how the stand-in behaves."""
        body = json.dumps(settings).encode() if settings else None
        with urllib.request.urlopen(f"{self.endpoint_url}/_kit/personalize", data=body, timeout=5) as answer:
            return json.load(answer)

    def describe(self, kind: str, arn: str) -> Json:
        member = kind[0].lower() + kind[1:]
        words = "".join("_" + c.lower() if c.isupper() else c for c in kind).lstrip("_")
        return getattr(self.personalize, f"describe_{words}")(**{member + "Arn": arn})[member]

    def wait(self, kind: str, arn: str, *, expect: str = "ACTIVE", seconds: float = 30) -> Json:
        """Wait for the end of a creation, which must be ``expect``, and answer the description."""
        body = self.ended(kind, arn, seconds=seconds)
        assert body["status"] == expect, body.get("failureReason")
        return body

    def ended(self, kind: str, arn: str, *, seconds: float = 30) -> Json:
        """The description at the end of a creation, whatever the end."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            body = self.describe(kind, arn)
            if body["status"] in ("ACTIVE", "CREATE FAILED", "CREATE STOPPED", "INACTIVE"):
                return body
            time.sleep(0.01)
        raise AssertionError(f"{arn} is still in status {body['status']}")

    def group(self, **options: Any) -> str:
        arn = self.personalize.create_dataset_group(name=self.name("group"), **options)["datasetGroupArn"]
        self.wait("DatasetGroup", arn)
        return arn

    def dataset(self, group: str, schema: str = INTERACTIONS, kind: str = "INTERACTIONS", **options: Any) -> str:
        schema_arn = self.personalize.create_schema(name=self.name("schema"), schema=schema, **options)["schemaArn"]
        arn = self.personalize.create_dataset(
            name=self.name("dataset"), datasetGroupArn=group, datasetType=kind, schemaArn=schema_arn
        )["datasetArn"]
        self.wait("Dataset", arn)
        return arn

    def put(self, text: str | bytes, bucket: str | None = None, key: str | None = None) -> str:
        key = key or self.name("file") + ".csv"
        body = text.encode() if isinstance(text, str) else text
        self.s3.put_object(Bucket=bucket or self.bucket, Key=key, Body=body)
        return f"s3://{bucket or self.bucket}/{key}"

    def import_text(self, dataset: str, text: str | bytes, *, expect: str = "ACTIVE", **options: Any) -> Json:
        return self.import_from(dataset, self.put(text), expect=expect, **options)

    def import_from(self, dataset: str, location: str, *, expect: str = "ACTIVE", **options: Any) -> Json:
        arn = self.personalize.create_dataset_import_job(
            jobName=self.name("import"),
            datasetArn=dataset,
            dataSource={"dataLocation": location},
            roleArn=ROLE,
            **options,
        )["datasetImportJobArn"]
        return self.wait("DatasetImportJob", arn, expect=expect)

    def solution(self, group: str, recipe: str = "aws-user-personalization-v2", **options: Any) -> str:
        arn = self.personalize.create_solution(
            name=self.name("solution"), datasetGroupArn=group, recipeArn=RECIPE + recipe, **options
        )["solutionArn"]
        self.wait("Solution", arn)
        return arn

    def version(self, solution: str, *, expect: str = "ACTIVE", **options: Any) -> str:
        arn = self.personalize.create_solution_version(solutionArn=solution, **options)["solutionVersionArn"]
        self.wait("SolutionVersion", arn, expect=expect)
        return arn

    def campaign(self, version: str, **options: Any) -> str:
        arn = self.personalize.create_campaign(name=self.name("campaign"), solutionVersionArn=version, **options)
        self.wait("Campaign", arn["campaignArn"])
        return arn["campaignArn"]

    def trained_campaign(self, text: str | None = None, recipe: str = "aws-user-personalization-v2") -> Trained:
        group = self.group()
        dataset = self.dataset(group)
        self.import_text(dataset, text or sample_csv())
        solution = self.solution(group, recipe)
        version = self.version(solution)
        return Trained(group, dataset, solution, version, self.campaign(version))

    def metrics(self, version: str) -> dict[str, float]:
        return self.personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]

    def recommended(self, campaign: str, user: str, **options: Any) -> list[str]:
        answer = self.runtime.get_recommendations(campaignArn=campaign, userId=user, **options)
        return [item["itemId"] for item in answer["itemList"]]

    def objects(self, prefix: str) -> dict[str, list[Json]]:
        """JSON lines of every object below a prefix of the bucket."""
        found = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        bodies = {o["Key"]: self.s3.get_object(Bucket=self.bucket, Key=o["Key"])["Body"].read() for o in found}
        return {key: [json.loads(line) for line in body.splitlines()] for key, body in bodies.items()}
