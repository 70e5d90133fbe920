"""What a second plan shows on the local AWS although nothing changed: each with its reason. Anything else is a fault.

resource type -> attribute (dotted) -> reason. Empty: the local AWS answers what Terraform asks as AWS does.
"""

KNOWN_LOCAL_DIFFERENCES: dict[str, dict[str, str]] = {}
