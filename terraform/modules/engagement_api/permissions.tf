# What each function may do.

locals {
  table_write = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"]

  serve_request_statements = merge(
    local.shared_statements,
    {
      UseTables = {
        actions   = local.table_write
        resources = [for table in values(var.store.tables) : table.arn]
      }
      SendMail = {
        actions   = ["ses:SendEmail", "ses:SendRawEmail"] # SES v2 asks for the second when the message is raw MIME
        resources = var.email_channel.sending_arns
      }
      ReadSuppressionList = {
        actions   = ["ses:GetSuppressedDestination", "ses:ListSuppressedDestinations"]
        resources = ["*"] # SES knows no resource-level permission for the account's suppression list
      }
      ReadFiles = {
        actions   = ["s3:GetObject"]
        resources = ["${var.store.bucket.arn}/*"] # imports may lie anywhere in the data bucket
      }
      ListFiles = {
        actions   = ["s3:ListBucket"]
        resources = [var.store.bucket.arn]
      }
    },
    length(var.queues) == 0 ? {} : {
      StartJobs = {
        actions   = ["sqs:SendMessage"]
        resources = [for queue in values(var.queues) : queue.arn]
      }
    },
  )

  unsubscribe_statements = merge(local.shared_statements, {
    UseTables = {
      actions   = local.table_write
      resources = [var.store.tables["endpoints"].arn]
    }
    ReadTables = {
      actions   = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
      resources = [var.store.tables["engagement"].arn, var.store.tables["deliveries"].arn]
    }
  })

  shared_statements = {
    SignTokens = {
      actions   = ["kms:GenerateMac"]
      resources = [var.token_key.arn]
    }
    RecordEvents = {
      actions   = ["firehose:PutRecordBatch"]
      resources = [var.event_stream.arn]
    }
  }
}
