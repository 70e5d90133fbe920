# What each function may do. Tables: every action that the adapters use, on the table and its indexes.

locals {
  table_write = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"]

  serve_request_statements = merge(
    local.shared_statements,
    {
      UseTables = {
        actions   = local.table_write
        resources = flatten([for table in values(var.store.tables) : [table.arn, "${table.arn}/index/*"]]) # all indexes of the three tables
      }
      SendMail = {
        actions   = ["ses:SendEmail"]
        resources = var.email_channel.sending_arns
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
      resources = [var.store.tables["endpoints"].arn, "${var.store.tables["endpoints"].arn}/index/*"] # all indexes of the one table
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
