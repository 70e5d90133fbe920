output "asked_of_bucket_owner" {
  description = "What the owner of an existing bucket has to add to its policy, lifecycle and notices; null for a bucket of ours."
  value       = var.existing_bucket == null ? null : merge(module.data_bucket.asked_of_owner, { queue_configurations = local.queue_configurations })
}

output "created_bucket" {
  description = "The data bucket, once it exists: for what cannot be made before."
  value       = { name = module.data_bucket.created_name, arn = module.data_bucket.arn, encryption_key_arn = var.encryption_key_arn }
}

output "store" {
  description = "Tables (name -> name, ARN) and bucket (name, ARN), from their names: known before they exist; the key they are encrypted with, or null."
  value = {
    tables = { for name, table in module.table : name => { name = table.name, arn = table.arn } }
    bucket = { name = module.data_bucket.name, arn = module.data_bucket.arn }

    encryption_key_arn = var.encryption_key_arn
  }
}

output "token_key" {
  description = "KMS key that signs tokens: id and ARN."
  value       = { id = aws_kms_key.tokens.key_id, arn = aws_kms_key.tokens.arn }
}
