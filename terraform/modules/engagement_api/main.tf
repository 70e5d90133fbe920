# The engine's API: IAM on everything but the unsubscribe link, which people open from their mail.

resource "aws_apigatewayv2_api" "this" {
  name          = "${var.place.prefix}-engagement"
  description   = "Pinpoint's API, served by the engagement engine of ${var.place.prefix}"
  protocol_type = "HTTP"
}

resource "aws_apigatewayv2_stage" "default" {
  api_id      = aws_apigatewayv2_api.this.id
  name        = "$default"
  auto_deploy = true

  default_route_settings {
    throttling_rate_limit  = var.throttling.requests_per_second
    throttling_burst_limit = var.throttling.burst
  }

  # Neither path nor caller's address: paths may hold addresses and unsubscribe tokens.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.access.arn
    format = jsonencode({
      request_id = "$context.requestId"
      time       = "$context.requestTime"
      route      = "$context.routeKey"
      status     = "$context.status"
      latency_ms = "$context.responseLatency"
      error      = "$context.integrationErrorMessage"
    })
  }
}

resource "aws_cloudwatch_log_group" "access" {
  name              = "/aws/apigateway/${var.place.prefix}-engagement"
  retention_in_days = var.operations.log_retention_days
  kms_key_id        = var.operations.log_key_arn
}

locals {
  # Locally the API answers below a path: *.execute-api.localhost does not resolve everywhere.
  public_url = (
    var.local_aws_url == null
    ? aws_apigatewayv2_api.this.api_endpoint
    : "${var.local_aws_url}/_aws/execute-api/${aws_apigatewayv2_api.this.id}/$default"
  )
}
