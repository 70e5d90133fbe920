resource "aws_cloudwatch_metric_alarm" "freshness" {
  for_each = local.streams

  alarm_name        = "${each.value.name}-freshness"
  alarm_description = "Records wait in ${each.value.name} for more than an hour: Firehose cannot write to the bucket"
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/Firehose"
  metric_name = "DeliveryToS3.DataFreshness"
  dimensions  = { DeliveryStreamName = each.value.name }

  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 2
  threshold           = 3600
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
