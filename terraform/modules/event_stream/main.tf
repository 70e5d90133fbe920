# Two delivery streams into the data bucket: the engine's event records, and what SES says, untouched. One that exists
# already is used in its place; from a Kinesis data stream that exists, the first one reads.

resource "aws_kinesis_firehose_delivery_stream" "this" {
  for_each = local.streams

  name        = each.value.name
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn            = aws_iam_role.delivery[0].arn
    bucket_arn          = var.bucket.arn
    prefix              = each.value.prefix
    error_output_prefix = each.value.error_prefix
    buffering_interval  = var.buffering.seconds
    buffering_size      = var.buffering.megabytes
    compression_format  = "UNCOMPRESSED" # as Pinpoint wrote them: consumers read on

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.delivery[0].name
      log_stream_name = each.key
    }
  }

  dynamic "kinesis_source_configuration" {
    for_each = each.key == "events" ? var.existing.kinesis_arn[*] : []
    content {
      kinesis_stream_arn = kinesis_source_configuration.value
      role_arn           = aws_iam_role.delivery[0].arn
    }
  }

  # What comes from a data stream is encrypted as that stream is; Firehose takes no key of its own then.
  dynamic "server_side_encryption" {
    for_each = each.key == "events" && var.existing.kinesis_arn != null ? [] : ["AWS_OWNED_CMK"]
    content {
      enabled  = true
      key_type = server_side_encryption.value
    }
  }

  # Firehose tries its role at creation.
  depends_on = [aws_iam_role_policy.delivery]
}

resource "aws_cloudwatch_log_group" "delivery" {
  count = length(local.streams) > 0 ? 1 : 0

  name              = local.log_group
  retention_in_days = var.operations.log_retention_days
  kms_key_id        = var.operations.log_key_arn
}

resource "aws_cloudwatch_log_stream" "delivery" {
  for_each = local.streams

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.delivery[0].name
}

locals {
  arn_of_streams = "arn:${var.place.partition}:firehose:${var.place.region}:${var.place.account_id}:deliverystream"
  log_group      = "/aws/kinesisfirehose/${var.place.prefix}"

  streams = { for key, stream in local.all_streams : key => stream if local.given_arns[key] == null }

  given_arns = {
    events     = var.existing.firehose_arn
    ses_events = var.existing.ses_firehose_arn
  }

  all_streams = {
    events = {
      name         = "${var.place.prefix}-events"
      prefix       = "events/"
      error_prefix = "events-failed/"
    }
    ses_events = {
      name         = "${var.place.prefix}-ses-events"
      prefix       = "ses-events/"
      error_prefix = "ses-events-failed/"
    }
  }
}
