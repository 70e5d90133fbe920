resource "aws_dynamodb_table" "this" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = var.keys.hash_key
  range_key    = var.keys.range_key

  deletion_protection_enabled = var.safety.deletion_protection

  dynamic "attribute" {
    for_each = [var.keys.hash_key, var.keys.range_key]
    content {
      name = attribute.value
      type = "S"
    }
  }

  ttl {
    enabled        = true
    attribute_name = var.keys.expires
  }

  point_in_time_recovery {
    enabled = var.safety.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = var.encryption_key_arn != null # false: DynamoDB's own key; the table is encrypted either way
    kms_key_arn = var.encryption_key_arn
  }

  stream_enabled   = var.stream
  stream_view_type = var.stream ? "NEW_AND_OLD_IMAGES" : null
}

locals {
  name = "${var.place.prefix}-${var.name}"
}
