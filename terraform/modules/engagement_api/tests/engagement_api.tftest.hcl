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

  mock_resource "aws_apigatewayv2_api" {
    defaults = {
      id            = "api1"
      api_endpoint  = "https://api1.execute-api.eu-west-1.amazonaws.com"
      execution_arn = "arn:aws:execute-api:eu-west-1:111122223333:api1"
    }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:mocked" }
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
  }
  event_stream = {
    environment = { EVENT_DELIVERY_STREAM = "kit-test-events" }
    statements = {
      RecordEvents = { actions = ["firehose:PutRecordBatch"], resources = ["arn:aws:firehose:eu-west-1:111122223333:deliverystream/kit-test-events"], conditions = {} }
    }
  }
  email_channel = { configuration_set = "kit-test-mail", sending_arns = ["arn:aws:ses:eu-west-1:111122223333:identity/example.org"] }
  token_key     = { id = "key-1", arn = "arn:aws:kms:eu-west-1:111122223333:key/key-1" }
  queues = {
    imports       = { url = "https://sqs.eu-west-1.amazonaws.com/111122223333/kit-test-imports", arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-imports" }
    campaign-runs = { url = "https://sqs.eu-west-1.amazonaws.com/111122223333/kit-test-campaign-runs", arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-campaign-runs" }
  }
}

run "iam_on_everything_but_the_unsubscribe_link" {
  command = plan

  assert {
    condition     = { for key, route in aws_apigatewayv2_route.this : key => route.authorization_type } == { "$default" = "AWS_IAM", "ANY /unsubscribe/{token}" = "NONE" }
    error_message = "Only the unsubscribe link may be public."
  }

  assert {
    condition     = alltrue([for word in ["path", "sourceIp", "identity", "requestUrl", "userAgent"] : !strcontains(aws_apigatewayv2_stage.default.access_log_settings[0].format, word)])
    error_message = "The access log may hold neither paths nor callers."
  }

  assert {
    condition     = aws_apigatewayv2_stage.default.default_route_settings[0].throttling_rate_limit == 1000 && output.public_url == "https://api1.execute-api.eu-west-1.amazonaws.com"
    error_message = "The API must be throttled, and its URL must be API Gateway's."
  }
}

run "a_local_api_answers_below_a_path" {
  command = plan

  variables {
    local_aws_url = "http://127.0.0.1:4566"
  }

  assert {
    condition     = output.public_url == "http://127.0.0.1:4566/_aws/execute-api/api1/$default"
    error_message = "Locally the API must be reached by the path form."
  }
}

run "without_jobs_there_is_no_permission_for_queues" {
  command = plan

  variables {
    queues = {}
  }

  assert {
    condition     = !contains(keys(module.serve_request.statements), "StartJobs")
    error_message = "Without queues nothing may be sent to any."
  }
}

run "a_job_that_the_engine_does_not_know_is_refused" {
  command = plan

  variables {
    queues = { sends = { url = "https://x", arn = "arn:aws:sqs:eu-west-1:111122223333:x" } }
  }
  expect_failures = [var.queues]
}

run "an_api_that_refuses_everything_is_refused" {
  command = plan

  variables {
    throttling = { requests_per_second = 0 }
  }
  expect_failures = [var.throttling]
}
