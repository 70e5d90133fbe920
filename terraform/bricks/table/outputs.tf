output "arn" {
  description = "ARN of the table, from its name: known before the table exists."
  value       = "arn:${var.place.partition}:dynamodb:${var.place.region}:${var.place.account_id}:table/${local.name}"
}

output "name" {
  description = "Name of the table."
  value       = local.name
}

output "stream_arn" {
  description = "ARN of the stream of changes, or null."
  value       = var.stream ? aws_dynamodb_table.this.stream_arn : null
}
