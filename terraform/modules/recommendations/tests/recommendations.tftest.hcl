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

run "personalize_of_this_account_only" {
  command = plan

  assert {
    condition     = jsondecode(aws_iam_role.personalize.assume_role_policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    error_message = "No other account's Personalize may take the role."
  }

  assert {
    condition     = alltrue([for statement in values(output.bucket_statements) : statement.service == "personalize.amazonaws.com" && statement.conditions == { StringEquals = { "aws:SourceAccount" = "111122223333" } }])
    error_message = "The bucket must open to Personalize on behalf of this account only."
  }

  assert {
    condition     = output.bucket_statements.PersonalizeWrites.paths == ["personalize/output/*"] && output.bucket_statements.PersonalizeReads.paths == ["personalize/*", "training/*"]
    error_message = "The bucket must open to Personalize below the prefixes that are named, nowhere else."
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.personalize.policy).Statement : statement.Resource] == [
      ["arn:aws:s3:::kit-test-data-111122223333/personalize/*", "arn:aws:s3:::kit-test-data-111122223333/training/*"],
      ["arn:aws:s3:::kit-test-data-111122223333/personalize/output/*"],
      ["arn:aws:s3:::kit-test-data-111122223333"],
    ]
    error_message = "The role must reach the same prefixes as the bucket's policy."
  }
}
