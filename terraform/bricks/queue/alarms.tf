resource "aws_cloudwatch_metric_alarm" "dead_letters" {
  alarm_name        = "${local.dead_letter_name}-depth"
  alarm_description = "Messages failed for good in ${local.dead_letter_name}: each carries its reason; redrive after the cause is mended"
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/SQS"
  metric_name = "ApproximateNumberOfMessagesVisible"
  dimensions  = { QueueName = local.dead_letter_name }

  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}

resource "aws_cloudwatch_metric_alarm" "age" {
  alarm_name        = "${local.name}-age"
  alarm_description = "The oldest message of ${local.name} waits for more than ${var.alarm_age_seconds} s: its consumer is too slow, throttled or broken"
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/SQS"
  metric_name = "ApproximateAgeOfOldestMessage"
  dimensions  = { QueueName = local.name }

  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = var.alarm_age_seconds
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
