# ARNs from names, so that policies are readable in the first plan and functions need not wait for each other.

locals {
  name          = "${var.place.prefix}-${var.name}"
  log_group     = "/aws/lambda/${local.name}"
  log_group_arn = "arn:${var.place.partition}:logs:${var.place.region}:${var.place.account_id}:log-group:${local.log_group}"
}
