"""Puts the local AWS together. Imported only after the environment is settled: ministack reads it at import."""

from __future__ import annotations

from ministack.app import app as ministack

from personalize.local_service.asgi import app as personalize
from scripts.local_aws.aws_in_process import InProcessAws
from scripts.local_aws.cloudwatch_alarms import CloudwatchAlarms
from scripts.local_aws.described_defaults import DescribedDefaults
from scripts.local_aws.exchange import AsgiApp
from scripts.local_aws.front import Front, Service
from scripts.local_aws.kit_pages import KitPages
from scripts.local_aws.retried_requests import RetriedRequests
from scripts.local_aws.ses_identities import SesIdentities
from scripts.local_aws.ses_sending import SesSending
from scripts.local_aws.ses_v1 import SesV1
from scripts.local_aws.ses_v2 import SesV2


def assemble(port: int) -> AsgiApp:
    aws = InProcessAws(ministack)
    sending = SesSending(aws)
    identities = SesIdentities(aws, sending)
    services: list[Service] = [
        KitPages(f"http://127.0.0.1:{port}", sending),
        SesV2(aws, sending, identities),
        SesV1(aws, sending, identities),
        CloudwatchAlarms(aws),
        DescribedDefaults(aws),
    ]
    return RetriedRequests(Front(ministack=ministack, personalize=personalize, services=services))
