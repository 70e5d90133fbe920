"""From the service's reason of a failure to what a person can do about it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from personalize.driver.model import Kind

_ADVICE: Sequence[tuple[str, str]] = (
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
        r"less than (the )?minimum|at least \d[\d,]* interactions|at least 25|too (few|little)|not enough",
        "Personalize trains from 1,000 interactions of 25 users with at least 2 each; add interactions to the source, "
        "then `kit train` again",
    ),
    (
        r"timestamp",
        "TIMESTAMP must be whole seconds since 1970 (10 digits); divide milliseconds by 1,000",
    ),
    (
        r"column|header|schema|field",
        "the CSV's header must hold every column of the schema, spelled the same; correct the file or `schemas` in the "
        "declaration",
    ),
    (
        r"no such (key|bucket)|does not exist.*s3|s3.*does not exist|not found.*s3|invalid s3|empty",
        "look at `source` in the declaration: the object must exist in the bucket, in the region of Personalize",
    ),
    (
        r"limit|quota|exceed|maximum",
        "a quota of the account is used up: delete what is not needed (`kit status` lists it) or raise it in the "
        "Service Quotas console under Amazon Personalize",
    ),
    (
        r"kms|key",
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
