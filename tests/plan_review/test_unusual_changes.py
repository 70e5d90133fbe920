"""Changes that look harmless in a diff, and hostile names and values: each is told, and none breaks out."""

import json
import re
from dataclasses import replace

import pytest

from scripts.plan_review.plan_json import read_plan
from scripts.plan_review.rendering import GITHUB_LIMIT, markdown, terminal
from scripts.plan_review.review import review_plan
from tests.plan_review.plans import allow, plan, policy, resource

SECRET = "hunter2-do-not-show"
OTHER = {"AWS": "arn:aws:iam::999999999999:root"}
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": OTHER}
MAPPING = "aws_lambda_event_source_mapping.sends"


def review_of(*resources, **more):
    return review_plan(read_plan(plan(*resources, **more)), environment="dev")


def updated(address, before, after, **more):
    return resource(address, ["update"], before, after, **more)


def trust(*statements):
    return {"name": "r", "assume_role_policy": policy(*statements)}


def rule(days, status="Enabled", prefix="", **more):
    return {
        "rule": [
            {"id": "old", "status": status, "filter": [{"prefix": prefix}], "expiration": [{"days": days}], **more}
        ]
    }


SECOND_LOOKS = {
    "kinesis encryption off": (
        updated("aws_kinesis_stream.s", {"encryption_type": "KMS"}, {"encryption_type": "NONE"}), "encryption_type"),
    "bucket's key becomes S3's": (
        updated("aws_s3_bucket_server_side_encryption_configuration.b",
                {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]},
                {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]}), "AES256"),
    "encryption lost by a replace": (
        resource("aws_db_instance.d", ["delete", "create"], {"storage_encrypted": True}, {"storage_encrypted": False}),
        "storage_encrypted: on -> off"),
    "mail without TLS": (
        updated("aws_sesv2_configuration_set.c", {"delivery_options": [{"tls_policy": "REQUIRE"}]},
                {"delivery_options": [{"tls_policy": "OPTIONAL"}]}), "tls_policy OPTIONAL"),
    "key rotation off": (updated("aws_kms_key.k", {"enable_key_rotation": True}, {"enable_key_rotation": False}), "rotation"),
    "key disabled": (updated("aws_kms_key.k", {"is_enabled": True}, {"is_enabled": False}), "cannot be read"),
    "objects expire": (updated("aws_s3_bucket_lifecycle_configuration.b", {"rule": []}, rule(30)), "deletes objects after 30"),
    "objects expire sooner": (
        updated("aws_s3_bucket_lifecycle_configuration.b", rule(365), rule(1)), "after 1 days (before: after 365 days)"),
    "an expiry is switched on": (
        updated("aws_s3_bucket_lifecycle_configuration.b", rule(9, "Disabled"), rule(9)), "deletes objects"),
    "an expiry meets more": (
        updated("aws_s3_bucket_lifecycle_configuration.b", rule(9, prefix="tmp/"), rule(9)), "deletes objects"),
    "a given bucket's objects expire": (
        resource("aws_s3_bucket_lifecycle_configuration.b", ["create"], None, {"bucket": "given", **rule(3)}), "deletes"),
    "items expire": (
        updated("aws_dynamodb_table.t", {"ttl": [{"enabled": False, "attribute_name": ""}]},
                {"ttl": [{"enabled": True, "attribute_name": "created"}]}), "attribute created"),
    "versioning goes": (resource("aws_s3_bucket_versioning.b", ["delete"], {"bucket": "b"}), "versioning goes away"),
    "dead letters lost": (updated("aws_sqs_queue.q", {"redrive_policy": "{}"}, {"redrive_policy": None}), "dead-letter"),
    "an unfamiliar database": (resource("aws_docdb_cluster.d", ["delete"], {"id": "d"}), "loses the database"),
    "guard marked as sensitive": (
        updated("aws_dynamodb_table.t", {"deletion_protection_enabled": True}, {"deletion_protection_enabled": False},
                before_sensitive={"deletion_protection_enabled": True}, after_sensitive={"deletion_protection_enabled": True}),
        "deletion protection gets weaker"),
    "policy marked as sensitive": (
        updated("aws_iam_role_policy.p", {"role": "r", "policy": policy(allow())}, {"role": "r", "policy": policy(allow("*", "*"))},
                before_sensitive={"policy": True}, after_sensitive={"policy": True}), "marked as sensitive"),
    "trust by exception": (
        updated("aws_iam_role.r", trust(), trust({**TRUST, "Principal": None, "NotPrincipal": OTHER})), "everybody but arn"),
    "trust without its condition": (
        updated("aws_iam_role.r", trust({**TRUST, "Condition": {"StringEquals": {"sts:ExternalId": "x"}}}), trust(TRUST)),
        "wider than before"),
    "trust of any workflow": (
        resource("aws_iam_role.r", ["create"], None, trust({**TRUST, "Principal": {"Federated": "arn:oidc"}})),
        "whom that identity provider knows"),
    "trust no longer denied": (
        updated("aws_iam_role.r", trust(TRUST, {**TRUST, "Effect": "Deny"}), trust(TRUST)), "must not be assumed by"),
    "boundary gone": (
        updated("aws_iam_role.r", {"permissions_boundary": "arn:b"}, {"permissions_boundary": None}), "permissions boundary"),
    "inline policy in the role": (
        updated("aws_iam_role.r", {"inline_policy": []}, {"inline_policy": [{"name": "x", "policy": policy(allow())}]}), "wider"),
    "managed policy in the role": (
        updated("aws_iam_role.r", {"managed_policy_arns": []}, {"managed_policy_arns": ["arn:aws:iam::1:policy/x"]}), "attaches"),
    "attachment replaced": (
        resource("aws_iam_role_policy_attachment.a", ["delete", "create"], {"role": "r", "policy_arn": "arn:a"},
                 {"role": "r", "policy_arn": "arn:b"}), "a role that exists may do more"),
    "a user may do more": (
        resource("aws_iam_user_policy.p", ["create"], None, {"user": "ann", "policy": policy(allow())}), "ann"),
    "a new access key": (resource("aws_iam_access_key.k", ["create"], None, {"user": "ann"}), "access key"),
    "another account may invoke": (
        resource("aws_lambda_permission.p", ["create"], None, {"principal": "999999999999"}), "another account"),
    "a given bucket opens": (
        resource("aws_s3_bucket_policy.p", ["create"], None, {"bucket": "given", "policy": policy(allow(Principal=OTHER))}),
        "more than before on given"),
    "public but for TLS": (
        resource("aws_sns_topic_policy.p", ["create"], None, {"policy": policy(
            allow(Principal="*", Condition={"Bool": {"aws:SecureTransport": "true"}}))}), "open to anybody on the internet"),
    "public by a condition for all": (
        resource("aws_sqs_queue_policy.p", ["create"], None, {"policy": policy(
            allow(Principal={"AWS": "*"}, Condition={"StringLike": {"aws:SourceArn": "*"}}))}), "open to anybody"),
    "bucket's own policy": (
        updated("aws_s3_bucket.b", {"policy": ""}, {"policy": policy(allow("s3:GetObject", Principal="*"))}), "internet"),
    "a whole service's resources": (
        resource("aws_iam_role_policy.p", ["create"], None, {"policy": policy(allow(resource="arn:aws:sqs:*:*:*"))}),
        "on every resource"),
    "grants to all by ACL": (
        updated("aws_s3_bucket_acl.b", {}, {"access_control_policy": [{"grant": [
            {"grantee": [{"uri": "http://acs.amazonaws.com/groups/global/AllUsers"}]}]}]}), "everybody"),
    "account's public access block": (
        resource("aws_s3_account_public_access_block.a", ["delete"], {"block_public_acls": True}), "the account's"),
    "function URL without authorisation": (
        resource("aws_lambda_function_url.u", ["create"], None, {"authorization_type": "NONE"}), "without authorisation"),
    "nested event source off": (
        updated("aws_sesv2_configuration_set_event_destination.d", {"event_destination": [{"enabled": True}]},
                {"event_destination": [{"enabled": False}]}), "switched off"),
    "bounces no longer told": (
        updated("aws_sesv2_configuration_set_event_destination.d",
                {"event_destination": [{"matching_event_types": ["SEND", "BOUNCE"]}]},
                {"event_destination": [{"matching_event_types": ["SEND"]}]}), "BOUNCE no longer delivered"),
    "one of two receivers goes": (
        updated("aws_s3_bucket_notification.n", {"lambda_function": [{"id": "a"}, {"id": "b"}]}, {"lambda_function": [{"id": "b"}]}),
        "1 of its receivers"),
    "rule off, the old way": (
        updated("aws_cloudwatch_event_rule.r", {"is_enabled": True}, {"is_enabled": False}), "switched off"),
    "pipe stopped": (updated("aws_pipes_pipe.p", {"desired_state": "RUNNING"}, {"desired_state": "STOPPED"}), "switched off"),
    "function may not run": (
        updated("aws_lambda_function.f", {"reserved_concurrent_executions": -1}, {"reserved_concurrent_executions": 0}), "not run"),
    "sending switched off": (
        updated("aws_sesv2_configuration_set.c", {"sending_options": [{"sending_enabled": True}]},
                {"sending_options": [{"sending_enabled": False}]}), "sending is switched off"),
}  # fmt: skip


@pytest.mark.parametrize("name", SECOND_LOOKS)
def test_needs_a_second_look(name):
    change, text = SECOND_LOOKS[name]
    review = review_of(change)
    assert review.verdict == 3
    assert text in " | ".join(finding.text for finding in review.findings if finding.second_look)


def test_lists_that_are_sensitive_or_unreadable_break_nothing():
    sides = {"alarm_actions": ["a"], "managed_policy_arns": ["b"], "inline_policy": [{"name": "c", "policy": "{}"}]}
    odd = policy(allow(Principal="*", Condition="x"), allow(Condition={"StringEquals": "x"}))
    for type_ in ("aws_cloudwatch_metric_alarm", "aws_iam_role"):
        review = review_of(updated(f"{type_}.x", {}, sides, after_sensitive=dict.fromkeys(sides, True)))
        assert "(" not in [finding.text.removeprefix("attaches ") for finding in review.findings]
    review = review_of(updated("aws_sns_topic_policy.p", {"policy": policy()}, {"policy": odd}))
    assert review.verdict == 3
    assert "a condition that cannot be read x" in " ".join(finding.text for finding in review.findings)


HARMLESS = {
    "objects expire later": updated("aws_s3_bucket_lifecycle_configuration.b", rule(1), rule(365)),
    "a new bucket's objects expire": resource(
        "aws_s3_bucket_lifecycle_configuration.b", ["create"], None, rule(30), after_unknown={"bucket": True}),
    "bucket's key becomes one's own": updated(
        "aws_s3_bucket_server_side_encryption_configuration.b",
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256"}]}]},
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms"}]}]}),
    "for one account": resource("aws_sns_topic_policy.p", ["create"], None, {"policy": policy(
        allow(Principal="*", Condition={"StringEquals": {"aws:SourceAccount": "1"}}))}),
    "a deny on a given bucket": resource("aws_s3_bucket_policy.p", ["create"], None, {"bucket": "given", "policy": policy(
        {**allow("s3:*", Principal="*"), "Effect": "Deny"})}),
    "workflow of one repository": resource("aws_iam_role.r", ["create"], None, trust(
        {**TRUST, "Principal": {"Federated": "arn:oidc"}, "Condition": {"StringEquals": {"x:sub": "repo:a/b"}}})),
    "egress to everywhere": resource("aws_vpc_security_group_egress_rule.e", ["create"], None, {"cidr_ipv4": "0.0.0.0/0"}),
    "event source on": updated(MAPPING, {"enabled": False}, {"enabled": True}),
    "one alarm action more": updated("aws_cloudwatch_metric_alarm.a", {"alarm_actions": ["a"]}, {"alarm_actions": ["a", "b"]}),
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
def test_needs_no_second_look(name):
    review = review_of(HARMLESS[name])
    assert review.verdict == 2, [finding for finding in review.findings if finding.second_look]


KEY_READ_BACK = {"enabled": False, "kms_key_arn": "arn:aws:kms:us-east-1:1:alias/aws/dynamodb"}
ENCRYPTION_IN_A_BLOCK = {
    "off before and after": (KEY_READ_BACK, {"enabled": False}, None),
    "off before, no block after": (KEY_READ_BACK, None, None),
    "switched off": ({**KEY_READ_BACK, "enabled": True}, {"enabled": False}, True),
    "switched on": ({"enabled": False}, {"enabled": True, "kms_key_arn": "arn:aws:kms:us-east-1:1:key/2"}, False),
}


@pytest.mark.parametrize("name", ENCRYPTION_IN_A_BLOCK)
def test_a_block_that_is_off_before_and_after_is_no_news(name):
    before, after, second_look = ENCRYPTION_IN_A_BLOCK[name]
    sides = [{"server_side_encryption": [block] if block else []} for block in (before, after)]
    found = [one for one in review_of(updated("aws_dynamodb_table.t", *sides)).findings if one.area == "encryption"]
    assert [one.second_look for one in found] == ([] if second_look is None else [second_look])


def test_an_import_by_identity_is_an_import():
    change = resource(
        "aws_sqs_queue.q", ["no-op"], {}, {}, importing={"identity": {"account_id": None, "url": "https://q"}}
    )
    review = review_of(change)
    assert review.verdict == 2
    assert review.imported == (("aws_sqs_queue.q", "url https://q"),)


def test_actions_of_a_plan_are_told():
    invocation = {
        "address": "action.aws_lambda_invoke.wipe",
        "type": "aws_lambda_invoke",
        "lifecycle_action_trigger": {
            "triggering_resource_address": "aws_sqs_queue.q",
            "action_trigger_event": "AfterCreate",
        },
    }
    review = review_of(action_invocations=[invocation])
    assert review.verdict == 2
    for text in (markdown(review), terminal(review, colour=False)):
        assert "action.aws_lambda_invoke.wipe (aftercreate of aws_sqs_queue.q)" in text


def test_drift_alone_does_not_claim_that_all_matches():
    review = review_of(resource_drift=[updated("aws_sqs_queue.q", {"delay_seconds": 1}, {"delay_seconds": 9})])
    assert review.verdict == 0
    for text in (markdown(review), terminal(review, colour=False)):
        assert "nothing to change, but 1 resource changed outside Terraform" in text
        assert "the account matches the configuration" not in text


def test_modules_with_dots_in_their_keys_keep_their_name():
    change = resource('module.m["a.b"].module.n.aws_sqs_queue.q', ["create"], None, {"name": "q"})
    assert review_of(change).items[0].module == 'module.m["a.b"]'


def all_of(document):
    review = review_plan(read_plan(document), environment="dev")
    return [
        markdown(review),
        markdown(review, limit=3000),
        terminal(review, colour=False),
        json.dumps(review.as_json()),
    ]


LAMBDA_TASK = json.dumps([{"environment": [{"name": "DB_PASSWORD", "value": SECRET}]}])
LEAKS = {
    "becomes sensitive, value stays": plan(
        updated("aws_ssm_parameter.p", {"value": SECRET}, {"value": SECRET}, after_sensitive={"value": True})),
    "becomes sensitive, value changes": plan(
        updated("aws_ssm_parameter.p", {"value": SECRET}, {"value": "x"}, after_sensitive={"value": True})),
    "is no longer sensitive": plan(
        updated("aws_ssm_parameter.p", {"value": "x"}, {"value": SECRET}, before_sensitive={"value": True})),
    "nested in a list and a map": plan(
        updated("aws_x.p", {"a": [{"b": {"c": [1]}}]}, {"a": [{"b": {"c": [SECRET]}}]}, after_sensitive={"a": [{"b": {"c": [True]}}]})),
    "whole resource": plan(resource("aws_x.p", ["create"], None, {"a": {"b": [SECRET]}}, after_sensitive=True)),
    "whole resource on one side": plan(updated("aws_x.p", {"a": "b"}, {"a": SECRET}, after_sensitive=True)),
    "sensitive and unknown": plan(
        updated("aws_x.p", {"a": SECRET}, {}, before_sensitive={"a": True}, after_unknown={"a": True})),
    "environment variable": plan(updated("aws_x.p", {"variables": {"GITHUB_TOKEN": SECRET}}, {"variables": {}})),
    "camel case": plan(resource("aws_x.p", ["create"], None, {"v": json.dumps({"clientSecret": SECRET})})),
    "AWS's own": plan(resource("aws_x.p", ["create"], None, {"v": {"AWS_SECRET_ACCESS_KEY": SECRET}})),
    "name and value": plan(resource("aws_ecs_task_definition.t", ["create"], None, {"container_definitions": LAMBDA_TASK})),
    "password of a URL": plan(resource("aws_x.p", ["create"], None, {"v": f"postgres://kit:{SECRET}@db/kit"})),
    "private key": plan(resource("aws_x.p", ["create"], None, {
        "v": f"-----BEGIN RSA PRIVATE KEY-----\n{SECRET}\n-----END RSA PRIVATE KEY-----"})),
    "output by its name": plan(output_changes={"db_password": {"actions": ["create"], "before": None, "after": SECRET}}),
    "output that becomes sensitive": plan(output_changes={
        "o": {"actions": ["update"], "before": {"a": SECRET}, "after": {"a": SECRET}, "after_sensitive": {"a": True}}}),
    "output of JSON": plan(output_changes={
        "o": {"actions": ["create"], "before": None, "after": json.dumps({"password": SECRET})}}),
    "route": plan(updated("aws_apigatewayv2_route.r", {}, {"authorization_type": "NONE", "route_key": SECRET},
                          after_sensitive={"route_key": True})),
    "rule": plan(updated("aws_s3_bucket_lifecycle_configuration.b", {"rule": []}, {"rule": [{**rule(3)["rule"][0], "id": SECRET}]},
                         after_sensitive={"rule": True})),
    "sensitive policy": plan(updated("aws_sqs_queue_policy.p", {"policy": policy()}, {"policy": policy(allow(SECRET, Principal="*"))},
                                     after_sensitive={"policy": True})),
}  # fmt: skip


@pytest.mark.parametrize("name", LEAKS)
def test_what_is_sensitive_is_never_shown(name):
    assert all(SECRET not in text for text in all_of(LEAKS[name]))


@pytest.mark.parametrize(
    "name", ["secret_arn", "token_key_id", "password_policy", "api_key_source", "tokens", "credentials"]
)
def test_names_that_only_sound_secret_are_shown(name):
    assert all(
        "plain-to-see" in text
        for text in all_of(plan(resource("aws_x.p", ["create"], None, {name: "plain-to-see"})))[:1]
    )


HOSTILE = "\x1b[31mred\x9b2J\r\n# big\n\u202egpj.exe ``` | </details><img src=x> @everyone \ud800 [a](http://b)"


def test_nothing_hostile_gets_out():
    documents = plan(
        updated("aws_sqs_queue_policy.p", {"policy": policy()}, {"policy": policy(allow(HOSTILE, HOSTILE, Principal=HOSTILE))}),
        updated(f'aws_sqs_queue.q["{HOSTILE}"]', {"name": "a", HOSTILE: 1}, {"name": HOSTILE}, importing={"id": HOSTILE},
                previous_address=HOSTILE, action_reason=HOSTILE, replace_paths=[[HOSTILE]]),
        output_changes={HOSTILE: {"actions": ["create"], "before": None, "after": HOSTILE}},
        resource_drift=[updated("aws_sqs_queue.d", {HOSTILE: "a"}, {HOSTILE: HOSTILE})],
        checks=[{"instances": [{"status": "fail", "problems": [{"message": HOSTILE}]}]}],
        action_invocations=[{"address": HOSTILE}],
    )  # fmt: skip
    for text in all_of(documents):
        text.encode()  # could be written
        assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(text)
        assert "\n# big" not in text
    comment = all_of(documents)[0]
    assert comment.count("</details>") - comment.count("&lt;/details&gt;") >= comment.count("<details>")
    assert outside_code(comment).count("@everyone") == outside_code(comment).count("<img") == 0


def test_nothing_hostile_gets_out_of_messages_either():
    review = replace(review_of(), warnings=(HOSTILE,), errors=(f"first\n{HOSTILE}",))
    for text in (markdown(review), terminal(review, colour=False), json.dumps(review.as_json())):
        text.encode()
        assert not {"\x1b", "\x9b", "\r", "\u202e"} & set(text)
    assert outside_code(markdown(review)).count("@everyone") == 0
    assert "first\n" in terminal(review, colour=False)


def outside_code(text):
    """A comment without fences, inline code and <code>: what GitHub reads as Markdown and HTML."""
    text = re.sub(r"(?ms)^(`{3,})[a-z]*$.*?^\1$", "", text)
    return re.sub(r"(?s)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)|<code>.*?</code>", "", text)


def test_a_long_comment_is_cut_where_nothing_is_open():
    changes = [
        resource(f'module.m["{"x" * 200}{module}"].aws_sqs_queue.q{n}', ["create"], None, {"name": "n" * 99})
        for module in range(300)
        for n in range(3)
    ]
    for limit in (2000, 3333, 20_000, GITHUB_LIMIT):
        text = markdown(review_of(*changes), limit=limit)
        assert len(text) < limit
        assert text.count("<details>") == text.count("</details>")


def test_long_texts_leave_room_for_what_is_public():
    wide = [f"arn:aws:sqs:eu-west-1:1:{'q' * 1500}{n}" for n in range(40)]
    changes = [
        updated(
            f"aws_iam_role_policy.p{n}",
            {"role": "r", "policy": policy()},
            {"role": "r", "policy": policy(allow("sqs:*", wide))},
        )
        for n in range(60)
    ]
    opened = updated("aws_s3_bucket_public_access_block.b", {"block_public_acls": True}, {"block_public_acls": False})
    text = markdown(review_of(*changes, opened))
    assert len(text) < GITHUB_LIMIT
    assert "`public access is possible: block_public_acls off`" in text
