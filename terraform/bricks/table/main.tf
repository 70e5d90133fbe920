resource "aws_dynamodb_table" "this" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = var.keys.hash_key
  range_key    = var.keys.range_key

  deletion_protection_enabled = var.safety.deletion_protection

  dynamic "attribute" {
    for_each = local.key_attributes
    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = var.keys.indexes
    content {
      name            = global_secondary_index.key
      hash_key        = global_secondary_index.value.hash_key
      range_key       = global_secondary_index.value.range_key
      projection_type = global_secondary_index.value.projection
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

  key_attributes = toset(concat(
    [var.keys.hash_key, var.keys.range_key],
    flatten([for index in values(var.keys.indexes) : [index.hash_key, index.range_key]]),
  ))
}
