# Mail is billed by use: hear of a runaway campaign from the bill before the month is over.

resource "aws_budgets_budget" "this" {
  count = var.budget == null ? 0 : 1

  name         = "${var.place.prefix}-monthly"
  budget_type  = "COST"
  limit_amount = tostring(var.budget.monthly_usd)
  limit_unit   = "USD"
  time_unit    = "MONTHLY"

  dynamic "cost_filter" {
    for_each = var.budget.cost_filters
    content {
      name   = cost_filter.key
      values = cost_filter.value
    }
  }

  dynamic "notification" {
    for_each = { ACTUAL = 80, FORECASTED = 100 } # percent of the budget
    content {
      notification_type          = notification.key
      threshold                  = notification.value
      threshold_type             = "PERCENTAGE"
      comparison_operator        = "GREATER_THAN"
      subscriber_email_addresses = var.budget.email_addresses
      subscriber_sns_topic_arns  = var.budget.topic_arns
    }
  }
}
