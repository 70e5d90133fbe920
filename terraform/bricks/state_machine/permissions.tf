# The role and its one policy, written from named statements: the name becomes the statement's Sid.

resource "aws_iam_role" "this" {
  name        = local.name
  description = "What the state machine ${local.name} may do"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "StepFunctionsOfThisAccount"
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = { StringEquals = { "aws:SourceAccount" = var.place.account_id } }
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
      DeliverLogs = {
        actions = [
          "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery",
        ]
        resources = ["*"] # CloudWatch Logs knows no resource-level permission for log deliveries
      }
    },
    var.operations.tracing ? {
      SendTraces = {
        actions   = ["xray:PutTraceSegments", "xray:PutTelemetryRecords"]
        resources = ["*"] # X-Ray knows no resource-level permission for these two actions
      }
    } : {},
  )

  policy_statements = [
    for name, statement in local.statements : {
      Sid      = name
      Effect   = "Allow"
      Action   = statement.actions
      Resource = statement.resources
    }
  ]
}
