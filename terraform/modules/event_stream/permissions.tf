resource "aws_iam_role" "delivery" {
  count = length(local.streams) > 0 ? 1 : 0

  name        = "${var.place.prefix}-deliver-events"
  description = "What Firehose may do to deliver the events of ${var.place.prefix}"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "FirehoseOfThisAccount"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "firehose.amazonaws.com" }
      Condition = { StringEquals = { "sts:ExternalId" = var.place.account_id } }
    }]
  })
}

resource "aws_iam_role_policy" "delivery" {
  count = length(local.streams) > 0 ? 1 : 0

  name = "statements"
  role = aws_iam_role.delivery[0].name

  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat([
      {
        Sid      = "WriteEvents"
        Effect   = "Allow"
        Action   = ["s3:PutObject", "s3:AbortMultipartUpload"]
        Resource = flatten([for stream in values(local.streams) : [for prefix in [stream.prefix, stream.error_prefix] : "${var.bucket.arn}/${prefix}*"]])
      },
      {
        Sid      = "FindBucket"
        Effect   = "Allow"
        Action   = ["s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"]
        Resource = [var.bucket.arn]
      },
      {
        Sid      = "LogFailures"
        Effect   = "Allow"
        Action   = ["logs:PutLogEvents"]
        Resource = ["arn:${var.place.partition}:logs:${var.place.region}:${var.place.account_id}:log-group:${local.log_group}:log-stream:*"] # every stream of the one group
      },
      ], var.bucket.encryption_key_arn == null ? [] : [
      {
        Sid       = "UseDataKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt", "kms:GenerateDataKey"]
        Resource  = [var.bucket.encryption_key_arn]
        Condition = { StringLike = { "kms:ViaService" = ["s3.${var.place.region}.amazonaws.com*"] } } # .cn in China
      },
      ], var.existing.kinesis_arn == null ? [] : [
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = ["kinesis:DescribeStream", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
        Resource = [var.existing.kinesis_arn]
      },
      ], var.existing.kinesis_key_arn == null ? [] : [
      {
        Sid       = "UseStreamKey"
        Effect    = "Allow"
        Action    = ["kms:Decrypt"]
        Resource  = [var.existing.kinesis_key_arn]
        Condition = { StringLike = { "kms:ViaService" = ["kinesis.${var.place.region}.amazonaws.com*"] } } # .cn in China
      },
    ])
  })
}

locals {
  # Whoever records events needs these: functions are given them by the output event_stream.
  record_statements = merge(
    {
      RecordEvents = {
        actions    = [var.existing.kinesis_arn == null ? "firehose:PutRecordBatch" : "kinesis:PutRecords"]
        resources  = [local.recorded_on.arn]
        conditions = {}
      }
    },
    var.existing.kinesis_key_arn == null ? {} : {
      UseStreamKey = {
        actions    = ["kms:GenerateDataKey"]
        resources  = [var.existing.kinesis_key_arn]
        conditions = { StringLike = { "kms:ViaService" = ["kinesis.${var.place.region}.amazonaws.com*"] } } # .cn in China
      }
    },
  )
}
