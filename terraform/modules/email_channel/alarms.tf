# SES reviews an account at 5 % bounces or 0.1 % complaints: hear of it before.

resource "aws_cloudwatch_metric_alarm" "reputation" {
  for_each = {
    BounceRate    = 0.04
    ComplaintRate = 0.0008
  }

  alarm_name        = "${var.place.prefix}-mail-${lower(each.key)}"
  alarm_description = "${each.key} of the configuration set is over ${each.value}: stop the campaign, look at the list's source"
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/SES"
  metric_name = "Reputation.${each.key}"
  dimensions  = { "ses:configuration-set" = aws_sesv2_configuration_set.this.configuration_set_name }

  statistic           = "Average"
  period              = 900
  evaluation_periods  = 1
  threshold           = each.value
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
