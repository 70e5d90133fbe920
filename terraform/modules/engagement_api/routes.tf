locals {
  routes = {
    "$default"                 = { function = module.serve_request, authorization = "AWS_IAM" }
    "ANY /unsubscribe/{token}" = { function = module.unsubscribe, authorization = "NONE" } # the signed token is the proof
  }
}

resource "aws_apigatewayv2_route" "this" {
  for_each = local.routes

  api_id             = aws_apigatewayv2_api.this.id
  route_key          = each.key
  authorization_type = each.value.authorization
  target             = "integrations/${aws_apigatewayv2_integration.this[each.key].id}"
}

resource "aws_apigatewayv2_integration" "this" {
  for_each = local.routes

  api_id                 = aws_apigatewayv2_api.this.id
  integration_type       = "AWS_PROXY"
  integration_uri        = each.value.function.arn
  payload_format_version = "2.0"
}

resource "aws_lambda_permission" "api" {
  for_each = local.routes

  statement_id  = "EngagementApi"
  action        = "lambda:InvokeFunction"
  function_name = each.value.function.arn
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.this.execution_arn}/*" # every stage and route of this one API
}
