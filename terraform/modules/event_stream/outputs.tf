output "event_stream" {
  description = "Delivery stream of the engine's event records: name and ARN, from the name."
  value = {
    name = local.streams.events.name
    arn  = "${local.arn_of_streams}/${local.streams.events.name}"
  }
}

output "ses_event_stream" {
  description = "Delivery stream of raw SES events: name, and ARN once it exists."
  value = {
    name = local.streams.ses_events.name
    arn  = aws_kinesis_firehose_delivery_stream.this["ses_events"].arn
  }
}
