"""What a function is told by its environment: every name in one place, read once, checked when it is used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ENVIRONMENT_NAMES = {
    "endpoints_table": "ENDPOINTS_TABLE",
    "engagement_table": "ENGAGEMENT_TABLE",
    "deliveries_table": "DELIVERIES_TABLE",
    "data_bucket": "DATA_BUCKET",
    "imports_queue_url": "IMPORTS_QUEUE_URL",
    "campaign_runs_queue_url": "CAMPAIGN_RUNS_QUEUE_URL",
    "audiences_queue_url": "AUDIENCES_QUEUE_URL",
    "sends_queue_url": "SENDS_QUEUE_URL",
    "sends_dead_letter_queue_url": "SENDS_DEAD_LETTER_QUEUE_URL",
    "event_delivery_stream": "EVENT_DELIVERY_STREAM",
    "event_data_stream": "EVENT_DATA_STREAM",
    "configuration_set": "CONFIGURATION_SET",
    "token_key_id": "TOKEN_KEY_ID",
    "public_url": "PUBLIC_URL",
    "region": "AWS_REGION",
    "account_id": "ACCOUNT_ID",
    "import_buckets": "IMPORT_BUCKETS",
    "recommendations_table": "RECOMMENDATIONS_TABLE",
    "name_prefix": "NAME_PREFIX",
    "personalize_role_arn": "PERSONALIZE_ROLE_ARN",
    "training_variables": "TRAINING_VARIABLES",
    "shortest_wait_seconds": "SHORTEST_WAIT_SECONDS",
    "batch_results_queue_url": "BATCH_RESULTS_QUEUE_URL",
    "batch_jobs_arn": "BATCH_JOBS_ARN",
    "mail_events_queue_url": "MAIL_EVENTS_QUEUE_URL",
    "fed_back_events": "FED_BACK_EVENTS",
    "least_new_events": "LEAST_NEW_EVENTS",
    "each_limit": "EACH_LIMIT",
    "template_compare": "TEMPLATE_COMPARE",
}


class MissingSetting(KeyError):
    """A function asked for a setting that its environment does not hold: a wiring fault, for the operator."""

    def __str__(self) -> str:
        return (
            f"environment variable {self.args[0]} is not set; add it to this function's `environment` "
            "in its Terraform module"
        )


@dataclass(frozen=True)
class Settings:
    """Settings of one function; a value that this function was not given raises ``MissingSetting`` when read."""

    values: Mapping[str, str] = field(repr=False)

    def __contains__(self, name: str) -> bool:
        """Was this function given the setting?"""
        return ENVIRONMENT_NAMES[name] in self.values

    def __getattr__(self, name: str) -> str:
        try:
            variable = ENVIRONMENT_NAMES[name]
        except KeyError:
            raise AttributeError(name) from None
        try:
            return self.values[variable]
        except KeyError:
            raise MissingSetting(variable) from None
