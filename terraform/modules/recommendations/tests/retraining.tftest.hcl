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

run "never_by_itself_unless_told" {
  command = plan

  assert {
    condition     = length(aws_scheduler_schedule.retrain) == 0 && length(aws_iam_role.schedule) == 0
    error_message = "Training costs money: without a schedule nothing starts it."
  }

  assert {
    condition     = aws_sns_topic.retraining[0].name == "kit-test-retraining" && aws_sns_topic.retraining[0].kms_master_key_id == "alias/aws/sns"
    error_message = "An encrypted topic of its own is told."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sns_topic_policy.retraining[0].policy).Statement : statement.Sid] == ["RefusePlainHttp"]
    error_message = "Nobody is let in from outside, and nobody without TLS."
  }
}

run "a_turn_may_touch_names_of_this_environment_only" {
  command = plan

  assert {
    condition     = module.retrain_turn.statements["TrainInPersonalize"].resources == tolist(["arn:aws:personalize:eu-west-1:111122223333:*/kit-test-*", "arn:aws:personalize:eu-west-1:111122223333:event-tracker/*"])
    error_message = "Another environment's models are not its business."
  }

  assert {
    condition     = module.retrain_turn.statements["PassRoleToPersonalize"].conditions["StringEquals"]["iam:PassedToService"] == tolist(["personalize.amazonaws.com"])
    error_message = "The role may be handed to Personalize and to nobody else."
  }

  assert {
    condition     = alltrue([for name, statement in module.retrain_turn.statements : statement.resources != tolist(["*"]) if name != "FindInPersonalize"])
    error_message = "Only listing may be without a resource."
  }
}

run "every_week_and_a_topic_of_your_own" {
  command = plan

  variables {
    retraining = {
      schedule  = "cron(0 4 ? * SUN *)"
      timezone  = "Europe/Berlin"
      always    = true
      topic_arn = "arn:aws:sns:eu-west-1:111122223333:data-team"
    }
  }

  assert {
    condition     = aws_scheduler_schedule.retrain[0].schedule_expression_timezone == "Europe/Berlin" && jsondecode(aws_scheduler_schedule.retrain[0].target[0].input) == { retrain = ["all"] }
    error_message = "The schedule starts the state machine in its time zone, with what shall be trained."
  }

  assert {
    condition     = length(aws_sns_topic.retraining) == 0 && module.retrain.statements["TellResult"].resources == tolist(["arn:aws:sns:eu-west-1:111122223333:data-team"])
    error_message = "The named topic is told, and none is made."
  }

  assert {
    condition     = jsondecode(aws_iam_role_policy.schedule[0].policy).Statement[0].Action == ["states:StartExecution"]
    error_message = "The schedule may start the state machine, and nothing else."
  }
}

run "a_schedule_that_is_none_is_refused" {
  command = plan

  variables {
    retraining = { schedule = "weekly" }
  }
  expect_failures = [var.retraining]
}

run "a_topic_that_is_none_is_refused" {
  command = plan

  variables {
    retraining = { topic_arn = "data-team" }
  }
  expect_failures = [var.retraining]
}

run "an_endless_retraining_is_refused" {
  command = plan

  variables {
    retraining = { timeout_hours = 1000 }
  }
  expect_failures = [var.retraining]
}
