module "start_run" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "start-run"
  description  = "Starts a campaign's run: one message per shard of the audience"
  handler      = "handlers.campaign_sending.start_run.handle"
  size         = { timeout_seconds = local.stages["campaign-runs"].timeout_seconds }

  queue_created_arn = module.queue["campaign-runs"].created_arn
  queue = {
    arn        = module.queue["campaign-runs"].arn
    batch_size = 1
  }

  environment = {
    ENGAGEMENT_TABLE        = var.store.tables["engagement"].name
    DELIVERIES_TABLE        = var.store.tables["deliveries"].name
    AUDIENCES_QUEUE_URL     = module.queue["audiences"].url
    CAMPAIGN_RUNS_QUEUE_URL = module.queue["campaign-runs"].url
  }
  statements = local.start_run_statements
}

module "select_audience" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "select-audience"
  description  = "Selects one shard of a run's audience into files of recipients"
  handler      = "handlers.campaign_sending.select_audience.handle"
  size         = { memory_mb = 1769, timeout_seconds = local.stages["audiences"].timeout_seconds } # one whole vCPU

  queue_created_arn = module.queue["audiences"].created_arn
  queue = {
    arn                 = module.queue["audiences"].arn
    batch_size          = 1
    maximum_concurrency = var.sending.maximum_concurrency
  }

  environment = {
    ENDPOINTS_TABLE     = var.store.tables["endpoints"].name
    ENGAGEMENT_TABLE    = var.store.tables["engagement"].name
    DELIVERIES_TABLE    = var.store.tables["deliveries"].name
    DATA_BUCKET         = var.store.bucket.name
    AUDIENCES_QUEUE_URL = module.queue["audiences"].url
    SENDS_QUEUE_URL     = module.queue["sends"].url
  }
  statements = local.select_audience_statements
}

module "send_messages" {
  source = "../../bricks/lambda_function"

  place        = var.place
  operations   = var.operations
  package      = var.package
  data_key_arn = var.store.encryption_key_arn
  name         = "send-messages"
  description  = "Sends a batch of a run's mails"
  handler      = "handlers.campaign_sending.send_messages.handle"
  size         = { memory_mb = 1769, timeout_seconds = local.stages["sends"].timeout_seconds } # one whole vCPU

  queue_created_arn = module.queue["sends"].created_arn
  queue = {
    arn                 = module.queue["sends"].arn
    batch_size          = 1
    maximum_concurrency = var.sending.maximum_concurrency
  }

  environment = merge({
    ENDPOINTS_TABLE             = var.store.tables["endpoints"].name
    ENGAGEMENT_TABLE            = var.store.tables["engagement"].name
    DELIVERIES_TABLE            = var.store.tables["deliveries"].name
    DATA_BUCKET                 = var.store.bucket.name
    SENDS_QUEUE_URL             = module.queue["sends"].url
    SENDS_DEAD_LETTER_QUEUE_URL = module.queue["sends"].dead_letter_url
    CONFIGURATION_SET           = var.email_channel.configuration_set
    TOKEN_KEY_ID                = var.token_key.id
    PUBLIC_URL                  = var.public_url
    EACH_LIMIT                  = tostring(var.templates.each_limit)
    TEMPLATE_COMPARE            = var.templates.compare
  }, var.event_stream.environment, local.recommendations_environment)
  statements = merge(local.send_messages_statements, var.event_stream.statements, local.recommendations_statements)
}
