"""What a second plan shows on the local AWS although nothing changed: each with its reason. Anything else is a fault.

resource type -> attribute (dotted) -> reason
"""

KNOWN_LOCAL_DIFFERENCES: dict[str, dict[str, str]] = {
    "aws_kinesis_firehose_delivery_stream": {
        "extended_s3_configuration.custom_time_zone": (
            "ministack keeps no CustomTimeZone; Firehose answers UTC, which is also the provider's default"
        ),
    },
}
