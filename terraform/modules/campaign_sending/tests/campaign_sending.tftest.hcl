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
  event_stream = {
    environment = { EVENT_DELIVERY_STREAM = "kit-test-events" }
    statements = {
      RecordEvents = { actions = ["firehose:PutRecordBatch"], resources = ["arn:aws:firehose:eu-west-1:111122223333:deliverystream/kit-test-events"], conditions = {} }
    }
  }
  email_channel = { configuration_set = "kit-test-mail", sending_arns = ["arn:aws:ses:eu-west-1:111122223333:identity/example.org"] }
  token_key     = { id = "key-1", arn = "arn:aws:kms:eu-west-1:111122223333:key/key-1" }
  public_url    = "https://api1.execute-api.eu-west-1.amazonaws.com"
}

run "three_stages_and_their_queues" {
  command = plan

  assert {
    condition     = toset(keys(output.queues)) == toset(["campaign-runs", "audiences", "sends"]) && length(output.functions) == 3
    error_message = "A run, its audience and its mails: three queues, three functions."
  }

  assert {
    condition     = module.send_messages.statements["KeepDeadLetters"].resources == tolist(["arn:aws:sqs:eu-west-1:111122223333:kit-test-sends-dead-letter"])
    error_message = "The sender must be able to bury what can never be sent."
  }

  assert {
    condition     = module.send_messages.statements["Transform"].resources == tolist(["arn:aws:lambda:eu-west-1:111122223333:function:kit-test-*"])
    error_message = "Transformers are the kit's own functions unless others are named."
  }
}

run "transformers_of_your_own" {
  command = plan

  variables {
    transformer_arns = ["arn:aws:lambda:eu-west-1:111122223333:function:shop-blocks"]
  }

  assert {
    condition     = contains(module.send_messages.statements["Transform"].resources, "arn:aws:lambda:eu-west-1:111122223333:function:shop-blocks")
    error_message = "The named transformer must be callable."
  }
}

run "a_wildcard_among_the_transformers_is_refused" {
  command = plan

  variables {
    transformer_arns = ["arn:aws:lambda:eu-west-1:111122223333:function:*"]
  }
  expect_failures = [var.transformer_arns]
}

run "stored_recommendations" {
  command = plan

  variables {
    recommendations_table = { name = "kit-test-recommendations", arn = "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-recommendations" }
  }

  assert {
    condition     = module.send_messages.statements["ReadRecommendations"].actions == tolist(["dynamodb:BatchGetItem", "dynamodb:GetItem"])
    error_message = "The sender reads results of batch inference and never writes them."
  }
}
