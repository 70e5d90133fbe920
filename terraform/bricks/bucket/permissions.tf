resource "aws_s3_bucket_policy" "this" {
  count = local.is_ours ? 1 : 0

  bucket = aws_s3_bucket.this[0].bucket
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = local.policy_statements
  })

  # S3 refuses two changes of one bucket's access at the same time.
  depends_on = [aws_s3_bucket_public_access_block.this]
}

locals {
  policy_statements = concat([local.refuse_plain_http], local.named_statements)

  refuse_plain_http = {
    Sid       = "RefusePlainHttp"
    Effect    = "Deny"
    Principal = "*"
    Action    = "s3:*"
    Resource  = [local.arn, "${local.arn}/*"]
    Condition = { Bool = { "aws:SecureTransport" = "false" } }
  }

  named_statements = [
    for name, statement in var.statements : {
      Sid       = name
      Effect    = "Allow"
      Principal = { Service = statement.service }
      Action    = statement.actions
      Resource  = [for path in statement.paths : path == "" ? local.arn : "${local.arn}/${path}"]
      Condition = statement.conditions
    }
  ]
}
