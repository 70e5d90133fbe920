resource "aws_sqs_queue" "this" {
  name                       = local.name
  visibility_timeout_seconds = var.operations.redelivery_timeouts * var.consumer_timeout_seconds
  message_retention_seconds  = 14 * local.day
  receive_wait_time_seconds  = 20
  sqs_managed_sse_enabled    = var.encryption_key_arn == null ? true : null
  kms_master_key_id          = var.encryption_key_arn
  policy                     = local.policies[local.name]
}

resource "aws_sqs_queue" "dead_letter" {
  name                      = local.dead_letter_name
  message_retention_seconds = 14 * local.day
  sqs_managed_sse_enabled   = var.encryption_key_arn == null ? true : null
  kms_master_key_id         = var.encryption_key_arn
  policy                    = local.policies[local.dead_letter_name]
}

# A resource of its own: the provider watches every new queue for 25 s, and so both are watched at the same time.
resource "aws_sqs_queue_redrive_policy" "this" {
  queue_url = aws_sqs_queue.this.url

  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter.arn
    maxReceiveCount     = var.max_receive_count
  })
}
