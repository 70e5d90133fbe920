mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:mocked" }
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
  store = {
    tables = {
      endpoints  = { name = "kit-test-endpoints", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-endpoints" }
      engagement = { name = "kit-test-engagement", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-engagement" }
      deliveries = { name = "kit-test-deliveries", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-deliveries" }
    }
    bucket = { name = "kit-test-data-111122223333", arn = "arn:aws:s3:::kit-test-data-111122223333" }
  }
  import_buckets = ["crm-exports"]
}

run "one_queue_feeds_the_import" {
  command = plan

  assert {
    condition     = output.queues["imports"].url == "https://sqs.eu-west-1.amazonaws.com/111122223333/kit-test-imports"
    error_message = "The queue must be known by name."
  }

  assert {
    condition     = module.import_endpoints.statements["ReadFiles"].resources == tolist(["arn:aws:s3:::kit-test-data-111122223333/*", "arn:aws:s3:::crm-exports/*"])
    error_message = "Imports may read the data bucket and the buckets that were named."
  }

  assert {
    condition     = module.import_endpoints.statements["WriteSegments"].resources == tolist(["arn:aws:s3:::kit-test-data-111122223333/segments/*", "arn:aws:s3:::kit-test-data-111122223333/imports/*"])
    error_message = "Imports may write segments and their own results only."
  }
}

run "a_path_in_a_bucket_name_is_refused" {
  command = plan

  variables {
    import_buckets = ["s3://crm-exports/daily"]
  }
  expect_failures = [var.import_buckets]
}

run "a_wildcard_in_a_bucket_name_is_refused" {
  command = plan

  variables {
    import_buckets = ["crm-*"]
  }
  expect_failures = [var.import_buckets]
}
