"""Small plan documents, in the form of ``terraform show -json``."""

import json


def resource(address, actions, before=None, after=None, **more):
    """One entry of resource_changes; ``more`` may hold what belongs beside or inside ``change``."""
    beside = {key: more.pop(key) for key in ("previous_address", "action_reason") if key in more}
    parts = [part for part in address.split(".") if part.startswith("aws_")]
    change = {"actions": actions, "before": before, "after": after, **more}
    return {"address": address, "type": parts[0], "change": change, **beside}


def plan(*resources, **more):
    return {"format_version": "1.2", "terraform_version": "1.11.4", "resource_changes": list(resources), **more}


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action="sqs:SendMessage", resource="arn:aws:sqs:eu-west-1:1:sends", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}
