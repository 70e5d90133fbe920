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
    condition     = aws_s3_bucket.this[0].bucket == "kit-test-data-111122223333" && !aws_s3_bucket.this[0].force_destroy
    error_message = "The bucket must carry the account in its name and not be emptied by destroy."
  }

  assert {
    condition     = alltrue([aws_s3_bucket_public_access_block.this[0].block_public_acls, aws_s3_bucket_public_access_block.this[0].block_public_policy, aws_s3_bucket_public_access_block.this[0].ignore_public_acls, aws_s3_bucket_public_access_block.this[0].restrict_public_buckets])
    error_message = "All public access must be blocked."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement == [{ Sid = "RefusePlainHttp", Effect = "Deny", Principal = "*", Action = "s3:*", Resource = ["arn:aws:s3:::kit-test-data-111122223333", "arn:aws:s3:::kit-test-data-111122223333/*"], Condition = { Bool = { "aws:SecureTransport" = "false" } } }]
    error_message = "The policy must refuse plain HTTP and allow nobody."
  }

  assert {
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this[0].rule).apply_server_side_encryption_by_default).sse_algorithm == "AES256" && length(aws_s3_bucket_lifecycle_configuration.this) == 0
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
    condition     = one(one(aws_s3_bucket_server_side_encryption_configuration.this[0].rule).apply_server_side_encryption_by_default).kms_master_key_id == var.encryption_key_arn
    error_message = "The key must encrypt."
  }

  assert {
    condition     = [for rule in aws_s3_bucket_lifecycle_configuration.this[0].rule : rule.id] == ["leftovers", "expire-audiences", "expire-imports"]
    error_message = "Each prefix must have its rule, besides the one for leftovers."
  }

  assert {
    condition     = jsondecode(aws_s3_bucket_policy.this[0].policy).Statement[1] == { Sid = "PersonalizeReads", Effect = "Allow", Principal = { Service = "personalize.amazonaws.com" }, Action = ["s3:GetObject"], Resource = ["arn:aws:s3:::kit-test-data-111122223333", "arn:aws:s3:::kit-test-data-111122223333/personalize/*"], Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } } }
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

run "a_bucket_of_somebody_else_is_not_touched" {
  command = plan

  variables {
    existing_name      = "company-data"
    encryption_key_arn = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    expiry_days        = { "audiences/" = 14 }
    safety             = { force_destroy = true }
    statements = {
      PersonalizeReads = {
        service    = "personalize.amazonaws.com"
        actions    = ["s3:GetObject"]
        paths      = ["personalize/*"]
        conditions = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
      }
    }
  }

  assert {
    condition     = length(concat(aws_s3_bucket.this, aws_s3_bucket_policy.this, aws_s3_bucket_public_access_block.this, aws_s3_bucket_server_side_encryption_configuration.this, aws_s3_bucket_versioning.this, aws_s3_bucket_lifecycle_configuration.this)) == 0
    error_message = "Policy, encryption, versions, public access and lifecycle of an existing bucket are its owner's."
  }

  assert {
    condition     = output.name == "company-data" && output.created_name == "company-data" && output.arn == "arn:aws:s3:::company-data"
    error_message = "It must be known by its name."
  }

  assert {
    condition     = [for statement in output.asked_of_owner.policy_statements : statement.Sid] == ["RefusePlainHttp", "PersonalizeReads"] && output.asked_of_owner.policy_statements[1].Resource == ["arn:aws:s3:::company-data/personalize/*"]
    error_message = "The owner must be told the same statements that a bucket of ours has."
  }

  assert {
    condition     = output.asked_of_owner.lifecycle_rules == [{ ID = "expire-audiences", Status = "Enabled", Filter = { Prefix = "audiences/" }, Expiration = { Days = 14 }, NoncurrentVersionExpiration = { NoncurrentDays = 30 } }]
    error_message = "The owner must be told what expires."
  }
}

run "an_arn_in_place_of_a_name_is_refused" {
  command = plan

  variables {
    existing_name = "arn:aws:s3:::company-data"
  }
  expect_failures = [var.existing_name]
}

run "our_own_bucket_is_no_existing_one" {
  command = plan

  variables {
    existing_name = "kit-test-data-111122223333"
  }
  expect_failures = [var.existing_name]
}
