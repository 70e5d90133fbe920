resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = {
    Errors    = "The function ${local.name} failed: read the log group ${local.log_group}"
    Throttles = "The function ${local.name} was refused for lack of concurrency: raise its reserved concurrency or the account's quota"
  }

  alarm_name        = "${local.name}-${lower(each.key)}"
  alarm_description = each.value
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/Lambda"
  metric_name = each.key
  dimensions  = { FunctionName = local.name }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
