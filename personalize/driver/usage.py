"""How often campaigns are asked, by CloudWatch; the only file that calls its client.

Metrics: https://docs.aws.amazon.com/personalize/latest/dg/cloudwatch-metrics.html (GetRecommendations and
GetPersonalizedRanking, by CampaignArn, statistic Sum only).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from personalize.driver.errors import Denied

_METRICS = ("GetRecommendations", "GetPersonalizedRanking")


class CampaignUsage:
    """Counts requests. Raises ``Denied`` when CloudWatch does not answer: nothing is stopped on a guess."""

    def __init__(self, *, client: Any) -> None:
        self._client = client

    def requests(self, campaign_arn: str, since: datetime, until: datetime) -> float:
        return sum(self._sum(metric, campaign_arn, since, until) for metric in _METRICS)

    def _sum(self, metric: str, campaign_arn: str, since: datetime, until: datetime) -> float:
        try:
            answer = self._client.get_metric_statistics(
                Namespace="AWS/Personalize",
                MetricName=metric,
                Dimensions=[{"Name": "CampaignArn", "Value": campaign_arn}],
                StartTime=since,
                EndTime=until,
                Period=3600,
                Statistics=["Sum"],
            )
        except (ClientError, BotoCoreError) as error:
            raise Denied(
                f"CloudWatch does not say how often {campaign_arn} was asked ({error}); "
                "the caller needs cloudwatch:GetMetricStatistics. Nothing was stopped"
            ) from error
        return float(sum(point["Sum"] for point in answer.get("Datapoints", [])))
