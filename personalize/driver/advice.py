"""From the service's reason of a failure to what a person can do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from personalize.driver.model import Kind

# The first that fits is taken, so what names one cause stands before what a word of many reasons suggests.
_ADVICE: Sequence[tuple[str, str]] = (
    (
        r"\btags? (key|value)|\btag'|toomanytags|tags are more than|\btags\.\d+\.member",
        "choose other keys or values under `tags` in the declaration: keys that begin with aws: are AWS's own, a key takes "
        "128 characters, a value 256, a resource 50 tags; then `kit train` again",
    ),
    (
        r"parameter validation failed|validation errors? detected|failed to satisfy constraint|(invalid type|invalid length"
        r"|invalid range|unknown parameter|missing required parameter) (for|in)",
        "the declaration holds a value that the service does not take: the message names it; correct it there, then "
        "`kit train` again",
    ),
    (
        r"new schema must keep|must keep every field|fields that the new schema adds",
        "a column of a dataset that stands can be neither taken out nor changed, and a new one must be nullable: put the "
        "schema right, or give the dataset group a new name, which makes everything anew",
    ),
    (
        r"no EVENT_TYPE column|event_?type [^.]*column[^.]*(required|not found)",
        "`event_type` and `events` of the solution need the column EVENT_TYPE in the interactions' schema and source: add "
        "it to both, or take the event type out of the declaration",
    ),
    (
        r"no EVENT_VALUE column|event_?value [^.]*column[^.]*(required|not found)",
        "`at_least` of the solution's `events` needs the column EVENT_VALUE in the interactions' schema and source: add it "
        "to both, or take `at_least` out of the declaration",
    ),
    (
        r"insufficient privileges|access ?denied|not authorized|permission.*(s3|bucket)|(s3|bucket).*permission",
        "the bucket's policy must let personalize.amazonaws.com s3:GetObject and s3:ListBucket (and s3:PutObject for "
        "batch output), and the role in role_arn the same; the module `recommendations` makes both: run `kit deploy`, "
        "then `kit train` again",
    ),
    (
        r"role.*(assume|trust|does not exist|not found|invalid)|assume.*role|iam role",
        "the role in role_arn must exist and trust personalize.amazonaws.com; a role that was made seconds ago needs a "
        "minute: run `kit train` again",
    ),
    (
        r"less than (the )?minimum|at least [\d,]+ (unique )?interactions|at least [\d,]+ (users|are required)"
        r"|\d+ unique interactions|too (few|little)|not enough",
        "Personalize trains from 1,000 interactions of 25 users with at least 2 each, counted after the solution's event "
        "type and `at_least`; add interactions to the source, or drop that threshold, then `kit train` again",
    ),
    (
        r"missing the following columns|(missing|lacks?|unknown) [^.]*column|column[^.]*(missing|not found|not in the csv)"
        r"|\bcsv\b.*header|header.*(csv|column)",
        "the CSV's header must hold every column of the schema, spelled the same; correct the file or `schemas` in the "
        "declaration",
    ),
    (
        r"timestamp",
        "TIMESTAMP must be whole seconds since 1970 (10 digits); divide milliseconds by 1,000",
    ),
    (
        r"no such (key|bucket)|no objects found|does not exist.*s3|s3.*does not exist|not found.*s3|invalid s3|empty",
        "look at `source` in the declaration: the object must exist in the bucket, in the region of Personalize",
    ),
    (
        r"limit|quota|exceed|maximum",
        "a quota of the account is used up: delete what is not needed (`kit status` lists it) or raise it in the "
        "Service Quotas console under Amazon Personalize",
    ),
    (
        r"\bkms\b|kms:|encryption key",
        "the role needs kms:Decrypt and kms:GenerateDataKey on the key of the bucket and of the dataset group",
    ),
    (r"vanished", "run `kit train` again; it makes anew what is missing"),
    (r"in use|inuse", "something still works on it; run `kit train` again in a few minutes, it continues"),
    (r"internal|service (error|failure)|unexpected", "a failure inside the service: run `kit train` again"),
)
_BY_KIND = {
    Kind.IMPORT: "look at the source's rows: `kit train --plan` checks them line by line",
    Kind.VERSION: "run `kit train` again: it trains anew under a new name and repeats nothing that succeeded",
}


def advice_for(kind: Kind, reason: str) -> str:
    """One sentence for the person who runs the training."""
    for pattern, advice in _ADVICE:
        if re.search(pattern, reason, re.IGNORECASE):
            return advice
    return _BY_KIND.get(kind, "mend what the reason names, then `kit train` again: it continues from here")
