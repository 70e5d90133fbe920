# A bucket has one list of notices, so everything that wants to hear of new objects is named here.

resource "aws_s3_bucket_notification" "this" {
  count = length(var.bucket_notifications) == 0 ? 0 : 1

  bucket = module.data_bucket.created_name

  dynamic "queue" {
    for_each = var.bucket_notifications
    content {
      id            = queue.key
      queue_arn     = queue.value.queue_arn
      events        = ["s3:ObjectCreated:*"] # put, copied or made of parts: all of them are new objects
      filter_prefix = queue.value.prefix
    }
  }
}
