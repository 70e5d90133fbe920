# The picture, from left to right: where things are kept, what is recorded, how mail goes out, who asks, what happens.

module "engagement_store" {
  source = "./modules/engagement_store"

  place              = local.place
  safety             = var.safety
  encryption_key_arn = var.encryption_key_arn
  expiry_days        = var.expiry_days
  existing_bucket    = lookup(var.existing, "bucket", null)
  bucket_statements  = local.architectures["recommendations"] ? module.recommendations[0].bucket_statements : {}

  bucket_notifications = local.architectures["recommendations"] ? module.recommendations[0].bucket_notifications : {}
}

module "event_stream" {
  source = "./modules/event_stream"

  place      = local.place
  operations = var.operations
  bucket     = module.engagement_store.created_bucket
  buffering  = var.event_buffering
  existing   = { for name, arn in var.existing : name => arn if name != "bucket" }
}

module "email_channel" {
  source = "./modules/email_channel"

  place           = local.place
  operations      = var.operations
  from_address    = var.from_address
  identity        = coalesce(var.identity, var.from_address)
  create_identity = var.create_identity
  event_stream    = module.event_stream.ses_event_stream
}

module "engagement_api" {
  source = "./modules/engagement_api"

  place         = local.place
  operations    = var.operations
  package       = local.package
  store         = module.engagement_store.store
  token_key     = module.engagement_store.token_key
  event_stream  = module.event_stream.event_stream
  email_channel = module.email_channel.email_channel
  queues        = local.job_queues
  throttling    = var.api_throttling
  templates     = var.templates
  local_aws_url = var.local_aws_url
}

module "audience_import" {
  source = "./modules/audience_import"
  count  = local.architectures["audience_import"] ? 1 : 0

  place          = local.place
  operations     = var.operations
  package        = local.package
  store          = module.engagement_store.store
  import_buckets = var.import_buckets
}

module "campaign_sending" {
  source = "./modules/campaign_sending"
  count  = local.architectures["campaign_sending"] ? 1 : 0

  place            = local.place
  operations       = var.operations
  package          = local.package
  store            = module.engagement_store.store
  token_key        = module.engagement_store.token_key
  event_stream     = module.event_stream.event_stream
  email_channel    = module.email_channel.email_channel
  public_url       = module.engagement_api.public_url
  sending          = var.sending
  transformer_arns = var.transformer_arns
  templates        = var.templates

  # By index: a splat would hold the sender back until the last queue of recommendations has settled.
  recommendations_table = local.architectures["recommendations"] ? module.recommendations[0].table : null
}

module "recommendations" {
  source = "./modules/recommendations"
  count  = local.architectures["recommendations"] ? 1 : 0

  place      = local.place
  operations = var.operations
  package    = local.package
  bucket     = module.engagement_store.store.bucket
  safety     = var.safety

  data_prefixes      = var.personalize_prefixes
  encryption_key_arn = var.encryption_key_arn
  retraining         = var.retraining
  feedback           = var.feedback
  tables             = module.engagement_store.store.tables
}

module "operations" {
  source = "./modules/operations"

  place  = local.place
  names  = local.watched
  api_id = module.engagement_api.api_id
  budget = var.budget
}
