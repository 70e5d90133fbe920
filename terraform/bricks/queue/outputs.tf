output "arn" {
  description = "ARN of the queue, from its name: known before the queue exists."
  value       = "${local.arn_of}:${local.name}"
}

output "created_arn" {
  description = "The same ARN, once the queue exists: for what cannot be made before."
  value       = aws_sqs_queue.this.arn
}

output "dead_letter_arn" {
  description = "ARN of the dead-letter queue, from its name."
  value       = "${local.arn_of}:${local.dead_letter_name}"
}

output "dead_letter_url" {
  description = "URL of the dead-letter queue, from its name."
  value       = "${var.place.queue_url_base}/${local.dead_letter_name}"
}

output "name" {
  description = "Name of the queue."
  value       = local.name
}

output "url" {
  description = "URL of the queue, from its name: known before the queue exists."
  value       = "${var.place.queue_url_base}/${local.name}"
}
