# Names, tags and places come from here and nowhere else.

locals {
  place = {
    prefix         = "${var.prefix}-${var.environment}"
    partition      = data.aws_partition.current.partition
    region         = var.region
    account_id     = data.aws_caller_identity.current.account_id
    queue_url_base = "${local.queue_host}/${data.aws_caller_identity.current.account_id}"
  }

  queue_host = coalesce(var.local_aws_url, "https://sqs.${var.region}.${data.aws_partition.current.dns_suffix}")

  tags = merge({
    project     = var.prefix
    environment = var.environment
    managed_by  = "terraform"
  }, var.tags)
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}
