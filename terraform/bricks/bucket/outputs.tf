output "arn" {
  description = "ARN of the bucket, from its name: known before the bucket exists."
  value       = local.arn
}

output "asked_of_owner" {
  description = "What the owner of an existing bucket has to add: statements of its policy, rules of its lifecycle; null for a bucket of ours."
  value       = local.is_ours ? null : { policy_statements = local.policy_statements, lifecycle_rules = local.lifecycle_rules }
}

output "created_name" {
  description = "Name of the bucket, once it exists: for what cannot be made before."
  value       = try(aws_s3_bucket.this[0].bucket, data.aws_s3_bucket.existing[0].bucket)
}

output "name" {
  description = "Name of the bucket."
  value       = local.name
}
