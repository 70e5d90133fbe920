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
    condition = toset(jsondecode(aws_iam_role_policy.delivery.policy).Statement[0].Resource) == toset([
      for prefix in ["events", "events-failed", "ses-events", "ses-events-failed"] : "arn:aws:s3:::kit-test-data-111122223333/${prefix}/*"
    ])
    error_message = "Firehose may write below its four prefixes only."
  }

  assert {
    condition     = output.event_stream == { name = "kit-test-events", arn = "arn:aws:firehose:eu-west-1:111122223333:deliverystream/kit-test-events" }
    error_message = "The stream must be known by name."
  }
}

run "buffering_beyond_firehose_is_refused" {
  command = plan

  variables {
    buffering = { seconds = 901 }
  }
  expect_failures = [var.buffering]
}
