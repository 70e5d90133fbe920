mock_provider "aws" {}

variables {
  place = {
    prefix         = "kit-test"
    partition      = "aws"
    region         = "eu-west-1"
    account_id     = "111122223333"
    queue_url_base = "https://sqs.eu-west-1.amazonaws.com/111122223333"
  }

  name   = "endpoints"
  keys   = { hash_key = "pk", range_key = "sk", expires = "expires" }
  safety = { deletion_protection = true, point_in_time_recovery = true }
}

run "a_table_on_demand_that_keeps_its_data" {
  command = plan

  assert {
    condition     = aws_dynamodb_table.this.name == "kit-test-endpoints" && aws_dynamodb_table.this.billing_mode == "PAY_PER_REQUEST" && aws_dynamodb_table.this.deletion_protection_enabled && aws_dynamodb_table.this.point_in_time_recovery[0].enabled
    error_message = "The table must be on demand, protected and restorable."
  }

  assert {
    condition     = aws_dynamodb_table.this.ttl[0].attribute_name == "expires" && toset([for a in aws_dynamodb_table.this.attribute : a.name]) == toset(["pk", "sk"])
    error_message = "Keys are pk and sk; items go away by expires."
  }

  assert {
    condition     = output.arn == "arn:aws:dynamodb:eu-west-1:111122223333:table/kit-test-endpoints" && output.stream_arn == null
    error_message = "The ARN must be known from the name; there is no stream."
  }
}

run "a_stream_and_a_key" {
  command = plan

  variables {
    stream             = true
    encryption_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  }

  assert {
    condition     = aws_dynamodb_table.this.stream_view_type == "NEW_AND_OLD_IMAGES" && aws_dynamodb_table.this.server_side_encryption[0].kms_key_arn == var.encryption_key_arn
    error_message = "Changes must be published with both images, and the key must encrypt."
  }
}
