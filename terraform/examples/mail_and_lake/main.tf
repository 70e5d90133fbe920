# Only the mail side, for a sender of your own: a verified domain, a configuration set whose events (bounces, complaints,
# opens, clicks) lie in a bucket as SES wrote them, and alarms on the bounce and complaint rates.

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

  place       = local.place
  safety      = local.safety
  expiry_days = { "ses-events/" = 730 }
}

module "event_stream" {
  source = "../../modules/event_stream"

  place      = local.place
  operations = { log_retention_days = 90 }
  bucket     = module.engagement_store.created_bucket
  buffering  = { seconds = 300, megabytes = 64 }
}

module "email_channel" {
  source = "../../modules/email_channel"

  place           = local.place
  operations      = { alarm_topic_arns = ["arn:aws:sns:${var.region}:${local.account_id}:on-call"] }
  from_address    = "news@shop.example"
  identity        = "shop.example"
  create_identity = false # the domain is verified in this account already
  event_stream    = module.event_stream.ses_event_stream
}

output "configuration_set" {
  description = "What your sender names as ConfigurationSetName."
  value       = module.email_channel.email_channel.configuration_set
}
