resource "aws_cloudwatch_metric_alarm" "server_errors" {
  alarm_name        = "${var.place.prefix}-engagement-5xx"
  alarm_description = "The engagement API answered server errors: read the log of ${var.place.prefix}-serve-request"
  alarm_actions     = var.operations.alarm_topic_arns

  namespace   = "AWS/ApiGateway"
  metric_name = "5xx"
  dimensions  = { ApiId = aws_apigatewayv2_api.this.id }

  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 0
  comparison_operator = "GreaterThanThreshold"
  treat_missing_data  = "notBreaching"
}
