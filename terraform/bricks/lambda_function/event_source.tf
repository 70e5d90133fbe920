# Batches from one queue; the function answers the ids of the messages that failed, and only those come back.

resource "aws_lambda_event_source_mapping" "queue" {
  count = var.queue == null ? 0 : 1

  function_name    = aws_lambda_function.this.arn
  event_source_arn = var.queue_created_arn
  batch_size       = var.queue.batch_size

  maximum_batching_window_in_seconds = var.queue.batching_window_seconds
  function_response_types            = ["ReportBatchItemFailures"]

  dynamic "scaling_config" {
    for_each = var.queue.maximum_concurrency[*]
    content {
      maximum_concurrency = scaling_config.value
    }
  }

  # Lambda refuses the mapping while the role may not read the queue.
  depends_on = [aws_iam_role_policy.this]
}
