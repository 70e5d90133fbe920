# A bucket has one list of notices, so everything that wants to hear of new objects is named here. In an existing bucket the
# list is its owner's: writing it would take away the notices that are there.

resource "aws_s3_bucket_notification" "this" {
  count = var.existing_bucket == null && length(var.bucket_notifications) > 0 ? 1 : 0

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

locals {
  # As `aws s3api put-bucket-notification-configuration` takes them.
  queue_configurations = [
    for name, notification in var.bucket_notifications : {
      Id       = name
      QueueArn = notification.queue_arn
      Events   = ["s3:ObjectCreated:*"]
      Filter   = { Key = { FilterRules = [{ Name = "prefix", Value = notification.prefix }] } }
    }
  ]
}
