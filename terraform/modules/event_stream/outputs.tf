output "delivery_streams" {
  description = "Names of the Firehose delivery streams: the engine's events, raw SES events."
  value       = local.delivery_streams
}

output "event_stream" {
  description = "What the engine records its events on: name and ARN, and what a function needs for it (environment variables, statements of its policy). From names: known before it exists."
  value = {
    name        = local.recorded_on.name
    arn         = local.recorded_on.arn
    environment = { (var.existing.kinesis_arn == null ? "EVENT_DELIVERY_STREAM" : "EVENT_DATA_STREAM") = local.recorded_on.name }
    statements  = local.record_statements
  }
}

output "ses_event_stream" {
  description = "Delivery stream of raw SES events: name, and ARN once it exists."
  value = {
    name = local.delivery_streams.ses_events
    arn  = var.existing.ses_firehose_arn == null ? aws_kinesis_firehose_delivery_stream.this["ses_events"].arn : var.existing.ses_firehose_arn
  }
}

locals {
  delivery_streams = { for key, stream in local.all_streams : key => local.given_arns[key] == null ? stream.name : split("/", local.given_arns[key])[1] }

  arn_of_events = coalesce(var.existing.kinesis_arn, var.existing.firehose_arn, "${local.arn_of_streams}/${local.all_streams.events.name}")
  recorded_on   = { name = split("/", local.arn_of_events)[1], arn = local.arn_of_events }
}
