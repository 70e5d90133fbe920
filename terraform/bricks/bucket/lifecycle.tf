# What becomes of objects with time, by prefix. The provider watches a new configuration for most of a minute.

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = local.is_ours && length(var.expiry_days) > 0 ? 1 : 0

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    id     = "leftovers"
    status = "Enabled"
    filter {}

    abort_incomplete_multipart_upload {
      days_after_initiation = 7
    }
    noncurrent_version_expiration {
      noncurrent_days = 30
    }
  }

  dynamic "rule" {
    for_each = var.expiry_days
    content {
      id     = "expire-${trimsuffix(rule.key, "/")}"
      status = "Enabled"

      filter {
        prefix = rule.key
      }
      expiration {
        days = rule.value
      }
    }
  }

  depends_on = [aws_s3_bucket_versioning.this]
}

locals {
  # The same for the owner of an existing bucket, as `aws s3api put-bucket-lifecycle-configuration` takes it.
  lifecycle_rules = [
    for prefix, days in var.expiry_days : {
      ID                          = "expire-${trimsuffix(prefix, "/")}"
      Status                      = "Enabled"
      Filter                      = { Prefix = prefix }
      Expiration                  = { Days = days }
      NoncurrentVersionExpiration = { NoncurrentDays = 30 }
    }
  ]
}
