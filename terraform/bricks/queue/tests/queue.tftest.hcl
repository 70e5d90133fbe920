mock_provider "aws" {
  override_during = plan

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

  name                     = "sends"
  operations               = { alarm_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
  consumer_timeout_seconds = 120
}

run "a_queue_with_its_dead_letters" {
  command = plan

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 720 && aws_sqs_queue.this.sqs_managed_sse_enabled
    error_message = "A message must stay hidden six times its consumer's timeout, and be encrypted."
  }

  assert {
    condition     = jsondecode(aws_sqs_queue_redrive_policy.this.redrive_policy) == { deadLetterTargetArn = "arn:aws:sqs:eu-west-1:111122223333:mocked", maxReceiveCount = 5 }
    error_message = "A message must go to the dead-letter queue after five tries."
  }

  assert {
    condition     = aws_sqs_queue.dead_letter.name == "kit-test-sends-dead-letter" && aws_sqs_queue.dead_letter.message_retention_seconds == 1209600
    error_message = "Dead letters must be kept for 14 days."
  }

  assert {
    condition = alltrue([for queue in [aws_sqs_queue.this, aws_sqs_queue.dead_letter] : jsondecode(queue.policy).Statement == [{
      Sid       = "RefusePlainHttp"
      Effect    = "Deny"
      Principal = "*"
      Action    = "sqs:*"
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:${queue.name}"
      Condition = { Bool = { "aws:SecureTransport" = "false" } }
    }]])
    error_message = "Both queues must refuse plain HTTP, each by its own ARN."
  }

  assert {
    condition     = output.arn == "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends" && output.url == "https://sqs.eu-west-1.amazonaws.com/111122223333/kit-test-sends" && endswith(output.dead_letter_url, "/kit-test-sends-dead-letter")
    error_message = "ARN and URLs must be known from the names."
  }

  assert {
    condition     = aws_cloudwatch_metric_alarm.dead_letters.threshold == 0 && aws_cloudwatch_metric_alarm.age.threshold == 900
    error_message = "One dead letter, or a message older than 900 s, must raise an alarm."
  }
}

run "an_unfinished_message_comes_again_sooner" {
  command = plan

  variables {
    operations = { redelivery_timeouts = 1 }
  }

  assert {
    condition     = aws_sqs_queue.this.visibility_timeout_seconds == 120
    error_message = "A message must stay hidden as many of its consumer's timeouts as operations.redelivery_timeouts says."
  }
}

run "with_a_key_of_your_own" {
  command = plan

  variables {
    encryption_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_sqs_queue.this.kms_master_key_id == var.encryption_key_arn && aws_sqs_queue.dead_letter.kms_master_key_id == var.encryption_key_arn
    error_message = "Both queues must use the key."
  }
}

run "a_timeout_that_lambda_does_not_know_is_refused" {
  command = plan

  variables {
    consumer_timeout_seconds = 0
  }
  expect_failures = [var.consumer_timeout_seconds]
}

run "a_single_try_is_refused" {
  command = plan

  variables {
    max_receive_count = 1
  }
  expect_failures = [var.max_receive_count]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Sends"
  }
  expect_failures = [var.name]
}

run "a_service_that_may_send" {
  command = plan

  variables {
    senders = { NoticesOfBucket = { service = "s3.amazonaws.com", source_arn = "arn:aws:s3:::kit-test-data" } }
  }

  assert {
    condition = jsondecode(aws_sqs_queue.this.policy).Statement[1] == {
      Sid       = "NoticesOfBucket"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:eu-west-1:111122223333:kit-test-sends"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = "arn:aws:s3:::kit-test-data" }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      }
    }
    error_message = "The service may send on behalf of the one source in this account, and do nothing else."
  }

  assert {
    condition     = length(jsondecode(aws_sqs_queue.dead_letter.policy).Statement) == 1
    error_message = "Nobody sends to the dead-letter queue from outside."
  }
}
