mock_provider "aws" {
  override_during = plan

  mock_resource "aws_kms_key" {
    defaults = { key_id = "key-1", arn = "arn:aws:kms:eu-west-1:111122223333:key/key-1" }
  }
  mock_resource "aws_s3_bucket" {
    defaults = { bucket = "kit-test-data-111122223333" }
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

  safety = { deletion_protection = true, point_in_time_recovery = true, force_destroy = false }
}

run "tables_bucket_and_key" {
  command = plan

  assert {
    condition = output.store.tables == {
      deliveries = { name = "kit-test-deliveries", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-deliveries" }
      endpoints  = { name = "kit-test-endpoints", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-endpoints" }
      engagement = { name = "kit-test-engagement", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-engagement" }
    }
    error_message = "Three tables must be known by name."
  }

  assert {
    condition     = output.store.bucket == { name = "kit-test-data-111122223333", arn = "arn:aws:s3:::kit-test-data-111122223333" } && output.store.encryption_key_arn == null
    error_message = "The data bucket must be known by name, and that it has no key of its own."
  }

  assert {
    condition     = output.asked_of_bucket_owner == null
    error_message = "Nobody is asked for anything where the bucket is ours."
  }

  assert {
    condition     = aws_kms_key.tokens.key_usage == "GENERATE_VERIFY_MAC" && aws_kms_key.tokens.customer_master_key_spec == "HMAC_256" && aws_kms_key.tokens.deletion_window_in_days == 30
    error_message = "Tokens are signed by an HMAC key; where data is protected it takes 30 days to delete it."
  }

  assert {
    condition     = output.token_key == { id = "key-1", arn = "arn:aws:kms:eu-west-1:111122223333:key/key-1" }
    error_message = "Functions need the key's id and its ARN."
  }
}

run "keeping_and_emptying_at_once_is_refused" {
  command = plan

  variables {
    safety = { deletion_protection = true, point_in_time_recovery = true, force_destroy = true }
  }
  expect_failures = [var.safety]
}

run "a_queue_hears_of_new_objects" {
  command = plan

  variables {
    bucket_notifications = {
      batch-results = { queue_arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-batch-results", prefix = "personalize/output/" }
    }
  }

  assert {
    condition     = aws_s3_bucket_notification.this[0].queue[0].filter_prefix == "personalize/output/" && aws_s3_bucket_notification.this[0].queue[0].events == toset(["s3:ObjectCreated:*"])
    error_message = "The queue must hear of every object made below its prefix."
  }
}

run "an_existing_bucket_keeps_its_notices" {
  command = plan

  variables {
    existing_bucket = "company-data"
    bucket_notifications = {
      batch-results = { queue_arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-batch-results", prefix = "personalize/output/" }
    }
  }

  assert {
    condition     = length(aws_s3_bucket_notification.this) == 0 && output.store.bucket == { name = "company-data", arn = "arn:aws:s3:::company-data" } && output.created_bucket.name == "company-data"
    error_message = "The bucket is used as it is."
  }

  assert {
    condition     = output.asked_of_bucket_owner.queue_configurations[0].QueueArn == "arn:aws:sqs:eu-west-1:111122223333:kit-test-batch-results" && output.asked_of_bucket_owner.queue_configurations[0].Filter.Key.FilterRules[0].Value == "personalize/output/"
    error_message = "The owner must be told whom the bucket should tell of batch results."
  }

  assert {
    condition     = output.asked_of_bucket_owner.policy_statements[0].Sid == "RefusePlainHttp"
    error_message = "The owner must be told the statements."
  }
}
