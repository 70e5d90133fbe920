# What each function may do.

locals {
  table_read  = ["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]
  table_write = concat(local.table_read, ["dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem", "dynamodb:ConditionCheckItem"])

  endpoints_arns = [var.store.tables["endpoints"].arn]
  run_arns       = [var.store.tables["engagement"].arn, var.store.tables["deliveries"].arn]

  start_run_statements = {
    UseTables = {
      actions   = local.table_write
      resources = local.run_arns
    }
    SendOn = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["audiences"].arn, module.queue["campaign-runs"].arn]
    }
  }

  select_audience_statements = {
    ReadEndpoints = {
      actions   = local.table_read
      resources = local.endpoints_arns
    }
    UseTables = {
      actions   = local.table_write
      resources = local.run_arns
    }
    ReadSegments = {
      actions   = ["s3:GetObject"]
      resources = ["${var.store.bucket.arn}/segments/*"]
    }
    ListSegments = {
      actions    = ["s3:ListBucket"]
      resources  = [var.store.bucket.arn]
      conditions = { StringLike = { "s3:prefix" = ["segments/*"] } }
    }
    WriteAudiences = {
      actions   = ["s3:PutObject"]
      resources = ["${var.store.bucket.arn}/audiences/*"]
    }
    SendOn = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["sends"].arn, module.queue["audiences"].arn]
    }
  }

  send_messages_statements = {
    UseTables = {
      actions   = local.table_write
      resources = concat(local.endpoints_arns, local.run_arns)
    }
    ReadAudiences = {
      actions   = ["s3:GetObject"]
      resources = ["${var.store.bucket.arn}/audiences/*"]
    }
    SendMail = {
      actions   = ["ses:SendEmail", "ses:SendRawEmail"] # SES v2 asks for the second when the message is raw MIME
      resources = var.email_channel.sending_arns
    }
    ReadSuppressionList = {
      actions   = ["ses:GetSuppressedDestination", "ses:ListSuppressedDestinations"]
      resources = ["*"] # SES knows no resource-level permission for the account's suppression list
    }
    Recommend = {
      actions   = ["personalize:GetRecommendations"]
      resources = [for kind in ["campaign", "recommender"] : "arn:${var.place.partition}:personalize:${var.place.region}:${var.place.account_id}:${kind}/*"] # a recommender configuration may name any of this account
    }
    Transform = {
      actions = ["lambda:InvokeFunction"]
      resources = concat(
        ["arn:${var.place.partition}:lambda:${var.place.region}:${var.place.account_id}:function:${var.place.prefix}-*"], # transformers made by the kit
        var.transformer_arns,
      )
    }
    RecordEvents = {
      actions   = ["firehose:PutRecordBatch"]
      resources = [var.event_stream.arn]
    }
    SignTokens = {
      actions   = ["kms:GenerateMac"]
      resources = [var.token_key.arn]
    }
    SendLater = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["sends"].arn] # what SES throttles comes back as a fresh message with a delay
    }
    KeepDeadLetters = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["sends"].dead_letter_arn]
    }
  }
}
