mock_provider "aws" {
  override_during = plan

  mock_resource "aws_iam_role" {
    defaults = { arn = "arn:aws:iam::111122223333:role/mocked" }
  }
  mock_resource "aws_cloudwatch_log_group" {
    defaults = { arn = "arn:aws:logs:eu-west-1:111122223333:log-group:mocked" }
  }
  mock_resource "aws_sfn_state_machine" {
    defaults = { arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:mocked" }
  }
}

variables {
  place = {
    prefix     = "kit-test"
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "111122223333"
  }

  name       = "retrain"
  operations = { log_retention_days = 14, alarm_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
  definition = "{\"StartAt\": \"A\", \"TimeoutSeconds\": 60, \"States\": {\"A\": {\"Type\": \"Succeed\"}}}"
  statements = { CallFunction = { actions = ["lambda:InvokeFunction"], resources = ["arn:aws:lambda:eu-west-1:111122223333:function:f"] } }
}

run "a_machine_with_role_log_and_alarms" {
  command = plan

  assert {
    condition     = aws_sfn_state_machine.this.name == "kit-test-retrain" && aws_sfn_state_machine.this.logging_configuration[0].include_execution_data == false
    error_message = "Errors are logged without the data of executions."
  }

  assert {
    condition     = aws_cloudwatch_log_group.this.retention_in_days == 14
    error_message = "Logs must go away after the time that was chosen."
  }

  assert {
    condition     = toset([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.metric_name]) == toset(["ExecutionsFailed", "ExecutionsTimedOut"]) && alltrue([for alarm in values(aws_cloudwatch_metric_alarm.this) : alarm.alarm_actions == toset(["arn:aws:sns:eu-west-1:111122223333:on-call"])])
    error_message = "Somebody must be told of executions that fail or never end."
  }

  assert {
    condition     = jsondecode(aws_iam_role.this.assume_role_policy).Statement[0].Condition == { StringEquals = { "aws:SourceAccount" = "111122223333" } }
    error_message = "Only Step Functions of this account may take the role."
  }

  assert {
    condition     = [for statement in jsondecode(aws_iam_role_policy.this.policy).Statement : statement.Sid] == ["CallFunction", "DeliverLogs"]
    error_message = "The policy holds what was asked for and the delivery of logs."
  }
}

run "tracing_brings_its_permission" {
  command = plan

  variables {
    operations = { log_retention_days = 14, tracing = true }
  }

  assert {
    condition     = aws_sfn_state_machine.this.tracing_configuration[0].enabled && contains(keys(output.statements), "SendTraces")
    error_message = "Traces can't be sent without the permission."
  }
}

run "a_definition_without_an_end_is_refused" {
  command = plan

  variables {
    definition = "{\"StartAt\": \"A\", \"States\": {}}"
  }
  expect_failures = [var.definition]
}

run "a_name_with_capitals_is_refused" {
  command = plan

  variables {
    name = "Retrain"
  }
  expect_failures = [var.name]
}

run "a_wildcard_in_actions_is_refused" {
  command = plan

  variables {
    statements = { All = { actions = ["lambda:*"], resources = ["arn:aws:lambda:eu-west-1:111122223333:function:f"] } }
  }
  expect_failures = [var.statements]
}
