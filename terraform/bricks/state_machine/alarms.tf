resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = {
    ExecutionsFailed   = "An execution of ${local.name} failed: its last event says why"
    ExecutionsTimedOut = "An execution of ${local.name} took longer than its definition allows"
  }

  alarm_name        = "${local.name}-${lower(each.key)}"
  alarm_description = each.value
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/States"
  metric_name = each.key
  dimensions  = { StateMachineArn = aws_sfn_state_machine.this.arn }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
