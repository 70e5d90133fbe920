output "api_id" {
  description = "Id of the HTTP API."
  value       = aws_apigatewayv2_api.this.id
}

output "public_url" {
  description = "URL of the API: AWS_ENDPOINT_URL_PINPOINT, and the start of unsubscribe links."
  value       = local.public_url
}

output "functions" {
  description = "Handler -> name, ARN, role, statements."
  value = {
    "engagement_api/serve_request" = module.serve_request
    "engagement_api/unsubscribe"   = module.unsubscribe
  }
}
