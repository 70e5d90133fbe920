# Who may use a queue is said by the callers' roles; the queue itself refuses plain HTTP, and lets in the AWS services
# that have no role.

locals {
  policies = {
    for name in [local.name, local.dead_letter_name] : name => jsonencode({
      Version = "2012-10-17"
      Statement = concat([{
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "${local.arn_of}:${name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }], name == local.name ? local.sender_statements : [])
    })
  }

  sender_statements = [
    for name, sender in var.senders : {
      Sid       = name
      Effect    = "Allow"
      Principal = { Service = sender.service }
      Action    = "sqs:SendMessage"
      Resource  = "${local.arn_of}:${local.name}"
      Condition = {
        ArnEquals    = { "aws:SourceArn" = sender.source_arn }
        StringEquals = { "aws:SourceAccount" = var.place.account_id }
      }
    }
  ]
}
