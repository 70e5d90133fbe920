# ARNs and URLs from names: policies and environments are known before the queue exists.

locals {
  day              = 86400
  name             = "${var.place.prefix}-${var.name}"
  dead_letter_name = "${local.name}-dead-letter"
  arn_of           = "arn:${var.place.partition}:sqs:${var.place.region}:${var.place.account_id}"
}
