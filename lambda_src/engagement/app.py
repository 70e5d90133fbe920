"""The one place where real things are chosen. Nothing here runs at import; each client is made when first used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache, cached_property

from engagement import ports
from engagement.domain.template import Options
from engagement.settings import Settings


@dataclass
class App:
    """What handlers and operations are given. Tests make a ``tests.fakes.FakeApp`` with the same attributes."""

    settings: Settings

    @cached_property
    def clock(self) -> ports.Clock:
        from engagement.adapters.clock import SystemClock

        return SystemClock()

    @cached_property
    def template_options(self) -> Options:
        return Options.of_settings(self.settings.each_limit, self.settings.template_compare)

    @cached_property
    def documents(self) -> ports.Documents:
        from engagement.adapters.documents_dynamodb import DynamoDocuments

        return DynamoDocuments(table=self.settings.engagement_table)

    @cached_property
    def endpoints(self) -> ports.Endpoints:
        from engagement.adapters.endpoints_dynamodb import DynamoEndpoints

        return DynamoEndpoints(table=self.settings.endpoints_table)

    @cached_property
    def segment_members(self) -> ports.SegmentMembers:
        from engagement.adapters.segment_members_s3 import S3SegmentMembers

        return S3SegmentMembers(files=self.files, shards=self.endpoints.shards)

    @cached_property
    def files(self) -> ports.Files:
        from engagement.adapters.files_s3 import S3Files

        return S3Files(bucket=self.settings.data_bucket)

    @cached_property
    def runs(self) -> ports.Runs:
        from engagement.adapters.runs_dynamodb import DynamoRuns

        return DynamoRuns(table=self.settings.deliveries_table)

    @cached_property
    def deliveries(self) -> ports.Deliveries:
        from engagement.adapters.deliveries_dynamodb import DynamoDeliveries

        return DynamoDeliveries(table=self.settings.deliveries_table)

    @cached_property
    def imports_queue(self) -> ports.Queue:
        return self._queue(self.settings.imports_queue_url)

    @cached_property
    def campaign_runs_queue(self) -> ports.Queue:
        return self._queue(self.settings.campaign_runs_queue_url)

    @cached_property
    def audiences_queue(self) -> ports.Queue:
        return self._queue(self.settings.audiences_queue_url)

    @cached_property
    def sends_queue(self) -> ports.Queue:
        return self._queue(self.settings.sends_queue_url)

    @cached_property
    def sends_dead_letter_queue(self) -> ports.Queue:
        return self._queue(self.settings.sends_dead_letter_queue_url)

    @cached_property
    def batch_results_queue(self) -> ports.Queue:
        return self._queue(self.settings.batch_results_queue_url)

    @cached_property
    def mail_events_queue(self) -> ports.Queue:
        return self._queue(self.settings.mail_events_queue_url)

    @cached_property
    def mailer(self) -> ports.Mailer:
        from engagement.adapters.mailer_ses import SesMailer

        return SesMailer()

    @cached_property
    def recommender(self) -> ports.Recommender:
        from engagement.adapters.recommender_personalize import PersonalizeRecommender
        from engagement.adapters.recommender_routed import RoutedRecommender

        return RoutedRecommender(live=PersonalizeRecommender(), stored=lambda: self.batch_results)

    @cached_property
    def batch_results(self) -> ports.BatchResults:
        from engagement.adapters.batch_results_dynamodb import DynamoBatchResults

        return DynamoBatchResults(table=self.settings.recommendations_table)

    @cached_property
    def batch_jobs(self) -> ports.BatchJobs:
        from engagement.adapters.batch_jobs_personalize import PersonalizeBatchJobs

        return PersonalizeBatchJobs(arn_start=self.settings.batch_jobs_arn)

    @cached_property
    def interactions(self) -> ports.Interactions:
        from engagement.adapters.interactions_personalize import PersonalizeInteractions

        return PersonalizeInteractions(
            bucket=self.settings.data_bucket,
            role_arn=self.settings.personalize_role_arn,
            prefix=self.settings.name_prefix,
            variables=self.settings.training_variables,
            region=self.settings.region,
        )

    @cached_property
    def feedback_log(self) -> ports.FeedbackLog:
        from engagement.adapters.feedback_log_dynamodb import DynamoFeedbackLog

        return DynamoFeedbackLog(table=self.settings.recommendations_table)

    @cached_property
    def trainer(self) -> ports.Trainer:
        from engagement.adapters.trainer_personalize import PersonalizeTrainer

        return PersonalizeTrainer(
            bucket=self.settings.data_bucket,
            role_arn=self.settings.personalize_role_arn,
            prefix=self.settings.name_prefix,
            variables=self.settings.training_variables,
            shortest_wait=float(self.settings.shortest_wait_seconds),
        )

    @cached_property
    def leases(self) -> ports.Leases:
        from engagement.adapters.leases_dynamodb import DynamoLeases

        return DynamoLeases(table=self.settings.recommendations_table)

    @cached_property
    def functions(self) -> ports.Functions:
        from engagement.adapters.functions_lambda import LambdaFunctions

        return LambdaFunctions()

    @cached_property
    def events(self) -> ports.Events:
        from engagement.adapters.events_firehose import FirehoseEvents
        from engagement.adapters.events_kinesis import KinesisEvents

        if "event_data_stream" in self.settings:  # a Kinesis stream was given in place of the kit's Firehose
            return KinesisEvents(data_stream=self.settings.event_data_stream)
        return FirehoseEvents(delivery_stream=self.settings.event_delivery_stream)

    @cached_property
    def tokens(self) -> ports.Tokens:
        from engagement.adapters.tokens_kms import KmsTokens

        return KmsTokens(key_id=self.settings.token_key_id)

    def _queue(self, url: str) -> ports.Queue:
        from engagement.adapters.queue_sqs import SqsQueue

        return SqsQueue(url=url)


@cache
def app() -> App:
    """The app of this Lambda container, made on the first call."""
    return App(settings=Settings(os.environ))
