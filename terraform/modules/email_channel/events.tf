# Every event of SES goes, as it is, to the data bucket by its own delivery stream.

resource "aws_sesv2_configuration_set_event_destination" "archive" {
  configuration_set_name = aws_sesv2_configuration_set.this.configuration_set_name
  event_destination_name = "archive"

  event_destination {
    enabled = true
    matching_event_types = [
      "BOUNCE", "CLICK", "COMPLAINT", "DELIVERY", "DELIVERY_DELAY", "OPEN", "REJECT", "RENDERING_FAILURE", "SEND", "SUBSCRIPTION",
    ]

    kinesis_firehose_destination {
      delivery_stream_arn = var.event_stream.arn
      iam_role_arn        = aws_iam_role.events.arn
    }
  }

  depends_on = [aws_iam_role_policy.events]
}

resource "aws_iam_role" "events" {
  name        = "${var.place.prefix}-archive-ses-events"
  description = "What SES may do to archive the mail events of ${var.place.prefix}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "SesForThisConfigurationSet"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "ses.amazonaws.com" }
      Condition = {
        StringEquals = {
          "aws:SourceAccount" = var.place.account_id
          "aws:SourceArn"     = "${local.arn_of_ses}:configuration-set/${aws_sesv2_configuration_set.this.configuration_set_name}"
        }
      }
    }]
  })
}

resource "aws_iam_role_policy" "events" {
  name = "statements"
  role = aws_iam_role.events.name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid      = "PutEvents"
      Effect   = "Allow"
      Action   = ["firehose:PutRecordBatch"]
      Resource = [var.event_stream.arn]
    }]
  })
}
