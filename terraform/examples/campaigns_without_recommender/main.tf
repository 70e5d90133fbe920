# Endpoints, segments, imports and campaigns behind the Pinpoint API, without a recommender. Imports may read the bucket that
# the CRM exports to; at most ten functions send at a time. A dashboard and a budget come with it.

terraform {
  required_version = ">= 1.10"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
}

provider "aws" {
  region = var.region
}

variable "region" {
  description = "AWS region of everything."
  type        = string
  default     = "eu-west-1"
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

locals {
  account_id = data.aws_caller_identity.current.account_id

  place = {
    prefix         = "shop-dev"
    partition      = data.aws_partition.current.partition
    region         = var.region
    account_id     = local.account_id
    queue_url_base = "https://sqs.${var.region}.${data.aws_partition.current.dns_suffix}/${local.account_id}"
  }

  safety = { deletion_protection = true, point_in_time_recovery = true, force_destroy = false }
}

module "engagement_store" {
  source = "../../modules/engagement_store"

  place  = local.place
  safety = local.safety
}

module "event_stream" {
  source = "../../modules/event_stream"

  place      = local.place
  operations = local.operations
  bucket     = module.engagement_store.created_bucket
}

module "email_channel" {
  source = "../../modules/email_channel"

  place        = local.place
  operations   = local.operations
  from_address = "news@shop.example"
  identity     = "news@shop.example"
  event_stream = module.event_stream.ses_event_stream
}

module "engagement_api" {
  source = "../../modules/engagement_api"

  place         = local.place
  operations    = local.operations
  package       = local.package
  store         = module.engagement_store.store
  token_key     = module.engagement_store.token_key
  event_stream  = module.event_stream.event_stream
  email_channel = module.email_channel.email_channel

  queues = {
    imports       = module.audience_import.queues["imports"]
    campaign-runs = module.campaign_sending.queues["campaign-runs"]
  }
}

module "audience_import" {
  source = "../../modules/audience_import"

  place          = local.place
  operations     = local.operations
  package        = local.package
  store          = module.engagement_store.store
  import_buckets = ["shop-crm-exports"]
}

module "campaign_sending" {
  source = "../../modules/campaign_sending"

  place         = local.place
  operations    = local.operations
  package       = local.package
  store         = module.engagement_store.store
  token_key     = module.engagement_store.token_key
  event_stream  = module.event_stream.event_stream
  email_channel = module.email_channel.email_channel
  public_url    = module.engagement_api.public_url
  sending       = { maximum_concurrency = 10 }
}

module "operations" {
  source = "../../modules/operations"

  place  = local.place
  api_id = module.engagement_api.api_id
  budget = { monthly_usd = 50, email_addresses = ["platform@shop.example"] }

  names = {
    functions         = [for function in values(local.functions) : function.name]
    queues            = [for name in ["imports", "campaign-runs", "audiences", "sends"] : "${local.place.prefix}-${name}"]
    tables            = [for table in module.engagement_store.store.tables : table.name]
    streams           = [module.event_stream.event_stream.name, module.event_stream.ses_event_stream.name]
    configuration_set = module.email_channel.email_channel.configuration_set
  }
}

locals {
  operations = { log_retention_days = 30 }
  functions  = merge(module.engagement_api.functions, module.audience_import.functions, module.campaign_sending.functions)
}

output "api_url" {
  description = "AWS_ENDPOINT_URL_PINPOINT of your clients."
  value       = module.engagement_api.public_url
}

variable "package_path" {
  description = "The zip of the functions: `kit package` makes it."
  type        = string
  default     = "../../../build/lambda.zip"
}

resource "aws_s3_object" "package" {
  bucket      = module.engagement_store.created_bucket.name
  key         = "packages/lambda.zip"
  source      = var.package_path
  source_hash = filesha256(var.package_path)
}

locals {
  package = {
    bucket = aws_s3_object.package.bucket
    key    = aws_s3_object.package.key
    hash   = filebase64sha256(var.package_path)
  }
}
