# The whole kit as one module of a stack that you have already: its own names and tags, your alarms, imports from your bucket.
# `kit deploy` and `kit train` are for environments of their own; here your pipeline applies.

module "messaging" {
  source = "../.."

  prefix       = "shop"
  environment  = "dev"
  region       = "eu-west-1"
  from_address = "news@shop.example"
  identity     = "shop.example"
  package_path = var.package_path

  import_buckets = ["shop-crm-exports"]
  operations     = { log_retention_days = 90, alarm_topic_arns = ["arn:aws:sns:eu-west-1:111122223333:on-call"] }
  safety         = { deletion_protection = true, point_in_time_recovery = true, force_destroy = false }
  tags           = { team = "growth", cost_centre = "4711" }
}

variable "package_path" {
  description = "The zip of the functions: `kit package` makes it."
  type        = string
  default     = "../../../build/lambda.zip"
}

output "api_url" {
  description = "AWS_ENDPOINT_URL_PINPOINT of your clients."
  value       = module.messaging.api_url
}
