# A bucket; or, with `existing_name`, only the names and the needs of one that is somebody else's: nothing about it is changed.

resource "aws_s3_bucket" "this" {
  count = local.is_ours ? 1 : 0

  bucket        = local.name
  force_destroy = var.safety.force_destroy
}

resource "aws_s3_bucket_public_access_block" "this" {
  count = local.is_ours ? 1 : 0

  bucket = aws_s3_bucket.this[0].bucket

  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  count = local.is_ours ? 1 : 0

  bucket = aws_s3_bucket.this[0].bucket

  rule {
    bucket_key_enabled = var.encryption_key_arn != null
    apply_server_side_encryption_by_default {
      sse_algorithm     = var.encryption_key_arn == null ? "AES256" : "aws:kms"
      kms_master_key_id = var.encryption_key_arn
    }
  }
}

resource "aws_s3_bucket_versioning" "this" {
  count = local.is_ours ? 1 : 0

  bucket = aws_s3_bucket.this[0].bucket

  versioning_configuration {
    status = "Enabled"
  }
}

# Read while planning: a name that is misspelt, or a bucket that may not be seen, ends the plan and not half an apply.
data "aws_s3_bucket" "existing" {
  count = local.is_ours ? 0 : 1

  bucket = var.existing_name
}

locals {
  is_ours  = var.existing_name == null
  own_name = "${var.place.prefix}-${var.name}-${var.place.account_id}" # names of buckets are shared by all accounts
  name     = local.is_ours ? local.own_name : var.existing_name
  arn      = "arn:${var.place.partition}:s3:::${local.name}"
}
