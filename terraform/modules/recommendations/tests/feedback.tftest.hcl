mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:mocked" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:mocked" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:eu-west-1:111122223333:mocked" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:eu-west-1:111122223333:mocked"
      url = "https://sqs.eu-west-1.amazonaws.com/111122223333/mocked"
    }
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
  package    = { bucket = "kit-test-data-111122223333", key = "packages/lambda.zip", hash = "aGFzaA==" }
  safety     = { deletion_protection = true, point_in_time_recovery = true }
  bucket     = { name = "kit-test-data-111122223333", arn = "arn:aws:s3:::kit-test-data-111122223333" }

  tables = {
    endpoints  = { name = "kit-test-endpoints", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-endpoints" }
    engagement = { name = "kit-test-engagement", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-engagement" }
  }

  data_prefixes = { read = ["personalize/", "training/"], write = ["personalize/output/"] }
}

run "opens_and_clicks_come_back" {
  command = plan

  assert {
    condition     = output.bucket_notifications["mail-events"].prefix == "ses-events/" && module.feed_back[0].statements["ReadMailEvents"].resources == tolist(["arn:aws:s3:::kit-test-data-111122223333/ses-events/*"])
    error_message = "The function is told of files of SES's events, and reads those and nothing else."
  }

  assert {
    condition     = contains(module.feed_back[0].environment_names, "FED_BACK_EVENTS") && contains(keys(output.functions), "recommendations/feed_back") && contains(keys(output.queues), "mail-events")
    error_message = "Function and queue must be known to the rest of the environment."
  }
}

run "switched_off_nothing_of_it_is_there" {
  command = plan

  variables {
    feedback = { enabled = false }
  }

  assert {
    condition     = length(module.feed_back) == 0 && length(module.mail_events) == 0 && keys(output.bucket_notifications) == ["batch-results"] && keys(output.queues) == ["batch-results"]
    error_message = "Without feedback there is no function, no queue and no notice."
  }
}

run "without_the_engines_tables_nothing_is_fed_back" {
  command = plan

  variables {
    tables = null
  }

  assert {
    condition     = length(module.feed_back) == 0
    error_message = "Nobody can say whose click it was."
  }
}

run "an_unknown_event_is_refused" {
  command = plan

  variables {
    feedback = { events = ["bounce"] }
  }
  expect_failures = [var.feedback]
}

run "a_prefix_without_its_slash_is_refused" {
  command = plan

  variables {
    feedback = { prefix = "ses-events" }
  }
  expect_failures = [var.feedback]
}

run "half_an_event_is_refused" {
  command = plan

  variables {
    retraining = { least_new_events = 0.5 }
  }
  expect_failures = [var.retraining]
}
