mock_provider "aws" {
  override_during = plan
}

variables {
  api_id = "api1"
  names = {
    functions         = ["kit-test-send-messages"]
    queues            = ["kit-test-sends"]
    tables            = ["kit-test-endpoints"]
    streams           = ["kit-test-events"]
    configuration_set = "kit-test-mail"
  }
  place = {
    prefix     = "kit-test"
    partition  = "aws"
    region     = "eu-west-1"
    account_id = "111122223333"
  }
}

run "a_dashboard_and_no_budget" {
  command = plan

  assert {
    condition     = length(jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets) == 14 && aws_cloudwatch_dashboard.this.dashboard_name == "kit-test"
    error_message = "Alarms, twelve charts and the log must be on the dashboard."
  }

  assert {
    condition = [for arn in jsondecode(aws_cloudwatch_dashboard.this.dashboard_body).widgets[0].properties.alarms : split(":alarm:", arn)[1]] == [
      "kit-test-engagement-5xx",
      "kit-test-events-freshness",
      "kit-test-mail-bouncerate",
      "kit-test-mail-complaintrate",
      "kit-test-send-messages-errors",
      "kit-test-send-messages-throttles",
      "kit-test-sends-age",
      "kit-test-sends-dead-letter-depth",
    ]
    error_message = "Every alarm of what is watched must be shown."
  }

  assert {
    condition     = length(aws_budgets_budget.this) == 0
    error_message = "Without var.budget there is none."
  }
}

run "a_budget_tells_at_80_percent_and_at_a_forecast_of_100" {
  command = plan

  variables {
    budget = { monthly_usd = 200, email_addresses = ["on-call@example.org"], cost_filters = { Service = ["Amazon Simple Email Service"] } }
  }

  assert {
    condition     = { for told in aws_budgets_budget.this[0].notification : told.notification_type => told.threshold } == { ACTUAL = 80, FORECASTED = 100 }
    error_message = "Both warnings must be there."
  }

  assert {
    condition     = aws_budgets_budget.this[0].limit_amount == "200"
    error_message = "The budget is what was asked for."
  }
}

run "a_budget_that_tells_nobody_is_refused" {
  command = plan

  variables {
    budget = { monthly_usd = 200 }
  }
  expect_failures = [var.budget]
}

run "a_budget_of_nothing_is_refused" {
  command = plan

  variables {
    budget = { monthly_usd = 0, email_addresses = ["on-call@example.org"] }
  }
  expect_failures = [var.budget]
}
