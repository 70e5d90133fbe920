mock_provider "aws" {}

variables {
  place = {
    prefix         = "kit-test"
    partition      = "aws"
    region         = "eu-west-1"
    account_id     = "111122223333"
    queue_url_base = "https://sqs.eu-west-1.amazonaws.com/111122223333"
  }

  name   = "data"
  safety = { force_destroy = false }
}

run "a_private_encrypted_bucket" {
  command = plan

  assert {
    condition     = aws_s3_bucket.this.bucket == "kit-test-data-111122223333" && !aws_s3_bucket.this.force_destroy
    error_message = "The bucket must carry the account in its name and not be emptied by destroy."
  }

  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this.block_public_acls, aws_s3_bucket_public_access_block.this.block_public_policy, aws_s3_bucket_public_access_block.this.ignore_public_acls, aws_s3_bucket_public_access_block.this.restrict_public_buckets])
    error_message = "All public access must be blocked."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement == [{ Sid = "RefusePlainHttp", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::kit-test-data-111122223333", "arn:aws:s3:::kit-test-data-111122223333/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }]
    error_message = "The policy must refuse plain HTTP and allow nobody."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256" && length(aws_s3_bucket_lifecycle_configuration.this) == 0
    error_message = "Without a key S3's own must encrypt, and without expiry there are no rules."
  }
}

run "services_expiry_and_a_key" {
  command = plan

  variables {
    encryption_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    expiry_days        = { "audiences/" = 14, "imports/" = 30 }
    statements = {
      PersonalizeReads = {
        service    = "personalize.amazonaws.com"
        actions    = ["s3:GetObject"]
        paths      = ["", "personalize/*"]
        conditions = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
      }
    }
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.encryption_key_arn
    error_message = "The key must encrypt."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id] == ["leftovers", "expire-audiences", "expire-imports"]
    error_message = "Each prefix must have its rule, besides the one for leftovers."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this.policy).Statement[1] == { Sid = "PersonalizeReads", Effect = "Allow", Principal = { Service = "personalize.amazonaws.com" }, Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::kit-test-data-111122223333", "arn:aws:s3:::kit-test-data-111122223333/personalize/*"], Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } } }
    error_message = "The service's statement must stand behind the refusal of plain HTTP."
  }
}

run "a_prefix_without_a_slash_is_refused" {
  command = plan

  variables {
    expiry_days = { audiences = 14 }
  }
  expect_failures = [var.expiry_days]
}

run "a_service_without_a_condition_is_refused" {
  command = plan

  variables {
    statements = { PersonalizeReads = { service = "personalize.amazonaws.com", actions = ["s3:GetObject"], paths = [""], conditions = {} } }
  }
  expect_failures = [var.statements]
}
