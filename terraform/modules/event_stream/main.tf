# Two delivery streams into the data bucket: the engine's event records, and what SES says, untouched.

resource "aws_kinesis_firehose_delivery_stream" "this" {
  for_each = local.streams

  name        = each.value.name
  destination = "extended_s3"

  extended_s3_configuration {
    role_arn            = aws_iam_role.delivery.arn
    bucket_arn          = var.bucket.arn
    prefix              = each.value.prefix
    error_output_prefix = each.value.error_prefix
    buffering_interval  = var.buffering.seconds
    buffering_size      = var.buffering.megabytes
    compression_format  = "UNCOMPRESSED" # as Pinpoint wrote them: consumers read on

    cloudwatch_logging_options {
      enabled         = true
      log_group_name  = aws_cloudwatch_log_group.delivery.name
      log_stream_name = each.key
    }
  }

  server_side_encryption {
    enabled  = true
    key_type = "AWS_OWNED_CMK"
  }

  # Firehose tries its role at creation.
  depends_on = [aws_iam_role_policy.delivery]
}

resource "aws_cloudwatch_log_group" "delivery" {
  name              = local.log_group
  retention_in_days = var.operations.log_retention_days
  kms_key_id        = var.operations.log_key_arn
}

resource "aws_cloudwatch_log_stream" "delivery" {
  for_each = local.streams

  name           = each.key
  log_group_name = aws_cloudwatch_log_group.delivery.name
}

locals {
  arn_of_streams = "arn:${var.place.partition}:firehose:${var.place.region}:${var.place.account_id}:deliverystream"
  log_group      = "/aws/kinesisfirehose/${var.place.prefix}"

  streams = {
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
