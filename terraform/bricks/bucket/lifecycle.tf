# What becomes of objects with time, by prefix. The provider watches a new configuration for most of a minute.

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = length(var.expiry_days) == 0 ? 0 : 1

  bucket = aws_s3_bucket.this.bucket

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
