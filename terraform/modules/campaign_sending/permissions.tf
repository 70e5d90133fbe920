# What each function may do: no more and no less than its code calls (tests/terraform/test_function_wiring.py compares).

locals {
  start_run_statements = {
    UseEngagementTable = local.use_engagement_table
    UseDeliveriesTable = {
      actions   = ["dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [var.store.tables["deliveries"].arn]
    }
    SendOn = {
      actions   = ["sqs:SendMessage"]
      resources = [module.queue["audiences"].arn, module.queue["campaign-runs"].arn]
    }
  }

  select_audience_statements = {
    ReadEndpoints = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:Query"]
      resources = [var.store.tables["endpoints"].arn]
    }
    UseEngagementTable = local.use_engagement_table
    UseDeliveriesTable = {
      actions   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [var.store.tables["deliveries"].arn]
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
    ReadEndpoints = {
      actions   = ["dynamodb:BatchGetItem"]
      resources = [var.store.tables["endpoints"].arn]
    }
    UseEngagementTable = local.use_engagement_table
    UseDeliveriesTable = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
      resources = [var.store.tables["deliveries"].arn]
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

  use_engagement_table = {
    actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
    resources = [var.store.tables["engagement"].arn]
  }
}
