mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/kit-test-send-messages" }
  }
  mock_resource "aws_lambda_function" {
    defaults = { arn = "arn:aws:lambda:eu-west-1:111122223333:function:kit-test-send-messages" }
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

  name        = "send-messages"
  description = "Sends a batch of mails"
  handler     = "handlers.campaign_sending.send_messages.handle"
  package     = { bucket = "kit-test-data", key = "packages/lambda.zip", hash = "aGFzaA==" }
  operations  = { log_retention_days = 14, alarm_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
  environment = { DATA_BUCKET = "kit-test-data" }
  statements = {
    ReadAudiences = { actions = ["s3:GetObject"], resources = ["arn:aws:s3:::kit-test-data/audiences/*"] }
  }
}

run "a_function_with_its_own_permissions" {
  command = plan

  assert {
    condition     = aws_lambda_function.this.function_name == "kit-test-send-messages" && aws_lambda_function.this.runtime == "python3.13" && one(aws_lambda_function.this.architectures) == "arm64"
    error_message = "The function must be kit-test-send-messages on python3.13 and arm64."
  }

  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      { Sid = "ReadAudiences", Effect = "Allow", Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::kit-test-data/audiences/*"] },
      { Sid = "WriteOwnLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = ["arn:aws:logs:eu-west-1:111122223333:log-group:/aws/lambda/kit-test-send-messages:*"] },
    ]
    error_message = "The policy must hold the named statements and the function's own log group, nothing else."
  }

  assert {
    condition     = aws_lambda_function.this.environment[0].variables == tomap({ ACCOUNT_ID = "111122223333", DATA_BUCKET = "kit-test-data" })
    error_message = "The environment must be the one given, with the account."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 14 && length(aws_lambda_event_source_mapping.queue) == 0
    error_message = "Logs must go away after 14 days, and no queue may feed the function."
  }

  assert {
    condition     = alltrue([for alarm in aws_cloudwatch_metric_alarm.this : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:on-call"])]) && length(aws_cloudwatch_metric_alarm.this) == 2
    error_message = "Errors and throttles must both reach the topic."
  }
}

run "a_function_that_a_queue_feeds" {
  command = plan

  variables {
    queue             = { arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends", batch_size = 5, maximum_concurrency = 20 }
    queue_created_arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends"
  }

  assert {
    condition     = one(aws_lambda_event_source_mapping.queue[0].function_response_types) == "ReportBatchItemFailures" && aws_lambda_event_source_mapping.queue[0].scaling_config[0].maximum_concurrency == 20
    error_message = "Only failed messages may come back, and at most 20 functions may run."
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Resource if s.Sid == "TakeFromQueue"]) == ["arn:aws:sqs:eu-west-1:111122223333:kit-test-sends"]
    error_message = "The function must be allowed to take from its queue."
  }
}

run "conditions_reach_the_policy" {
  command = plan

  variables {
    statements = {
      ListSegments = {
        actions    = ["s3:ListBucket"]
        resources  = ["arn:aws:s3:::kit-test-data"]
        conditions = { StringLike = { "s3:prefix" = ["segments/*"] } }
      }
    }
  }

  assert {
    condition     = one([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Condition if s.Sid == "ListSegments"]) == { StringLike = { "s3:prefix" = ["segments/*"] } }
    error_message = "The condition must stand in the policy."
  }
}

run "tracing_adds_its_permission" {
  command = plan

  variables {
    operations = { log_retention_days = 14, tracing = true }
  }

  assert {
    condition     = aws_lambda_function.this.tracing_config[0].mode == "Active" && contains([for s in jsondecode(aws_iam_role_policy.this.policy).Statement : s.Sid], "SendTraces")
    error_message = "Active tracing needs the permission to send traces."
  }
}

run "wildcards_in_actions_are_refused" {
  command = plan

  variables {
    statements = { UseTables = { actions = ["dynamodb:*"], resources = ["arn:aws:dynamodb:eu-west-1:111122223333:table/x"] } }
  }
  expect_failures = [var.statements]
}

run "names_of_statements_must_be_sids" {
  command = plan

  variables {
    statements = { "use tables" = { actions = ["dynamodb:GetItem"], resources = ["arn:aws:dynamodb:eu-west-1:111122223333:table/x"] } }
  }
  expect_failures = [var.statements]
}

run "a_handler_outside_the_handlers_is_refused" {
  command = plan

  variables {
    handler = "engagement.app.app"
  }
  expect_failures = [var.handler]
}

run "a_timeout_that_lambda_does_not_know_is_refused" {
  command = plan

  variables {
    size = { timeout_seconds = 901 }
  }
  expect_failures = [var.size]
}

run "a_large_batch_without_a_window_is_refused" {
  command = plan

  variables {
    queue = { arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends", batch_size = 11 }
  }
  expect_failures = [var.queue]
}

run "a_single_concurrent_function_is_refused" {
  command = plan

  variables {
    queue = { arn = "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends", maximum_concurrency = 1 }
  }
  expect_failures = [var.queue]
}

run "a_name_that_is_no_verb_and_noun_is_refused" {
  command = plan

  variables {
    name = "Send_Messages"
  }
  expect_failures = [var.name]
}

run "with_an_own_key_the_function_may_use_it_through_table_and_bucket_only" {
  command = plan

  variables {
    data_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/own"
  }

  assert {
    condition     = one(output.statements["UseDataKey"].resources) == "arn:aws:kms:eu-west-1:111122223333:key/own" && length(output.statements["UseDataKey"].conditions["StringLike"]["kms:ViaService"]) == 2
    error_message = "The key must be usable, and by way of DynamoDB and S3 only."
  }
}
