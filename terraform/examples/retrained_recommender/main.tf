# A recommender that trains itself anew each Sunday night, and whose batch results lie in a table by user: for a team that
# asks for recommendations from code of its own.

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

  place                = local.place
  safety               = local.safety
  bucket_statements    = module.recommendations.bucket_statements
  bucket_notifications = module.recommendations.bucket_notifications
}

module "recommendations" {
  source = "../../modules/recommendations"

  place         = local.place
  operations    = { log_retention_days = 30 }
  package       = local.package
  bucket        = module.engagement_store.store.bucket
  safety        = local.safety
  data_prefixes = { read = ["personalize/"], write = ["personalize/output/"] }
  retraining    = { schedule = "cron(0 3 ? * SUN *)", timezone = "Europe/Berlin" }
}

output "table" {
  description = "Recommendations by user."
  value       = module.recommendations.table
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
