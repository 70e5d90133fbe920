mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/kit-test-deliver-events" }
  }
}

variables {
  place = {
    prefix         = "kit-test"
    partition      = "aws"
    region         = "eu-west-1"
    account_id     = "111122223333"
    queue_url_base = "https://sqs.eu-west-1.amazonaws.com/111122223333"
  }

  operations = { log_retention_days = 14 }
  bucket     = { name = "kit-test-data-111122223333", arn = "arn:aws:s3:::kit-test-data-111122223333" }
}

run "two_streams_each_below_its_prefix" {
  command = plan

  assert {
    condition = { for key, stream in aws_kinesis_firehose_delivery_stream.this : stream.name => stream.extended_s3_configuration[0].prefix } == {
      kit-test-events     = "events/"
      kit-test-ses-events = "ses-events/"
    }
    error_message = "The engine's events and SES's must lie below events/ and ses-events/."
  }

  assert {
    condition     = alltrue([for stream in aws_kinesis_firehose_delivery_stream.this : stream.server_side_encryption[0].enabled])
    error_message = "Records must be encrypted while they wait."
  }

  assert {
    condition = toset(jsondecode(aws_iam_role_policy.delivery[0].policy).Statement[0].Resource) == toset([
      for prefix in ["events", "events-failed", "ses-events", "ses-events-failed"] : "arn:aws:s3:::kit-test-data-111122223333/${prefix}/*"
    ])
    error_message = "Firehose may write below its four prefixes only."
  }

  assert {
    condition     = output.event_stream.name == "kit-test-events" && output.event_stream.environment == { EVENT_DELIVERY_STREAM = "kit-test-events" }
    error_message = "The stream must be known by name."
  }

  assert {
    condition     = output.event_stream.statements == { RecordEvents = { actions = ["firehose:PutRecordBatch"], resources = ["arn:aws:firehose:eu-west-1:111122223333:deliverystream/kit-test-events"], conditions = {} } }
    error_message = "Who records may put records on this stream, and nothing else."
  }

  assert {
    condition     = alltrue([for stream in aws_kinesis_firehose_delivery_stream.this : length(stream.kinesis_source_configuration) == 0])
    error_message = "Without a data stream records are put on Firehose directly."
  }
}

run "buffering_beyond_firehose_is_refused" {
  command = plan

  variables {
    buffering = { seconds = 901 }
  }
  expect_failures = [var.buffering]
}

run "a_firehose_of_your_own_takes_the_events" {
  command = plan

  variables {
    existing = { firehose_arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/clicks" }
  }

  assert {
    condition     = keys(aws_kinesis_firehose_delivery_stream.this) == ["ses_events"] && keys(aws_cloudwatch_metric_alarm.freshness) == ["ses_events"]
    error_message = "Only the stream of SES's events is made and watched."
  }

  assert {
    condition     = output.event_stream.environment == { EVENT_DELIVERY_STREAM = "clicks" } && output.event_stream.statements.RecordEvents.resources == ["arn:aws:firehose:eu-west-1:111122223333:deliverystream/clicks"]
    error_message = "The engine must record on the stream that was given."
  }

  assert {
    condition     = toset(jsondecode(aws_iam_role_policy.delivery[0].policy).Statement[0].Resource) == toset([for prefix in ["ses-events", "ses-events-failed"] : "arn:aws:s3:::kit-test-data-111122223333/${prefix}/*"])
    error_message = "Nothing is written below events/ any more."
  }

  assert {
    condition     = output.delivery_streams == { events = "clicks", ses_events = "kit-test-ses-events" }
    error_message = "Both streams must be known by name."
  }
}

run "with_both_streams_given_nothing_is_made" {
  command = plan

  variables {
    existing = {
      firehose_arn     = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/clicks"
      ses_firehose_arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/mails"
    }
  }

  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.this) + length(aws_iam_role.delivery) + length(aws_iam_role_policy.delivery) + length(aws_cloudwatch_log_group.delivery) + length(aws_cloudwatch_metric_alarm.freshness) == 0
    error_message = "There is nothing to make, and no role to leave behind."
  }

  assert {
    condition     = output.ses_event_stream == { name = "mails", arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/mails" }
    error_message = "SES must publish to the stream that was given."
  }
}

run "a_kinesis_stream_of_your_own_feeds_the_lake" {
  command = plan

  variables {
    existing = {
      kinesis_arn     = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"
      kinesis_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/clicks"
    }
  }

  assert {
    condition     = aws_kinesis_firehose_delivery_stream.this["events"].kinesis_source_configuration[0].kinesis_stream_arn == "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks" && length(aws_kinesis_firehose_delivery_stream.this["ses_events"].kinesis_source_configuration) == 0
    error_message = "The lake's delivery stream must read from the data stream, SES's must not."
  }

  assert {
    condition     = length(aws_kinesis_firehose_delivery_stream.this["events"].server_side_encryption) == 0 && aws_kinesis_firehose_delivery_stream.this["ses_events"].server_side_encryption[0].enabled
    error_message = "Firehose refuses encryption of its own where a data stream is the source."
  }

  assert {
    condition = { for statement in jsondecode(aws_iam_role_policy.delivery[0].policy).Statement : statement.Sid => statement.Resource if contains(["ReadStream", "UseStreamKey"], statement.Sid) } == {
      ReadStream   = ["arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"]
      UseStreamKey = ["arn:aws:kms:eu-west-1:111122223333:key/clicks"]
    }
    error_message = "Firehose must be able to read and decrypt the data stream."
  }

  assert {
    condition     = output.event_stream.environment == { EVENT_DATA_STREAM = "clicks" } && output.event_stream.name == "clicks"
    error_message = "The engine must record on the data stream."
  }

  assert {
    condition     = { for name, statement in output.event_stream.statements : name => [statement.actions[0], statement.resources[0]] } == { RecordEvents = ["kinesis:PutRecords", "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks"], UseStreamKey = ["kms:GenerateDataKey", "arn:aws:kms:eu-west-1:111122223333:key/clicks"] }
    error_message = "Who records may put records on the data stream and use its key, and nothing else."
  }

  assert {
    condition     = output.delivery_streams.events == "kit-test-events"
    error_message = "The lake's delivery stream keeps its name."
  }
}

run "two_streams_for_the_same_events_are_refused" {
  command = plan

  variables {
    existing = { kinesis_arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", firehose_arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/clicks" }
  }
  expect_failures = [var.existing]
}

run "a_kinesis_stream_in_place_of_a_firehose_is_refused" {
  command = plan

  variables {
    existing = { firehose_arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks" }
  }
  expect_failures = [var.existing]
}

run "a_firehose_in_place_of_a_kinesis_stream_is_refused" {
  command = plan

  variables {
    existing = { kinesis_arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/clicks" }
  }
  expect_failures = [var.existing]
}

run "a_firehose_of_another_region_is_refused" {
  command = plan

  variables {
    existing = { firehose_arn = "arn:aws:firehose:us-east-1:111122223333:deliverystream/clicks" }
  }
  expect_failures = [var.existing]
}

run "a_firehose_of_another_account_is_refused" {
  command = plan

  variables {
    existing = { ses_firehose_arn = "arn:aws:firehose:eu-west-1:444455556666:deliverystream/mails" }
  }
  expect_failures = [var.existing]
}

run "a_kinesis_stream_by_its_bare_name_is_refused" {
  command = plan

  variables {
    existing = { kinesis_arn = "clicks" }
  }
  expect_failures = [var.existing]
}

run "a_key_without_its_stream_is_refused" {
  command = plan

  variables {
    existing = { kinesis_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/clicks" }
  }
  expect_failures = [var.existing]
}

run "a_key_by_its_alias_is_refused" {
  command = plan

  variables {
    existing = { kinesis_arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/clicks", kinesis_key_arn = "alias/clicks" }
  }
  expect_failures = [var.existing]
}
