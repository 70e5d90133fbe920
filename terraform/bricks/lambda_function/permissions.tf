# The role and its one policy, written from named statements: the name becomes the statement's Sid.

resource "aws_iam_role" "this" {
  name        = local.name
  description = "What the function ${local.name} may do"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "LambdaAssumesThisRole"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
  })
}

resource "aws_iam_role_policy" "this" {
  name   = "statements"
  role   = aws_iam_role.this.name
  policy = jsonencode({ Version = "2012-10-17", Statement = local.policy_statements })
}

locals {
  statements = merge(
    var.statements,
    {
      WriteOwnLogs = {
        actions    = ["logs:CreateLogStream", "logs:PutLogEvents"]
        resources  = ["${local.log_group_arn}:*"] # every stream of the one group
        conditions = {}
      }
    },
    var.queue == null ? {} : {
      TakeFromQueue = {
        actions    = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"]
        resources  = [var.queue.arn]
        conditions = {}
      }
    },
    var.data_key_arn == null ? {} : {
      UseDataKey = {
        actions    = ["kms:Decrypt", "kms:GenerateDataKey"]
        resources  = [var.data_key_arn]
        conditions = { StringLike = { "kms:ViaService" = [for service in ["dynamodb", "s3"] : "${service}.${var.place.region}.amazonaws.com*"] } } # .cn in China
      }
    },
    var.operations.tracing ? {
      SendTraces = {
        actions    = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        resources  = ["*"] # X-Ray knows no resource-level permission for these two actions
        conditions = {}
      }
    } : {},
  )

  policy_statements = [
    for name, statement in local.statements : merge(
      {
        Sid      = name
        Effect   = "Allow"
        Action   = statement.actions
        Resource = statement.resources
      },
      length(statement.conditions) == 0 ? {} : { Condition = statement.conditions },
    )
  ]
}
