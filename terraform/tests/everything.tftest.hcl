# The whole configuration with a mocked provider, everything on: what the generated docs and the rule tests read
# (scripts/mocked_plan.py), in four seconds and without AWS.

mock_provider "aws" {
  override_during = plan

  mock_data "aws_caller_identity" {
    defaults = { account_id = "111122223333" }
  }
  mock_data "aws_partition" {
    defaults = { partition = "aws", dns_suffix = "amazonaws.com" }
  }
  mock_resource "aws_kms_key" {
    defaults = { key_id = "tokens", arn = "arn:aws:kms:us-east-1:111122223333:key/tokens", policy = "" }
  }
  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:us-east-1:111122223333:function:mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:mocked" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:us-east-1:111122223333:stateMachine:mocked" }
  }
  mock_resource "aws_sns_topic" {
    defaults = { arn = "arn:aws:sns:us-east-1:111122223333:mocked", policy = "" }
  }
  mock_resource "aws_sqs_queue" {
    defaults = {
      arn = "arn:aws:sqs:us-east-1:111122223333:mocked"
      url = "https://sqs.us-east-1.amazonaws.com/111122223333/mocked"
    }
  }
  mock_resource "aws_kinesis_firehose_delivery_stream" {
    defaults = { arn = "arn:aws:firehose:us-east-1:111122223333:deliverystream/mocked" }
  }
  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "api1"
      api_endpoint  = "https://api1.execute-api.us-east-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:us-east-1:111122223333:api1"
    }
  }
}

# What others refer to by its ARN, told apart: the picture of each architecture is drawn from that.
override_resource {
  override_during = plan
  target          = module.engagement_api.module.serve_request.aws_lambda_function.this
  values          = { arn = "arn:aws:lambda:us-east-1:111122223333:function:kit-prod-serve-request" }
}
override_resource {
  override_during = plan
  target          = module.engagement_api.module.unsubscribe.aws_lambda_function.this
  values          = { arn = "arn:aws:lambda:us-east-1:111122223333:function:kit-prod-unsubscribe" }
}
override_resource {
  override_during = plan
  target          = module.event_stream.aws_kinesis_firehose_delivery_stream.this["ses_events"]
  values          = { arn = "arn:aws:firehose:us-east-1:111122223333:deliverystream/kit-prod-ses-events" }
}

run "everything" {
  command = plan

  variables {
    environment  = "prod"
    region       = "us-east-1"
    from_address = "updates@example.org"
    package_path = "versions.tf" # any file: its content does not matter here
    operations   = { log_retention_days = 365, tracing = true }
    expiry_days  = { "audiences/" = 30 }
    retraining   = { schedule = "rate(7 days)" }
    budget       = { monthly_usd = 500, email_addresses = ["on-call@example.org"] }
  }

  assert {
    condition     = output.name_prefix == "kit-prod" && output.account_id == "111122223333"
    error_message = "Names come from prefix and environment."
  }
}

run "own_key" {
  command = plan

  variables {
    environment        = "prod"
    region             = "us-east-1"
    from_address       = "updates@example.org"
    package_path       = "versions.tf"
    encryption_key_arn = "arn:aws:kms:us-east-1:111122223333:key/own"
  }
}

run "existing_stream_and_bucket" {
  command = plan

  variables {
    environment  = "prod"
    region       = "us-east-1"
    from_address = "updates@example.org"
    package_path = "versions.tf"
    expiry_days  = { "audiences/" = 30 }
    existing = {
      bucket          = "company-data"
      kinesis_arn     = "arn:aws:kinesis:us-east-1:111122223333:stream/company-clicks"
      kinesis_key_arn = "arn:aws:kms:us-east-1:111122223333:key/company"
    }
  }

  assert {
    condition     = output.bucket == "company-data" && output.asked_of_bucket_owner.policy_statements[0].Sid == "RefusePlainHttp"
    error_message = "The bucket is used, and its owner told what it needs."
  }
}

run "existing_firehoses" {
  command = plan

  variables {
    environment  = "prod"
    region       = "us-east-1"
    from_address = "updates@example.org"
    package_path = "versions.tf"
    existing = {
      firehose_arn     = "arn:aws:firehose:us-east-1:111122223333:deliverystream/company-clicks"
      ses_firehose_arn = "arn:aws:firehose:us-east-1:111122223333:deliverystream/company-mails"
    }
  }

  assert {
    condition     = output.event_delivery_streams == { events = "company-clicks", ses_events = "company-mails" }
    error_message = "Both streams are used."
  }
}
