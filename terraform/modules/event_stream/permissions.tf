resource "aws_iam_role" "delivery" {
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
  name = "statements"
  role = aws_iam_role.delivery.name

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
    ])
  })
}
