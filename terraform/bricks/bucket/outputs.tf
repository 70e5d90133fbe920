output "arn" {
  description = "ARN of the bucket, from its name: known before the bucket exists."
  value       = local.arn
}

output "created_name" {
  description = "Name of the bucket, once it exists: for what cannot be made before."
  value       = aws_s3_bucket.this.bucket
}

output "name" {
  description = "Name of the bucket."
  value       = local.name
}
