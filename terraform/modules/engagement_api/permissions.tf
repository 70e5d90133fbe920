# What each function may do: no more and no less than its code calls (tests/terraform/test_function_wiring.py compares).

locals {
  serve_request_statements = merge(
    {
      UseEndpointsTable = {
        actions   = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem"]
        resources = [var.store.tables["endpoints"].arn]
      }
      UseEngagementTable = {
        actions   = ["dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
        resources = [var.store.tables["engagement"].arn]
      }
      UseDeliveriesTable = {
        actions   = ["dynamodb:PutItem", "dynamodb:Query", "dynamodb:UpdateItem"]
        resources = [var.store.tables["deliveries"].arn]
      }
      SendMail = {
        actions   = ["ses:SendEmail", "ses:SendRawEmail"] # SES v2 asks for the second when the message is raw MIME
        resources = var.email_channel.sending_arns
      }
      ReadSuppressionList = {
        actions   = ["ses:GetSuppressedDestination", "ses:ListSuppressedDestinations"]
        resources = ["*"] # SES knows no resource-level permission for the account's suppression list
      }
      SignTokens = local.sign_tokens
    },
    length(var.queues) == 0 ? {} : {
      StartJobs = {
        actions   = ["sqs:SendMessage"]
        resources = [for queue in values(var.queues) : queue.arn]
      }
    },
  )

  unsubscribe_statements = merge({
    UseEndpointsTable = {
      actions   = ["dynamodb:BatchGetItem", "dynamodb:DeleteItem", "dynamodb:PutItem"]
      resources = [var.store.tables["endpoints"].arn]
    }
    SignTokens = local.sign_tokens
  }, var.event_stream.statements)

  sign_tokens = {
    actions   = ["kms:GenerateMac"]
    resources = [var.token_key.arn]
  }
}
