# Who may use a queue is said by the callers' roles; the queue itself only refuses plain HTTP.

locals {
  policies = {
    for name in [local.name, local.dead_letter_name] : name => jsonencode({
      Version = "2012-10-17"
      Statement = [{
        Sid       = "RefusePlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sqs:*"
        Resource  = "${local.arn_of}:${name}"
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      }]
    })
  }
}
