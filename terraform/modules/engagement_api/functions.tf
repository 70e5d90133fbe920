module "serve_request" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "serve-request"
  description  = "Answers the Pinpoint API"
  handler      = "handlers.engagement_api.serve_request.handle"
  size         = { memory_mb = 1024, timeout_seconds = 29 } # API Gateway waits 30 s

  environment = merge({
    ENDPOINTS_TABLE   = var.store.tables["endpoints"].name
    ENGAGEMENT_TABLE  = var.store.tables["engagement"].name
    DELIVERIES_TABLE  = var.store.tables["deliveries"].name
    TOKEN_KEY_ID      = var.token_key.id
    CONFIGURATION_SET = var.email_channel.configuration_set
    EACH_LIMIT        = tostring(var.templates.each_limit)
    TEMPLATE_COMPARE  = var.templates.compare
  }, local.job_queues)
  statements = local.serve_request_statements
}

module "unsubscribe" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "unsubscribe"
  description  = "Opts an endpoint out by the signed link in its mail"
  handler      = "handlers.engagement_api.unsubscribe.handle"
  size         = { timeout_seconds = 15 }

  environment = merge({
    ENDPOINTS_TABLE = var.store.tables["endpoints"].name
    TOKEN_KEY_ID    = var.token_key.id
  }, var.event_stream.environment)
  statements = local.unsubscribe_statements
}

locals {
  # Queues of architectures that are switched on.
  job_queues = { for name, queue in var.queues : "${upper(replace(name, "-", "_"))}_QUEUE_URL" => queue.url }
}
