resource "aws_s3_bucket" "this" {
  bucket        = local.name
  force_destroy = var.safety.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket = aws_s3_bucket.this.bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.bucket

  rule {
    bucket_key_enabled = var.encryption_key_arn != null
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.encryption_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.bucket

  versioning_configuration {
    status = "Enabled"
  }
}

locals {
  name = "${var.place.prefix}-${var.name}-${var.place.account_id}" # names of buckets are shared by all accounts
  arn  = "arn:${var.place.partition}:s3:::${local.name}"
}
